"""Buttons on a task in Airflow's UI: the source's file, the trips table, the load's ledger row.

Addresses of tables are the ones of a UI of your own (pgAdmin, Metabase, …), in Variables:
``tlc_table_url`` with ``{schema}`` and ``{table}``, ``tlc_ledger_url`` with ``{load_id}``. Without
them those two buttons lead nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.providers.common.compat.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class SourceFileLink(BaseOperatorLink):
    """To the trip file, where its source is on the web."""

    name = "Source file"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        url = str(getattr(operator, "found_url", None) or "")
        return url if url.startswith("http") else ""


class TripsTableLink(BaseOperatorLink):
    """To the trips table in a UI of the user's own."""

    name = "Trips table"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        table = f"{operator.file['taxi']}_tripdata"
        return _address("tlc_table_url", schema=operator.schema, table=table)


class LedgerRowLink(BaseOperatorLink):
    """To the load's row of tlc_load, in the same UI."""

    name = "Ledger row"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        load_id = getattr(operator, "load_id", None)
        return "" if load_id is None else _address("tlc_ledger_url", load_id=load_id)


def _address(variable: str, **parts: object) -> str:
    """The Variable's text with its ``{parts}`` filled in; empty where it is not set."""
    from airflow.sdk import Variable

    address = str(Variable.get(variable, default=""))
    for name, value in parts.items():
        address = address.replace(f"{{{name}}}", quote(str(value), safe=""))
    return address
