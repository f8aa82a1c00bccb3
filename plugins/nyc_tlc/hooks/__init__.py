"""Connections: to the source of trip files, to the warehouse, and to landing."""
