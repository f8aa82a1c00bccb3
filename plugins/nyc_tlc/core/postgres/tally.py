"""What is counted of the rows on their way to the server: odd rows, shared ids, and the sum of the ids.

COPY stores each value as it is sent, or fails. So these are also the counts of the staging table.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from nyc_tlc.core.contract.model import ColumnType
from nyc_tlc.core.loads import Oddities
from nyc_tlc.core.reader.arrow import arrow_types, fixed_scalar
from nyc_tlc.core.reader.fingerprint import id_sum
from nyc_tlc.core.reader.shared_ids import SharedIds

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from nyc_tlc.core.catalog import Month
    from nyc_tlc.core.contract.model import Contract

EPOCH = dt.date(1970, 1, 1)
MICROSECONDS_PER_DAY = 86_400_000_000


class Tally:
    """Counts the batches that pass through :meth:`of`. ``rows``: about how many rows there will be."""

    def __init__(self, contract: Contract, month: Month, rows: int) -> None:
        self._contract = contract
        time = arrow_types()[ColumnType.TIMESTAMP]
        self._first, self._next = (
            fixed_scalar(time, "q", (day - EPOCH).days * MICROSECONDS_PER_DAY)
            for day in (month.first_day, month.shift(1).first_day)
        )
        self._zero = fixed_scalar(arrow_types()[ColumnType.FLOAT], "d", 0)
        self._shared = SharedIds(rows)
        self._rows = self._outside = self._negative = self._without_vendor = 0
        self._sharing = self.id_sum = 0

    def close(self) -> None:
        self._shared.close()

    def of(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self._add(batch)
            yield batch
        self._sharing = self._shared.count()

    def oddities(self) -> Oddities:
        """Of all rows, once the last batch has passed."""
        return Oddities(
            rows_staged=self._rows,
            pickups_outside_month=self._outside,
            negative_totals=self._negative,
            null_vendors=self._without_vendor,
            rows_sharing_id=self._sharing,
        )

    def _add(self, batch: pa.RecordBatch) -> None:
        import pyarrow.compute as pc

        contract, columns = self._contract, set(batch.schema.names)
        ids = batch.column("unique_row_id")
        self._rows += batch.num_rows
        self.id_sum += id_sum(ids)
        self._shared.add(ids)
        if contract.pickup in columns:
            pickups = batch.column(contract.pickup)
            outside = pc.or_(pc.less(pickups, self._first), pc.greater_equal(pickups, self._next))
            self._outside += _trues(outside)
        if contract.total in columns:
            self._negative += _trues(pc.less(batch.column(contract.total), self._zero))
        if contract.vendor in columns:
            self._without_vendor += batch.column(contract.vendor).null_count
        elif contract.vendor:
            self._without_vendor += batch.num_rows


def _trues(tests: pa.BooleanArray) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(tests, min_count=0).as_py())
