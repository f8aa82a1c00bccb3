"""Module 3 of the course in BigQuery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import BigQueryOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.core.bigquery.lab import LabTable


class BigQueryLabOperator(BigQueryOperator):
    """Creates one of three tables over the raw files of a year, and estimates what a query would read.

    Returns the table's name, and the bytes of the dry runs.

    :param table: which one: ``external``, ``plain`` or ``partitioned``.
    :param taxi: ``yellow`` or ``green``.
    :param year: of the files in the bucket.
    :param external: SQL that creates that table, or the name of a ``.sql`` file with it; likewise
        ``plain`` and ``partitioned``.
    :param query: SQL whose bytes are estimated; the same.
    :param maximum_bytes_billed: creating a table fails if it would read more; 0: no limit.
    """

    template_fields: Sequence[str] = (
        *BigQueryOperator.template_fields, "table", "taxi", "year", "external", "plain", "partitioned",
        "query", "maximum_bytes_billed",
    )  # fmt: skip
    template_ext: Sequence[str] = (".sql",)

    def __init__(
        self,
        *,
        table: str,
        taxi: str,
        year: int | str,
        external: str,
        plain: str,
        partitioned: str,
        query: str,
        maximum_bytes_billed: int | str = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.taxi = taxi
        self.year = year
        self.external = external
        self.plain = plain
        self.partitioned = partitioned
        self.query = query
        self.maximum_bytes_billed = maximum_bytes_billed

    def run_step(self, context: Context) -> LabTable:
        from nyc_tlc.core.bigquery.lab import Lab, create_table
        from nyc_tlc.core.catalog import Taxi

        statements = {
            "external": self.external, "plain": self.plain, "partitioned": self.partitioned,
        }  # fmt: skip
        lab = Lab(self.hook.place, Taxi(self.taxi), int(self.year), self.table)
        limit = int(self.maximum_bytes_billed or 0) or None
        return create_table(self.hook.warehouse, lab, statements[self.table], self.query, limit)
