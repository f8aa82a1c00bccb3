"""The checking step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import FileFacts, TaxiOperator, trip_file

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiCheckOperator(TaxiOperator):
    """Compares the staged rows with the file's count, and counts those that are odd.

    Fails, and nothing is merged, where a row is missing; odd rows only go on record.

    :param file: what TaxiFindOperator returned.
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
        from nyc_tlc.contract import load_contract
        from nyc_tlc.hooks.postgres import WarehousePostgresHook
        from nyc_tlc.postgres.check import check
        from nyc_tlc.postgres.stage import StagedTable

        file, staged = trip_file(self.file), StagedTable.from_dict(self.staged)
        with WarehousePostgresHook(self.postgres_conn_id).get_conn() as connection:
            contract = load_contract(file.taxi)
            return asdict(check(connection, staged, self.landed["rows"], file, contract))
