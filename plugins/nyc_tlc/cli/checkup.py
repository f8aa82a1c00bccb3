"""What ``airflow tlc doctor`` checks: versions, the warehouse, the source, landing."""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from nyc_tlc import __version__
from nyc_tlc.cli.publication import NO_ANSWER, Publication, gather
from nyc_tlc.cli.steps import landing_uri
from nyc_tlc.core.catalog import Month, Source, Taxi, TripFile, Warehouse
from nyc_tlc.core.errors import LandingError, SourceUnreachableError, TlcError
from nyc_tlc.core.landing.remote import local_path, probe
from nyc_tlc.core.private_folder import why_unsafe
from nyc_tlc.hooks.connections import POSTGRES, SOURCE

if TYPE_CHECKING:
    from nyc_tlc.core.postgres.health import Health
    from nyc_tlc.core.postgres.leftovers import OrphanedFiles


def examine(warehouse: Warehouse = Warehouse.POSTGRES, *, fix: bool = False) -> Iterator[Finding]:
    """Everything, place by place; one that fails does not keep the others from being tried.

    ``fix``: remove what ended runs left.
    """
    from nyc_tlc.cli.airflow_checks import try_notifiers, try_paused_dags
    from nyc_tlc.cli.bigquery import try_bigquery
    from nyc_tlc.cli.leftovers import try_leftovers

    for place in (
        try_versions,
        try_bigquery if warehouse is Warehouse.BIGQUERY else try_warehouse,
        try_source,
        try_landing,
        try_notifiers,
        try_paused_dags,
        partial(try_leftovers, fix=fix),
    ):
        yield from place()


@dataclass(frozen=True)
class Finding:
    """Of what place, what was tried, what was seen; ``advice`` is what to do, where ``seen`` does
    not say so itself. With advice, what is ok is a warning.
    """

    of: str
    what: str
    ok: bool
    seen: str
    advice: str = ""


def size(count: float) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"


def try_versions() -> Iterator[Finding]:
    airflow, python = metadata.version("apache-airflow"), platform.python_version()
    yield Finding(
        "airflow", "versions", True, f"Airflow {airflow}, nyc_tlc {__version__}, Python {python}"
    )


SCHEMA, STAGING = "public", "staging"
OLDEST = 150000
CLOCK_SECONDS = 30
LITTLE_WAREHOUSE_BYTES = 5e9

DEFINE = (
    f"Define it in Admin → Connections, or by AIRFLOW_CONN_{POSTGRES.upper()}="
    "'postgres://user:secret@host:5432/database'."
)


def try_warehouse() -> Iterator[Finding]:
    import psycopg
    from airflow.providers.common.compat.sdk import AirflowNotFoundException

    began = time.time()
    try:
        server, found, orphaned = _look()
    except AirflowNotFoundException as error:
        yield Finding(POSTGRES, "server", False, f"{error}.", DEFINE)
    except (TlcError, psycopg.Error) as error:
        yield Finding(POSTGRES, "server", False, f"{type(error).__name__}: {error}")
    else:
        answers = f"{server} answers: database {found.database}, user {found.login}"
        yield Finding(POSTGRES, "server", True, answers)
        yield version(found)
        yield writes(found)
        yield rights(found)
        yield clock(found, (began + time.time()) / 2)
        yield disk(found)
        yield orphans(orphaned)


def _look() -> tuple[str, Health, OrphanedFiles | None]:
    from nyc_tlc.core.postgres.health import health
    from nyc_tlc.core.postgres.leftovers import orphaned_files
    from nyc_tlc.hooks.postgres import TaxiPostgresHook

    with TaxiPostgresHook(POSTGRES).get_conn() as connection:
        server = f"{connection.info.host}:{connection.info.port}"
        return server, health(connection, SCHEMA, STAGING), orphaned_files(connection)


def version(found: Health) -> Finding:
    seen = f"PostgreSQL {found.version}"
    if found.version_number >= OLDEST:
        return Finding(POSTGRES, "version", True, seen)
    advice = "The tests run on 15 to 18; an older server may lack what a merge needs. Upgrade it."
    return Finding(POSTGRES, "version", False, seen, advice)


def writes(found: Health) -> Finding:
    if found.takes_writes:
        return Finding(POSTGRES, "writes", True, "takes writes")
    advice = "Set the connection's host to the primary, or turn default_transaction_read_only off."
    return Finding(POSTGRES, "writes", False, "takes no writes: a standby, or read-only", advice)


def rights(found: Health) -> Finding:
    lacking = list(_lacking(found))
    if not lacking:
        seen = f"may make tables in {SCHEMA} and {STAGING}, and owns those of its own"
        return Finding(POSTGRES, "rights", True, seen)
    seen = f"{found.login} may not {'; nor '.join(what for what, _ in lacking)}"
    return Finding(POSTGRES, "rights", False, seen, " ".join(grant for _, grant in lacking))


def _lacking(found: Health) -> Iterator[tuple[str, str]]:
    """What the login may not do, and the statement with which an owner allows it."""
    login = f'"{found.login}"'
    if not found.may_create_in_schema:
        yield f"make tables in {SCHEMA}", f"GRANT USAGE, CREATE ON SCHEMA {SCHEMA} TO {login};"
    if found.has_staging and not found.may_create_in_staging:
        yield f"make tables in {STAGING}", f"GRANT USAGE, CREATE ON SCHEMA {STAGING} TO {login};"
    if not found.has_staging and not found.may_create_schemas:
        yield f"make the schema {STAGING}", f"CREATE SCHEMA {STAGING} AUTHORIZATION {login};"
    for table in found.tables_of_others:
        yield f"change {table}", f"ALTER TABLE {SCHEMA}.{table} OWNER TO {login};"


def clock(found: Health, now: float) -> Finding:
    behind = now - found.clock
    if abs(behind) <= CLOCK_SECONDS:
        return Finding(POSTGRES, "clock", True, "as here")
    seen = f"{abs(behind):,.0f} s {'behind' if behind > 0 else 'ahead of'} the clock here"
    return Finding(
        POSTGRES, "clock", False, seen, "Set both clocks by NTP: the ledger records times."
    )


def disk(found: Health) -> Finding:
    """A server tells no free space; where its folder can be seen from here, its disk does."""
    seen = f"the database has {size(found.database_bytes)}"
    folder = Path(found.data_directory) if found.data_directory else None
    if folder is None or not folder.is_dir():
        return Finding(POSTGRES, "disk", True, f"{seen}; free space unknown")
    free = shutil.disk_usage(folder).free
    advice = (
        ""
        if free >= LITTLE_WAREHOUSE_BYTES
        else "A yellow month takes about 1 GB. Free some space."
    )
    return Finding(POSTGRES, "disk", not advice, f"{seen}, {size(free)} are free", advice)


def orphans(found: OrphanedFiles | None) -> Finding:
    """A crash of the server in mid-COPY leaves files that no table owns; Postgres never removes them."""
    if found is None:
        seen = "files without a table: unknown, the login may not list the server's files"
        return Finding(POSTGRES, "files", True, seen)
    if not found.files:
        return Finding(POSTGRES, "files", True, "every file belongs to a table")
    seen = f"{found.files} files ({size(found.bytes)}) belong to no table"
    advice = (
        "The server crashed in a COPY. They only take space; a dump and restore is free of them."
    )
    return Finding(POSTGRES, "files", False, seen, advice)


RECENT_MONTHS = 6


def try_source() -> Iterator[Finding]:
    """What is published is asked only of a source that answers."""
    kinds = list(Source)
    answers = dict(gather([partial(_ask, kind) for kind in kinds]))
    for place, kind in enumerate(kinds):
        answer = answers.get(place, SourceUnreachableError(NO_ANSWER))
        if isinstance(answer, TlcError):
            yield Finding(SOURCE, str(kind), False, f"{type(answer).__name__}: {answer}")
        else:
            yield Finding(SOURCE, str(kind), True, f"{answer} is there")
    parquet = answers.get(kinds.index(Source.PARQUET))
    if parquet is None or isinstance(parquet, SourceUnreachableError):
        yield Finding(SOURCE, "published", False, "not asked: the source cannot be reached")
    else:
        yield published()


NOTHING_PUBLISHED = (
    "TLC publishes a month after about two. Compare the base of the connection tlc_default with TLC's page "
    "of trip records; a mirror or samples may be older."
)


def _ask(kind: Source) -> str | TlcError:
    """The address of a month that has long been published, or why it is not there."""
    from nyc_tlc.hooks.tlc import TlcHook

    try:
        return probe(TlcHook(SOURCE).known_url(kind)).url
    except TlcError as error:
        return error


def published() -> Finding:
    """The newest month of each taxi, as TLC's own source has it."""
    last = Month.of(dt.datetime.now(dt.UTC).date()).shift(-1)
    months = last.shift(1 - RECENT_MONTHS).through(last)
    files = [TripFile(taxi, month) for taxi in Taxi for month in months]
    publication = Publication(Console(quiet=True))
    publication.ask(files)
    if publication.failure:
        return Finding(SOURCE, "published", False, publication.failure)
    newest = {file.taxi: file.month for file in files if publication.of(file)}
    names = ", ".join(f"{taxi} {month}" for taxi, month in newest.items())
    if not names:
        seen = f"nothing of the last {RECENT_MONTHS} months"
        return Finding(SOURCE, "published", True, seen, NOTHING_PUBLISHED)
    return Finding(SOURCE, "published", True, f"newest: {names}")


LANDING = "tlc_landing"
LITTLE_LANDING_BYTES = 2e9
MOVE = (
    "Make the user that runs Airflow its owner, or set the Variable tlc_landing to another folder."
)


def try_landing() -> Iterator[Finding]:
    uri = landing_uri()
    if uri.startswith(("file://", "/")):
        folder = local_path(uri)
        yield _writable(folder)
        yield _room(folder)
    else:
        yield _store(uri)


def _writable(folder: Path) -> Finding:
    if not os.access(_existing(folder), os.W_OK):
        seen = f"user {os.getuid()} may not write to {folder}"
        return Finding(LANDING, "folder", False, seen, MOVE)
    if folder.exists() and (why := why_unsafe(folder)):
        return Finding(LANDING, "folder", False, f"{folder} is not safe: {why}", MOVE)
    return Finding(LANDING, "folder", True, f"{folder} can be written")


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(_existing(folder)).free
    advice = (
        ""
        if free >= LITTLE_LANDING_BYTES
        else "A month is up to 0.5 GB. Free some, or move landing."
    )
    return Finding(LANDING, "disk", not advice, f"{size(free)} are free", advice)


def _store(uri: str) -> Finding:
    from nyc_tlc.hooks.landing import require_store

    try:
        require_store(uri)
    except LandingError as error:
        return Finding(LANDING, "store", False, str(error))
    return Finding(LANDING, "store", True, f"{uri} can be opened")


def _existing(folder: Path) -> Path:
    """The folder itself or, before the first download, the one in which it is to be made."""
    return next(path for path in (folder, *folder.parents) if path.exists())
