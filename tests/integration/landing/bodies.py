"""Makes the files that the tests serve."""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Body:
    content: bytes
    rows: int

    def __repr__(self) -> str:
        return f"<{len(self.content):,} bytes>"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def parquet_body(seed: int, rows: int = 400_000) -> Body:
    """8 bytes a row; by default 3 MB, so that a cut leaves whole chunks behind."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    chosen = random.Random(seed)
    table = pa.table({"fare_amount": [chosen.random() for _ in range(rows)]})
    file = io.BytesIO()
    pq.write_table(table, file, compression="none", use_dictionary=False)
    return Body(file.getvalue(), rows)
