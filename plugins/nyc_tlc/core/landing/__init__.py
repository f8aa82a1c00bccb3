"""Brings a trip file into a folder, complete and verified."""
