"""Reads a downloaded trip file as canonical rows, in Arrow batches."""
