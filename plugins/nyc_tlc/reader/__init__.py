"""Reads a landed trip file as canonical rows: DuckDB in front, Arrow batches behind."""

from __future__ import annotations

from nyc_tlc.reader.rejects import Reject
from nyc_tlc.reader.trips import TripReader

__all__ = ["Reject", "TripReader"]
