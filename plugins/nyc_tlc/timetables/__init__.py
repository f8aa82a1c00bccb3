"""When runs start, and which month each run is for."""
