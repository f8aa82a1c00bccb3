"""What people do by hand while a month is loaded."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg

from chaos.proxy import CHECK, CREATE_STAGING, IN_COPY, MERGE, message

if TYPE_CHECKING:
    from chaos.proxy import Wire
    from chaos.round import Round


def truncate(played: Round) -> None:
    _by_hand(played, f"TRUNCATE {played.lane.partition}")


def detach(played: Round) -> None:
    lane = played.lane
    _by_hand(
        played,
        f"ALTER TABLE {lane.trips} DETACH PARTITION {lane.partition}; DROP TABLE {lane.partition}",
    )


def drop_staging(played: Round) -> None:
    load = played.load()
    point = played.dice.choice((CHECK, MERGE))
    load.proxy.at(point, played.hitting(lambda _wire: _drop(played)))
    played.run(load)


def swap_landed(played: Round) -> None:
    """Another file, of the same length or not, takes the landed one's place before it is read."""
    lane, load = played.lane, played.load()
    other = next(
        v for v in lane.versions if v.source == played.source and v.name != played.newest.name
        and (played.newest.name == "B" or v.name != "B")
    )  # fmt: skip

    def swap(_wire: Wire) -> None:
        for path in lane.landing.rglob(played.newest.filename):
            played.hit.set()
            path.write_bytes(other.body)

    load.proxy.at(CREATE_STAGING, swap)
    load.proxy.at(message(played.dice.randint(4, 20)), swap)
    played.run(load)


def _by_hand(played: Round, query: str) -> None:
    lane = played.lane
    if lane.current is None:
        return
    load = played.load()
    played.observer.allow(None)

    def do(_wire: Wire) -> None:
        with suppress(psycopg.Error):
            lane.server.execute(f"SET lock_timeout = '300ms'; {query}")
            played.hit.set()

    load.proxy.at(played.dice.choice((CREATE_STAGING, IN_COPY, CHECK, MERGE)), do)
    played.run(load)


def _drop(played: Round) -> None:
    names = (
        "SELECT string_agg(format('staging.%I', relname), ',') FROM pg_class WHERE relkind = 'r'"
    )
    [[tables]] = played.lane.server.execute(
        f"{names} AND relnamespace = to_regnamespace('staging') AND relname LIKE '%tripdata%'"
    )
    if tables:
        with suppress(psycopg.Error):
            played.lane.server.execute(f"SET lock_timeout = '300ms'; DROP TABLE {tables}")
