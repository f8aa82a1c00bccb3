"""Trip files like TLC's, of any size: the same arguments give the same bytes.

``write(path, era_of("yellow", "2021-01"), "2021-01", rows=3_000_000)``, or from the shell
``PYTHONPATH=include python -m generator yellow 2021-01 --rows 3000000 --to /tmp``.
"""

from __future__ import annotations

from generator.era import Column, CsvStyle, Era
from generator.eras import CSV_ERAS, ERAS, csv_era_of, era_of
from generator.files import batches, write

__all__ = [
    "CSV_ERAS", "ERAS", "Column", "CsvStyle", "Era", "batches", "csv_era_of", "era_of", "write",
]  # fmt: skip
