"""What BigQuery and Cloud Storage do not save a load from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chaos.proxy import Point

if TYPE_CHECKING:
    from chaos.round import Round
    from chaos.versions import Version

DAY = 24 * 3600.0


def _job(name: str, pattern: bytes) -> Point:
    return Point(name, re.compile(pattern, re.DOTALL))


LOAD = _job("load job", rb'"sourceUris"')
CHECK = _job("check job", rb"COUNTIF\(")
MERGE = _job("merge job", rb"MERGE `")
CLEAN_UP = _job("clean up", rb"\ADELETE .{0,200}_staging")
JOBS = (LOAD, CHECK, MERGE)
UPLOAD = _job("upload", rb"\APUT |uploadType=")


def kill_at_job(played: Round) -> None:
    """SIGKILL before BigQuery gets a job, or when it has it."""
    load, point = played.load(), played.dice.choice((*JOBS, CLEAN_UP))
    load.proxy.at(
        point, played.hitting(lambda _wire: load.kill()), reply=played.dice.random() < 0.5
    )
    played.run(load)


def job_outlives_worker(played: Round) -> None:
    """The job goes on while its worker is dead; the retry comes while it runs, or after it."""
    load = played.load()
    load.proxy.at(
        played.dice.choice((LOAD, MERGE, MERGE)),
        played.hitting(lambda _wire: load.kill()),
        reply=True,
    )
    played.run(load)
    if played.dice.random() < 0.5:
        played.pause(2.0)


def cut(played: Round) -> None:
    """FIN or RST in the talk with BigQuery; the request may have arrived."""
    load, is_reset = played.load(), played.dice.random() < 0.5
    load.proxy.at(
        played.dice.choice(JOBS),
        played.hitting(lambda wire: wire.cut(reset=is_reset)),
        reply=played.dice.random() < 0.5,
    )
    played.run(load)


def cut_upload(played: Round) -> None:
    """The connection breaks in the upload, or its answer is lost."""
    load, is_reset = played.load(), played.dice.random() < 0.5
    assert load.upload_proxy
    for _ in range(played.dice.randint(1, 2)):
        load.upload_proxy.at(
            UPLOAD,
            played.hitting(lambda wire: wire.cut(reset=is_reset)),
            reply=played.dice.random() < 0.5,
        )
    played.run(load)


def ledger_row_missing(played: Round) -> None:
    """The month is merged, and its row in the ledger is not there: the next run loads it again."""
    first = played.load()
    played.run(first)
    played.lane.forget_loads()
    played.hit.set()
    played.run(played.load())


def ledger_row_missing_in_a_load(played: Round) -> None:
    """The ledger loses the month's rows while a load is under way."""
    load = played.load()
    load.proxy.at(
        played.dice.choice((CHECK, MERGE)), played.hitting(lambda _wire: played.lane.forget_loads())
    )
    played.run(load)


def skewed_clocks(played: Round) -> None:
    """The workers' clocks are up to three days apart, in either direction."""
    old = _another(played)
    played.observer.allow(old)
    played.lane.publish(old)
    played.run(played.load(clock_seconds=played.dice.uniform(-3, 3) * DAY))
    played.lane.publish(played.newest)
    second = played.load(clock_seconds=played.dice.uniform(-3, 3) * DAY)
    played.run(second)
    if second.ok:
        played.hit.set()


def _another(played: Round) -> Version:
    return played.dice.choice(
        [v for v in played.lane.versions if v.source == played.source and v is not played.newest]
    )
