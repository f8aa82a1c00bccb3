"""The checks of the staged rows, before they become visible; they run side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import FileFacts, TaxiOperator, trip_file

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiCheckRowsOperator(TaxiOperator):
    """Compares the staged rows with the file's count. Where one is missing, nothing is merged.

    Returns how many rows are staged.

    :param file: what the find step returned.
    :param landed: what TaxiDownloadOperator returned.
    :param staged: what TaxiStageOperator returned.
    """

    template_fields: Sequence[str] = ("file", "landed", "staged", "postgres_conn_id")

    def __init__(
        self,
        *,
        file: FileFacts,
        landed: dict[str, Any],
        staged: dict[str, Any],
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.landed = landed
        self.staged = staged
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.postgres.check import check_rows
        from nyc_tlc.postgres.stage import StagedTable

        file, staged = trip_file(self.file), StagedTable.from_dict(self.staged)
        with WarehousePostgresHook(self.postgres_conn_id).get_conn() as connection:
            return {"rows_staged": check_rows(connection, staged, self.landed["rows"], file)}


class TaxiCheckOdditiesOperator(TaxiOperator):
    """Counts the staged rows that are odd. They are loaded all the same, and go on record.

    :param file: what the find step returned.
    :param staged: what TaxiStageOperator returned.
    """

    template_fields: Sequence[str] = ("file", "staged", "postgres_conn_id")

    def __init__(
        self,
        *,
        file: FileFacts,
        staged: dict[str, Any],
        postgres_conn_id: str = "tlc_postgres",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.staged = staged
        self.postgres_conn_id = postgres_conn_id

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.contract import load_contract
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.postgres.check import count_oddities
        from nyc_tlc.postgres.stage import StagedTable

        file, staged = trip_file(self.file), StagedTable.from_dict(self.staged)
        with WarehousePostgresHook(self.postgres_conn_id).get_conn() as connection:
            return asdict(count_oddities(connection, staged, file, load_contract(file.taxi)))
