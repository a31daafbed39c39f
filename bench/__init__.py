"""Side-by-side measurements: the server against hand-written SQL and against its peers."""
