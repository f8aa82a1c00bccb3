"""The connection ``tlc_postgres``: server, version, rights, clock, disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.cli.checkup.finding import Finding, size
from nyc_tlc.errors import TlcError

if TYPE_CHECKING:
    from nyc_tlc.postgres.health import Health

CONNECTION = "tlc_postgres"
SCHEMA, STAGING = "public", "staging"
OLDEST = 150000
CLOCK_SECONDS = 30
LITTLE_BYTES = 5e9

DEFINE = (
    f"Define it in Admin → Connections, or by AIRFLOW_CONN_{CONNECTION.upper()}="
    "'postgres://user:secret@host:5432/database'."
)


def try_warehouse() -> Iterator[Finding]:
    import psycopg
    from airflow.providers.common.compat.sdk import AirflowNotFoundException

    began = time.time()
    try:
        server, found = _look()
    except AirflowNotFoundException as error:
        yield Finding(CONNECTION, "server", False, f"{error}.", DEFINE)
    except (TlcError, psycopg.Error) as error:
        yield Finding(CONNECTION, "server", False, f"{type(error).__name__}: {error}")
    else:
        answers = f"{server} answers: database {found.database}, user {found.login}"
        yield Finding(CONNECTION, "server", True, answers)
        yield version(found)
        yield rights(found)
        yield clock(found, (began + time.time()) / 2)
        yield disk(found)


def _look() -> tuple[str, Health]:
    from nyc_tlc.hooks.postgres import WarehousePostgresHook
    from nyc_tlc.postgres.health import health

    with WarehousePostgresHook(CONNECTION).get_conn() as connection:
        server = f"{connection.info.host}:{connection.info.port}"
        return server, health(connection, SCHEMA, STAGING)


def version(found: Health) -> Finding:
    seen = f"PostgreSQL {found.version}"
    if found.version_number >= OLDEST:
        return Finding(CONNECTION, "version", True, seen)
    advice = "The tests run on 15 to 18; an older server may lack what a merge needs. Upgrade it."
    return Finding(CONNECTION, "version", False, seen, advice)


def rights(found: Health) -> Finding:
    lacking = list(_lacking(found))
    if not lacking:
        seen = f"may make tables in {SCHEMA} and {STAGING}, and owns those of its own"
        return Finding(CONNECTION, "rights", True, seen)
    seen = f"{found.login} may not {'; nor '.join(what for what, _ in lacking)}"
    return Finding(CONNECTION, "rights", False, seen, " ".join(grant for _, grant in lacking))


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
        return Finding(CONNECTION, "clock", True, "as here")
    seen = f"{abs(behind):,.0f} s {'behind' if behind > 0 else 'ahead of'} the clock here"
    return Finding(CONNECTION, "clock", False, seen, "Set both by NTP: the ledger tells by them.")


def disk(found: Health) -> Finding:
    """A server tells no free space; where its folder can be seen from here, its disk does."""
    seen = f"the database has {size(found.database_bytes)}"
    folder = Path(found.data_directory) if found.data_directory else None
    if folder is None or not folder.is_dir():
        return Finding(CONNECTION, "disk", True, f"{seen}; what is free there, only it can tell")
    free = shutil.disk_usage(folder).free
    advice = "" if free >= LITTLE_BYTES else "A yellow month takes about 1 GB. Free some space."
    return Finding(CONNECTION, "disk", not advice, f"{seen}, {size(free)} are free", advice)
