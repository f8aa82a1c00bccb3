"""Tests mirror the source: tests/<kind>/<package>/test_<module>.py."""
