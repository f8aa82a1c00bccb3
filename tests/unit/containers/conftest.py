"""The scripts of include/containers, importable as they are in their images."""

from __future__ import annotations

import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[3] / "include" / "containers"

sys.path[:0] = [str(SCRIPTS / name) for name in ("trip_report", "products")]
