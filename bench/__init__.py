"""Benchmarks: measure each speed claim of this project against a baseline on the same machine."""
