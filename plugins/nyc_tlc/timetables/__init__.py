"""When runs start, and which month each is for."""
