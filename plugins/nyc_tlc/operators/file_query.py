"""A DuckDB query over files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class FileQueryOperator(TaxiOperator):
    """Runs SQL over files with DuckDB, each file a table. The answer goes to the log as a small
    table, to a CSV file, and, its first rows, to XCom.

    :param sql: the query, or the name of a ``.sql`` file below the DAG's ``template_searchpath``.
    :param tables: table → file: ``.csv``, ``.json`` or ``.parquet``.
    :param to: CSV file for the whole answer.
    :param most_rows: how many rows to return.
    """

    template_fields: Sequence[str] = ("sql", "tables", "to", "most_rows")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql"}

    def __init__(
        self,
        *,
        sql: str,
        tables: Mapping[str, str],
        to: str,
        most_rows: int | str = 20,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.tables = tables
        self.to = to
        self.most_rows = most_rows

    def run_step(self, context: Context) -> dict[str, Any]:
        from nyc_tlc.core.file_query import query_files

        answer = query_files(self.sql, {name: Path(path) for name, path in self.tables.items()})
        answer.write_csv(Path(self.to))
        most = int(self.most_rows)
        self.log.info("%d rows, all in %s:\n%s", len(answer.rows), self.to, answer.as_text(most))
        return {"rows": len(answer.rows), "file": self.to, "first": answer.records()[:most]}
