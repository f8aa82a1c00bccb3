"""Who watches a round, and who says at its end what went wrong."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from chaos.versions import MONTH

if TYPE_CHECKING:
    from chaos.lane import Lane
    from chaos.versions import Version

EMPTY = (0, 0, 0)
POLL_SECONDS = (0.05, 0.25)
LOOKING_SHARE = 0.15  # of its time; more would only make the loads slower
# A backend that lost its client, and a lock with it, is ended by the server within this time.
SETTLE_SECONDS = 6.0
FAILINGS = ("lost", "doubled", "half-visible", "hung", "unnamed", "left behind")


@dataclass
class Verdict:
    """What went wrong in a round, by column of the table; empty where nothing did."""

    failings: dict[str, list[str]] = field(default_factory=dict)

    def add(self, failing: str, what: str) -> None:
        self.failings.setdefault(failing, []).append(what)


class Observer(threading.Thread):
    """Reads the month and then the ledger, again and again: each answer must be one of ``allowed``."""

    def __init__(self, lane: Lane, allowed: list[Version | None]) -> None:
        super().__init__(daemon=True)
        self.lane = lane
        self.allowed: dict[str, tuple[int, int, int]] = {}
        self.hashes: set[str] = set()
        for version in allowed:
            self.allow(version)
        self.wrong: list[str] = []
        self.longest = 0.0
        self._stopped = threading.Event()

    def allow(self, version: Version | None) -> None:
        """None: the month may be empty."""
        if version is None:
            self.allowed["nothing"] = EMPTY
        else:
            self.allowed[f"{version.name} as {version.source}"] = version.snapshot
            self.hashes.add(version.sha256)

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def run(self) -> None:
        while not self._stopped.is_set():
            with suppress(psycopg.OperationalError), self.lane.server.connect() as connection:
                pause = 0.0
                while not self._stopped.wait(pause):
                    taken = self._look(connection)
                    shortest, longest = POLL_SECONDS
                    pause = min(max(shortest, taken / LOOKING_SHARE), longest)

    def _look(self, connection: psycopg.Connection[Any]) -> float:
        """How many seconds it took."""
        begun = time.monotonic()
        seen = snapshot(connection, self.lane)
        self.longest = max(self.longest, time.monotonic() - begun)
        if seen not in self.allowed.values():
            self.wrong.append(f"the month was {seen}, expected one of {self.allowed}")
        sha256 = newest_load(connection, self.lane)
        if sha256 and sha256[0] not in self.hashes:
            self.wrong.append(f"the ledger's newest load was {sha256}")
        return time.monotonic() - begun


def snapshot(connection: psycopg.Connection[Any], lane: Lane) -> tuple[int, int, int]:
    """Count, distinct ids, sum of ids of the month."""
    query = (
        "SELECT count(*), count(DISTINCT unique_row_id),"
        " coalesce(sum(('x' || left(unique_row_id::text, 8))::bit(32)::bigint), 0)::bigint"
        f" FROM {lane.trips} WHERE file_month = '{MONTH}-01'"
    )
    try:
        [row] = connection.execute(query.encode()).fetchall()
    except psycopg.errors.UndefinedTable:
        return EMPTY
    return row[0], row[1], row[2]


def newest_load(connection: psycopg.Connection[Any], lane: Lane) -> tuple[str, int] | None:
    """sha256 and rows of the month's newest merged load."""
    query = (
        "SELECT sha256, rows_merged FROM tlc_load WHERE taxi = %s AND outcome = 'merged'"
        " ORDER BY load_id DESC LIMIT 1"
    )
    with suppress(psycopg.errors.UndefinedTable):
        return connection.execute(query, [lane.taxi]).fetchone()
    return None


def judge_end(lane: Lane, newest: Version, verdict: Verdict) -> None:
    """The month's rows must be the newest file's, one by one, and the ledger must agree."""
    with lane.server.connect() as connection:
        query = f"SELECT unique_row_id::text FROM {lane.trips} WHERE file_month = '{MONTH}-01'"
        try:
            found = Counter(row for (row,) in connection.execute(query.encode()))
        except psycopg.errors.UndefinedTable:
            found = Counter()
        missing, surplus = newest.ids - found, found - newest.ids
        if missing:
            verdict.add("lost", f"{missing.total()} of {newest.ids.total()} rows are not there")
        elif surplus:
            verdict.add("doubled", f"{surplus.total()} rows too many")
        load = newest_load(connection, lane)
        if load != (newest.sha256, newest.ids.total()):
            verdict.add("half-visible", f"the ledger says {load}, the newest file is {newest.name}")


def judge_leftovers(lane: Lane, verdict: Verdict) -> None:
    """Staging tables, locks, idle transactions, parts; what the server ends by itself may take a while."""
    give_up_at = time.monotonic() + SETTLE_SECONDS
    while (found := leftovers(lane)) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    for what in found:
        verdict.add("left behind", what)


def leftovers(lane: Lane) -> list[str]:
    found = [what for (what,) in lane.server.execute(LEFTOVERS)]
    parts = [path for path in lane.landing.rglob("*") if path.suffix in (".part", ".draft")]
    return found + [f"file: {path.name}" for path in parts]


LEFTOVERS = """
SELECT 'staging table: ' || relname FROM pg_class
WHERE relnamespace = to_regnamespace('staging') AND relkind = 'r' AND relname LIKE '%tripdata%'
UNION ALL
SELECT 'advisory lock: ' || l.pid || ' ' || coalesce(a.state, '')
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE l.locktype = 'advisory'
UNION ALL
SELECT 'session: ' || pid || ' ' || state || ' ' || left(query, 60) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND application_name <> 'chaos' AND state <> 'idle'
"""
