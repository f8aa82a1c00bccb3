"""Reads a landed trip file as canonical rows, in Arrow batches."""
