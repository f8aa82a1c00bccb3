"""A BigQuery warehouse: its client and place, and the small queries that all steps use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.bigquery.jobs import query_parameters
from nyc_tlc.core.bigquery.place import BigQueryTable, Place
from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.bigquery.sql import statement

if TYPE_CHECKING:
    from google.cloud.bigquery import Client, Row
    from google.cloud.bigquery import Table as TableResource

    from nyc_tlc.core.catalog import TripFile


@dataclass(frozen=True)
class BigQueryWarehouse:
    """``client`` is a google.cloud.bigquery client for the place's project and location."""

    client: Client
    place: Place

    def query(self, sql: str, **parameters: Any) -> list[Row]:
        """Run one statement, wait for it, return its rows; raises our errors."""
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig.from_api_repr(
            {"query": {"useLegacySql": False, "queryParameters": query_parameters(parameters)}}
        )
        with named_cloud_errors("query"):
            return list(self.client.query_and_wait(sql, job_config=config))

    def run_within(self, limit: int | None, sql: str) -> None:
        """Run one statement that fails, at no cost, if it would read more than ``limit`` bytes."""
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig(use_legacy_sql=False, maximum_bytes_billed=limit)
        with named_cloud_errors("query"):
            self.client.query_and_wait(sql, job_config=config)

    def dry_run(self, sql: str) -> int:
        """How many bytes a statement would read, by BigQuery's estimate; it is not run."""
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig(use_legacy_sql=False, dry_run=True, use_query_cache=False)
        with named_cloud_errors("query"):
            return int(self.client.query(sql, job_config=config).total_bytes_processed or 0)

    def find(self, table: BigQueryTable) -> TableResource | None:
        """The table's metadata; None if it does not exist."""
        from google.api_core.exceptions import NotFound

        with named_cloud_errors("query"):
            try:
                return self.client.get_table(str(table))
            except NotFound:
                return None

    def drop(self, table: BigQueryTable) -> None:
        with named_cloud_errors("clean-up"):
            self.client.delete_table(str(table), not_found_ok=True)

    def month_rows(self, file: TripFile) -> int:
        """Number of rows of the file's month in the trips table; from metadata, which is free."""
        trips = self.place.trips(file.taxi)
        if self.find(trips) is None:
            return 0
        sql = statement("month_rows", trips=trips.quoted)
        [row] = self.query(sql, file_month=file.month.first_day)
        return int(row.month_rows)
