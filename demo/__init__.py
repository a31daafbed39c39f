"""A demo of real support messages, laid over fictional accounts."""
