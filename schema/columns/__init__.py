"""Fields declared by the function that loads them for all parents at once."""
