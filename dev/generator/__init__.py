"""Generates trip files like TLC's, of any size; the same arguments give the same bytes.

``write(path, era_of("yellow", "2021-01"), "2021-01", rows=3_000_000)``, or from the shell
``python -m dev.generator yellow 2021-01 --rows 3000000 --to /tmp``.
"""

from __future__ import annotations

from dev.generator.era import Column, CsvStyle, Era
from dev.generator.eras import CSV_ERAS, ERAS, csv_era_of, era_of
from dev.generator.files import batches, write

__all__ = [
    "CSV_ERAS", "ERAS", "Column", "CsvStyle", "Era", "batches", "csv_era_of", "era_of", "write",
]  # fmt: skip
