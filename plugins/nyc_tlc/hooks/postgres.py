"""The warehouse's connection, with failures that say what was tried and what to check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from airflow.providers.postgres.hooks.postgres import PostgresHook

from nyc_tlc.errors import TlcError, WarehouseRefused, WarehouseUnreachable

if TYPE_CHECKING:
    from nyc_tlc.catalog import TripFile
    from nyc_tlc.landing import LandedFile, RemoteFile
    from nyc_tlc.ledger import LatestLoad, MonthLoad, Run

IN_A_CONTAINER = (
    "Inside a container, localhost is the container itself: use the service's name (warehouse), "
    "or host.docker.internal for a server on your machine."
)

# What the server or the network said, whether another try can pass, and what to check. The first
# that fits counts. Wordings are those of libpq 11 to 18 and of psycopg itself.
ADVICE: tuple[tuple[str, type[TlcError], str], ...] = (
    ("password authentication failed", WarehouseRefused, "Check login and password."),
    ("no password supplied", WarehouseRefused, "The connection has no password; add it."),
    ("is not permitted to log in", WarehouseRefused, "The role has no LOGIN right."),
    ("no pg_hba.conf entry", WarehouseRefused, "The server admits no such host, user or SSL mode."),
    ("permission denied", WarehouseRefused, "The login lacks the right to connect there."),
    ("does not support ssl", WarehouseRefused, "Check sslmode among the connection's extras."),
    ("invalid connection option", WarehouseRefused, "Check the connection's extras."),
    ("unrecognized configuration parameter", WarehouseRefused, "Check options in the extras."),
    ("does not exist", WarehouseRefused, "Check the database (schema field) and the login."),
    ("could not translate host name", WarehouseUnreachable, f"No such host. {IN_A_CONTAINER}"),
    ("failed to resolve host", WarehouseUnreachable, f"No such host. {IN_A_CONTAINER}"),
    ("name or service not known", WarehouseUnreachable, f"No such host. {IN_A_CONTAINER}"),
    (
        "connection refused",
        WarehouseUnreachable,
        f"Nothing listens there: check the port, and that the server runs. {IN_A_CONTAINER}",
    ),
    (
        "no such file or directory",
        WarehouseUnreachable,
        "No server has a socket there: check host and port, and that the server runs.",
    ),
    ("starting up", WarehouseUnreachable, "The server is starting; the task is tried again."),
    ("shutting down", WarehouseUnreachable, "The server is stopping; the task is tried again."),
    ("recovery mode", WarehouseUnreachable, "The server recovers; the task is tried again."),
    ("too many clients", WarehouseUnreachable, "The server is full; the task is tried again."),
    ("too many connections", WarehouseUnreachable, "The server is full; the task is tried again."),
    ("connection slots", WarehouseUnreachable, "The server is full; the task is tried again."),
    ("timeout", WarehouseUnreachable, "No answer: check host, port and firewall."),
    ("timed out", WarehouseUnreachable, "No answer: check host, port and firewall."),
)


class WarehousePostgresHook(PostgresHook):
    """A PostgresHook whose connections are in autocommit, and fail with advice. It is a Ledger.

    :param trips_schema: schema of the trips tables and the ledger.
    """

    default_conn_name = "tlc_postgres"

    def __init__(self, *args: Any, trips_schema: str = "public", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trips_schema = trips_schema

    def get_conn(self) -> psycopg.Connection[Any]:
        """A psycopg 3 connection; raises WarehouseUnreachable or WarehouseRefused."""
        try:
            connection: Any = super().get_conn()
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            raise self._explained(error) from error
        connection.autocommit = True
        return connection  # type: ignore[no-any-return]

    def unchanged_load(self, file: TripFile, found: LandedFile | RemoteFile) -> LatestLoad | None:
        from nyc_tlc.postgres.ledger import unchanged_load

        with self.get_conn() as connection:
            return unchanged_load(connection, self.trips_schema, file, found)

    def record_failure(self, file: TripFile, run: Run, error: str) -> int:
        from nyc_tlc.postgres.ledger import record_failure

        with self.get_conn() as connection:
            return record_failure(connection, self.trips_schema, file, run, error)

    def loads_by_month(self) -> list[MonthLoad]:
        from nyc_tlc.postgres.ledger import loads_by_month

        with self.get_conn() as connection:
            return loads_by_month(connection, self.trips_schema)

    def _explained(self, error: psycopg.Error) -> TlcError:
        conn = self.get_connection(self.get_conn_id())
        tried = (
            f"host {conn.host or '(none: the local socket)'}, port {conn.port or '(none: 5432)'}, "
            f"database {self.database or conn.schema or '(none)'}, user {conn.login or '(none)'}"
        )
        said = " ".join(str(error).split())
        if conn.password:
            said = said.replace(conn.password, "***")
        kind, advice = next(
            ((kind, advice) for text, kind, advice in ADVICE if text in said.lower()),
            (WarehouseUnreachable, "Check the connection's fields."),
        )
        return kind(f"Connection {conn.conn_id} could not be made ({tried}): {said}. {advice}")
