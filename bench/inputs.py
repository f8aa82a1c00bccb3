"""Input of the benchmarks: generated trip files, and one of them as a binary COPY stream."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import HOME, run_side

if TYPE_CHECKING:
    from collections.abc import Iterator

TAXI = "yellow"
MONTH = "2021-01"


@contextmanager
def input_folder() -> Iterator[Path]:
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME, prefix="input-") as folder:
        yield Path(folder)


def trip_file(folder: Path, rows: int, ending: str = "parquet", taxi: str = TAXI) -> Path:
    """Generated trips, written by another process so that this one needs little memory."""
    path = folder / str(rows) / f"{taxi}_tripdata_{MONTH}.{ending}"
    run_side("generate", path=path, taxi=taxi, month=MONTH, rows=rows)
    return path


def copy_stream(folder: Path, path: Path) -> Path:
    """The bytes that staging sends to Postgres; their columns are in a JSON file beside it."""
    stream = folder / "stream.bin"
    run_side("capture", path=path, stream=stream)
    return stream
