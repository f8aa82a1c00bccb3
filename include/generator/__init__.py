"""Trip files like TLC's, of any size: the same arguments give the same bytes.

``write(path, era_of("yellow", "2021-01"), "2021-01", rows=3_000_000)``, or from the shell
``PYTHONPATH=include python -m generator yellow 2021-01 --rows 3000000 --to /tmp``.
"""

from __future__ import annotations

from generator.eras import ERAS, Column, Era, era_of
from generator.files import batches, write

__all__ = ["ERAS", "Column", "Era", "batches", "era_of", "write"]
