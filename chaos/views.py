"""What an observer and the judge read of a lane's month, in each warehouse."""

from __future__ import annotations

import uuid
from base64 import b64decode
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import psycopg

from chaos.versions import MONTH, snapshot_of

if TYPE_CHECKING:
    import requests

    from chaos.versions import Snapshot

EMPTY = (0, 0, 0)


class View(Protocol):
    """One session of a reader."""

    def snapshot(self) -> Snapshot:
        """Count, distinct ids, sum of ids of the month."""

    def newest_load(self) -> tuple[str, int] | None:
        """sha256 and rows of the month's newest merged load."""

    def rows(self) -> Counter[str]:
        """The id of each row of the month."""


class PostgresView:
    def __init__(self, connection: psycopg.Connection[Any], taxi: str) -> None:
        self.connection, self.taxi = connection, taxi

    def snapshot(self) -> Snapshot:
        query = (
            "SELECT count(*), count(DISTINCT unique_row_id),"
            " coalesce(sum(('x' || left(unique_row_id::text, 8))::bit(32)::bigint), 0)::bigint"
            f" FROM {self.taxi}_tripdata WHERE file_month = '{MONTH}-01'"
        )
        try:
            [row] = self.connection.execute(query.encode()).fetchall()
        except psycopg.errors.UndefinedTable:
            return EMPTY
        return row[0], row[1], row[2]

    def newest_load(self) -> tuple[str, int] | None:
        query = (
            "SELECT sha256, rows_merged FROM tlc_load WHERE taxi = %s AND outcome = 'merged'"
            " ORDER BY load_id DESC LIMIT 1"
        )
        with suppress(psycopg.errors.UndefinedTable):
            return self.connection.execute(query, [self.taxi]).fetchone()
        return None

    def rows(self) -> Counter[str]:
        query = (
            f"SELECT unique_row_id::text FROM {self.taxi}_tripdata WHERE file_month = '{MONTH}-01'"
        )
        try:
            return Counter(row for (row,) in self.connection.execute(query.encode()))
        except psycopg.errors.UndefinedTable:
            return Counter()


class BigQueryView:
    """By the emulator's REST API; ``url`` is that of the project."""

    def __init__(self, session: requests.Session, url: str, dataset: str, taxi: str) -> None:
        self.session, self.url, self.dataset, self.taxi = session, url, dataset, taxi

    def query(self, sql: str) -> list[list[Any]]:
        """Nothing where a table does not exist."""
        asked = {"query": sql, "useLegacySql": False, "maxResults": 100_000}
        answer = self.session.post(f"{self.url}/queries", json=asked, timeout=60)
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        return [[cell["v"] for cell in row["f"]] for row in answer.json().get("rows", [])]

    def snapshot(self) -> Snapshot:
        return snapshot_of(self.rows())

    def newest_load(self) -> tuple[str, int] | None:
        found = self.query(
            f"SELECT sha256, rows_merged FROM {self.dataset}.tlc_load WHERE taxi = '{self.taxi}'"
            " AND outcome = 'merged' ORDER BY load_id DESC LIMIT 1"
        )
        return (found[0][0], int(found[0][1])) if found else None

    def rows(self) -> Counter[str]:
        found = self.query(
            f"SELECT unique_row_id FROM {self.dataset}.{self.taxi}_tripdata"
            f" WHERE file_month = DATE '{MONTH}-01'"
        )
        return Counter(str(uuid.UUID(bytes=b64decode(row[0]))) for row in found)
