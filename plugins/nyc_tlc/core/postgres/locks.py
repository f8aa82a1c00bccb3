"""Advisory locks: who merges a month, and who creates what several runs need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    from nyc_tlc.core.catalog import TripFile


def lock_month(connection: Connection[Any], file: TripFile) -> None:
    """Until the transaction ends, nobody else merges this taxi's month."""
    _lock(connection, f"nyc_tlc month {file.taxi} {file.month}")


def lock_summary(connection: Connection[Any], file: TripFile) -> None:
    """Until the transaction ends, nobody else summarises this taxi's month."""
    _lock(connection, f"nyc_tlc summary {file.taxi} {file.month}")


def lock_definitions(connection: Connection[Any]) -> None:
    """Until the transaction ends, nobody else creates the ledger, a trips table or a schema."""
    _lock(connection, "nyc_tlc definitions")


def _lock(connection: Connection[Any], key: str) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
