"""The files of a lane's month: versions A and B, and a twin of A that is as many bytes long."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from pathlib import Path

    import pyarrow as pa

MONTH = "2021-01"
NAMES = ("A", "B", "twin of A")
Snapshot = tuple[int, int, int]


@dataclass(frozen=True)
class Version:
    """One file, and what a trips table that holds exactly its rows contains."""

    name: str
    source: str
    filename: str
    body: bytes
    ids: Counter[str]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def snapshot(self) -> Snapshot:
        return snapshot_of(self.ids)


def snapshot_of(ids: Counter[str]) -> Snapshot:
    """Count, distinct ids, sum of ids, as the observer asks for them."""
    numbers = sum(int(row[:8], 16) * times for row, times in ids.items())
    return ids.total(), len(ids), numbers


def make_versions(folder: Path, taxi: str, dice: random.Random) -> list[Version]:
    """Each version as Parquet and as CSV. Parquet is plain, so that a mixture of twins can be read."""
    tables = _tables(taxi, dice)
    return [
        _version(folder / name.replace(" ", "_"), name, source, taxi, table)
        for name, table in zip(NAMES, tables, strict=True)
        for source in ("parquet", "csv")
    ]


def _tables(taxi: str, dice: random.Random) -> list[pa.Table]:
    import pyarrow as pa
    import pyarrow.compute as pc

    from dev.generator import batches, era_of

    era = era_of(taxi, MONTH)
    first, second = (
        pa.Table.from_batches(batches(era, MONTH, dice.randint(200, 2000), dice.getrandbits(30)))
        for _ in range(2)
    )
    names = [name for name in first.column_names if name.lower().endswith("olocationid")]
    place = first.column_names.index(names[0])
    other = pc.bit_wise_xor(first[place].cast(pa.int64()), 1)
    twin = first.set_column(place, first.field(place), other.cast(first.field(place).type))
    return [first, second, twin]


def _version(folder: Path, name: str, source: str, taxi: str, table: pa.Table) -> Version:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    from nyc_tlc.core.catalog import TripFile

    file = TripFile.of(taxi, MONTH, source)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file.name
    if source == "parquet":
        pq.write_table(
            table, path, compression="none", use_dictionary=False, write_statistics=False
        )
    else:
        with pa.CompressedOutputStream(str(path), "gzip") as stream:
            pyarrow.csv.write_csv(table, stream)
    return Version(name, source, file.name, path.read_bytes(), _ids(path, taxi))


def _ids(path: Path, taxi: str) -> Counter[str]:
    """As the reader makes them, past any database."""
    import uuid

    from nyc_tlc.core.catalog import Taxi
    from nyc_tlc.core.contract.model import load_contract
    from nyc_tlc.core.reader.trips import TripReader

    rows: Counter[str] = Counter()
    for batch in TripReader(path, load_contract(Taxi(taxi))).batches():
        rows.update(str(uuid.UUID(bytes=id_)) for id_ in batch["unique_row_id"].to_pylist())
    return rows
