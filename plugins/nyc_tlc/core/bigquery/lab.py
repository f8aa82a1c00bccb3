"""Module 3 of the course: an external, a plain and a partitioned table, and what a query over them reads."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.columns import literal
from nyc_tlc.core.bigquery.place import RAW_PREFIX, BigQueryTable, Place
from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.xcom import XComValue

if TYPE_CHECKING:
    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse

log = logging.getLogger(__name__)

DROPOFFS = {Taxi.YELLOW: "tpep_dropoff_datetime", Taxi.GREEN: "lpep_dropoff_datetime"}
SUFFIXES = {"external": "_external", "plain": "", "partitioned": "_partitioned"}


@dataclass(frozen=True)
class LabTable(XComValue):
    """The table, and the bytes that BigQuery estimates: to create it, and for the query over it."""

    table: str
    create_bytes: int
    query_bytes: int


@dataclass(frozen=True)
class Lab:
    """The names in the lab's SQL. ``kind``: a key of SUFFIXES; it is the table that is created."""

    place: Place
    taxi: Taxi
    year: int
    kind: str

    @property
    def table(self) -> BigQueryTable:
        return self._named(self.kind)

    def filled(self, sql: str) -> str:
        files = f"gs://{self.place.bucket}/{RAW_PREFIX}{self.taxi}/{self.year}/*.parquet"
        return sql.format(
            **{kind: self._named(kind).quoted for kind in SUFFIXES},
            table=self.table.quoted,
            files=literal(files),
            dropoff=DROPOFFS[self.taxi],
            year=self.year,
        )

    def _named(self, kind: str) -> BigQueryTable:
        name = f"{self.taxi}_{self.year}{SUFFIXES[kind]}"
        return BigQueryTable(self.place.project, self.place.dataset, name)


def create_table(
    warehouse: BigQueryWarehouse, lab: Lab, create: str, query: str, limit: int | None
) -> LabTable:
    """Create the lab's table; ``limit``: the bytes that this may read, None for no limit."""
    create_sql, query_sql = lab.filled(create), lab.filled(query)
    create_bytes = warehouse.dry_run(create_sql)
    warehouse.run_within(limit, create_sql)
    query_bytes = warehouse.dry_run(query_sql)
    log.info(
        "%s is there. Estimated: %s bytes read to create it, %s bytes for\n%s",
        lab.table, f"{create_bytes:,}", f"{query_bytes:,}", query_sql,
    )  # fmt: skip
    return LabTable(str(lab.table), create_bytes, query_bytes)
