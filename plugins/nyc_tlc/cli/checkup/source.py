"""The connection ``tlc_default``: both bases, and what is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from rich.console import Console

from nyc_tlc.catalog import Month, Source, Taxi, TripFile
from nyc_tlc.cli.checkup.finding import Finding
from nyc_tlc.cli.publication import Publication
from nyc_tlc.errors import TlcError
from nyc_tlc.landing import probe

CONNECTION = "tlc_default"
RECENT_MONTHS = 6


def try_source() -> Iterator[Finding]:
    for kind in Source:
        yield _answers(kind)
    yield published()


def _answers(kind: Source) -> Finding:
    from nyc_tlc.hooks.tlc import TlcHook

    try:
        found = probe(TlcHook(CONNECTION).known_url(kind))
    except TlcError as error:
        return Finding(CONNECTION, str(kind), False, f"{type(error).__name__}: {error}")
    return Finding(CONNECTION, str(kind), True, f"{found.url} is there")


def published() -> Finding:
    """The newest month of each taxi, as TLC's own source has it."""
    last = Month.of(dt.datetime.now(dt.UTC).date()).shift(-1)
    months = last.shift(1 - RECENT_MONTHS).through(last)
    files = [TripFile(taxi, month) for taxi in Taxi for month in months]
    publication = Publication(Console(quiet=True))
    publication.ask(files)
    if publication.failure:
        return Finding(CONNECTION, "published", False, publication.failure)
    newest = {file.taxi: file.month for file in files if publication.of(file)}
    said = ", ".join(f"{taxi} {month}" for taxi, month in newest.items())
    seen = f"newest: {said}" if said else f"nothing of the last {RECENT_MONTHS} months"
    return Finding(CONNECTION, "published", True, seen)
