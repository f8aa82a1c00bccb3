"""Sessions of other people that hold a lock, or keep a transaction open."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg

from chaos.server import READER
from chaos.versions import MONTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.round import Round


def idle_reader(played: Round) -> None:
    """An analyst read another month, and went for lunch with the transaction open."""
    query = f"SELECT count(*) FROM {played.lane.trips} WHERE file_month = '1999-01-01'"
    _hold(played, [query], READER)


def long_reader(played: Round) -> None:
    """A long query on the trips table."""
    lane, load = played.lane, played.load(seconds=20.0)
    if lane.current is None:
        return
    query = f"SELECT count(*), pg_sleep({3 * lane.slowness}) FROM {lane.trips}"
    reader = threading.Thread(target=lane.server.execute, args=[query])
    played.readers_must_not_wait = True
    reader.start()
    played.run(load, 25)
    reader.join()
    played.hit.set()


def held_table(played: Round) -> None:
    """Somebody locks the trips table against writers."""
    _hold(played, [f"LOCK TABLE {played.lane.trips} IN SHARE MODE"])


def advisory_lock(played: Round) -> None:
    """The read-only user takes every lock that it can name."""
    month = f"nyc_tlc month {played.lane.taxi} {MONTH}"
    queries = [
        f"SELECT pg_advisory_lock(hashtextextended('{key}', 0))"
        for key in (month, "nyc_tlc definitions")
    ]
    load = played.load()
    with _session(played, [*queries, "BEGIN READ ONLY"], READER):
        played.hit.set()
        played.run(load)
        if not load.ok:
            played.verdict.add("hung", f"a read-only user blocks the merge: {load.errors()[-1:]}")


def _hold(played: Round, queries: list[str], user: str = "postgres") -> None:
    if played.lane.current is None:
        return
    load = played.load(seconds=20.0)
    played.readers_must_not_wait = True

    with _session(played, ["BEGIN", *queries], user):
        load.start()
        time.sleep(played.dice.uniform(3.0, 5.0) * played.lane.slowness)
        if load.alive:
            played.hit.set()
    played.wait(load, 25)
    if not load.ok:
        played.verdict.add("hung", f"gave up before the lock was free: {load.errors()[-1:]}")


@contextmanager
def _session(played: Round, queries: list[str], user: str) -> Iterator[None]:
    with played.lane.server.connect(user) as connection:
        for query in queries:
            with suppress(psycopg.errors.InsufficientPrivilege):
                connection.execute(query.encode())
        yield
        connection.execute("ROLLBACK")
