"""The connection to the Postgres warehouse. Its errors say what was tried and what to check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
from airflow.providers.postgres.hooks.postgres import PostgresHook

from nyc_tlc.core.errors import TlcError, WarehouseRefusedError, WarehouseUnreachableError
from nyc_tlc.core.postgres.server_errors import named_server_errors
from nyc_tlc.hooks.connections import POSTGRES

if TYPE_CHECKING:
    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.failure import Failure
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.ledger import LedgerMonth, MergedLoad
    from nyc_tlc.core.loads import Run

# A server or a network that hangs is noticed within two minutes. libpq alone waits forever to
# connect, two hours before its first keepalive, and a quarter of an hour for an answer to what it sent.
# What the connection's own extras say wins.
CONNECTION_DEFAULTS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 6,
    "tcp_user_timeout": 90_000,
}

IN_A_CONTAINER = (
    "Inside a container, localhost is the container itself: use the service's name (warehouse), "
    "or host.docker.internal for a server on your machine."
)

TLS_FILES = (
    "Check sslmode, sslrootcert, sslcert and sslkey among the connection's extras, and that the worker can "
    "read the files (sslkey: mode 0600)."
)

NO_FREE_CONNECTIONS = "The server has no free connections; the task is tried again."

# A text in the server's or libpq's message, whether a retry can succeed, and what to check. The first
# match counts. The texts are those of libpq 11 to 18 and of psycopg itself.
ADVICE: tuple[tuple[str, type[TlcError], str], ...] = (
    ("password authentication failed", WarehouseRefusedError, "Check login and password."),
    ("no password supplied", WarehouseRefusedError, "The connection has no password; add it."),
    ("is not permitted to log in", WarehouseRefusedError, "The role has no LOGIN right."),
    (
        "no pg_hba.conf entry",
        WarehouseRefusedError,
        "The server does not allow this host, user or SSL mode.",
    ),
    ("permission denied", WarehouseRefusedError, "The login lacks the right to connect there."),
    ("certificate", WarehouseRefusedError, TLS_FILES),
    ("private key file", WarehouseRefusedError, TLS_FILES),
    ("unknown ca", WarehouseRefusedError, TLS_FILES),
    ("does not support ssl", WarehouseRefusedError, "Check sslmode among the connection's extras."),
    ("invalid connection option", WarehouseRefusedError, "Check the connection's extras."),
    ("unrecognized configuration parameter", WarehouseRefusedError, "Check options in the extras."),
    ("does not exist", WarehouseRefusedError, "Check the database (schema field) and the login."),
    ("could not translate host name", WarehouseUnreachableError, f"No such host. {IN_A_CONTAINER}"),
    ("failed to resolve host", WarehouseUnreachableError, f"No such host. {IN_A_CONTAINER}"),
    ("name or service not known", WarehouseUnreachableError, f"No such host. {IN_A_CONTAINER}"),
    (
        "connection refused",
        WarehouseUnreachableError,
        f"Nothing listens there: check the port, and that the server runs. {IN_A_CONTAINER}",
    ),
    (
        "no such file or directory",
        WarehouseUnreachableError,
        "No server has a socket there: check host and port, and that the server runs.",
    ),
    ("starting up", WarehouseUnreachableError, "The server is starting; the task is tried again."),
    (
        "shutting down",
        WarehouseUnreachableError,
        "The server is stopping; the task is tried again.",
    ),
    (
        "recovery mode",
        WarehouseUnreachableError,
        "The server is in recovery; the task is tried again.",
    ),
    (
        "too many clients",
        WarehouseUnreachableError,
        NO_FREE_CONNECTIONS,
    ),
    (
        "too many connections",
        WarehouseUnreachableError,
        NO_FREE_CONNECTIONS,
    ),
    (
        "connection slots",
        WarehouseUnreachableError,
        NO_FREE_CONNECTIONS,
    ),
    ("timeout", WarehouseUnreachableError, "No answer: check host, port and firewall."),
    ("timed out", WarehouseUnreachableError, "No answer: check host, port and firewall."),
)


class TaxiPostgresHook(PostgresHook):
    """A PostgresHook whose connections are in autocommit, notice a network that hangs, and fail with
    advice. It is a Ledger.

    :param trips_schema: schema of the trips tables and the ledger.
    """

    default_conn_name = POSTGRES

    def __init__(self, *args: Any, trips_schema: str = "public", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trips_schema = trips_schema

    def get_conn(self) -> psycopg.Connection[Any]:
        """A psycopg 3 connection; raises WarehouseUnreachableError or WarehouseRefusedError."""
        extras = {**CONNECTION_DEFAULTS, **self.connection.extra_dejson}
        self.connection.extra = json.dumps(extras)
        try:
            connection: Any = super().get_conn()
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            raise self._explained(error) from error
        connection.autocommit = True
        # A proxy such as PgBouncer in transaction mode gives each transaction another server session,
        # which does not have the statements that psycopg prepared in the last one.
        connection.prepare_threshold = None
        return connection  # type: ignore[no-any-return]

    def unchanged_load(self, file: TripFile, found: LandedFile | RemoteFile) -> MergedLoad | None:
        from nyc_tlc.core.postgres.ledger import unchanged_load

        with named_server_errors("ledger"), self.get_conn() as connection:
            return unchanged_load(connection, self.trips_schema, file, found)

    def newest_load(self, file: TripFile) -> int:
        load = self.latest_load(file)
        return load.load_id if load else 0

    def alterations(self, file: TripFile, load: MergedLoad) -> str | None:
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.postgres.verify import month_content
        from nyc_tlc.core.verify import alterations

        with self.get_conn() as connection:
            contract = load_contract(file.taxi)
            return alterations(load, month_content(connection, self.trips_schema, file, contract))

    def latest_load(self, file: TripFile) -> MergedLoad | None:
        from nyc_tlc.core.postgres.ledger import latest_load

        with named_server_errors("ledger"), self.get_conn() as connection:
            return latest_load(connection, self.trips_schema, file)

    def record_failure(self, file: TripFile, failure: Failure, run: Run) -> int:
        from nyc_tlc.core.postgres.ledger import record_failure

        with named_server_errors("ledger"), self.get_conn() as connection:
            return record_failure(connection, self.trips_schema, file, failure, run)

    def months(self) -> list[LedgerMonth]:
        from nyc_tlc.core.postgres.ledger import ledger_months

        with named_server_errors("ledger"), self.get_conn() as connection:
            return ledger_months(connection, self.trips_schema)

    def month_loads(self, file: TripFile) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        from nyc_tlc.core.postgres.ledger import month_loads

        with named_server_errors("ledger"), self.get_conn() as connection:
            return month_loads(connection, self.trips_schema, file)

    def _explained(self, error: psycopg.Error) -> TlcError:
        conn = self.get_connection(self.get_conn_id())
        tried = (
            f"host {conn.host or '(none: the local socket)'}, port {conn.port or '(none: 5432)'}, "
            f"database {self.database or conn.schema or '(none)'}, user {conn.login or '(none)'}"
        )
        message = " ".join(str(error).split())
        if conn.password:
            message = message.replace(conn.password, "***")
        kind, advice = next(
            ((kind, advice) for text, kind, advice in ADVICE if text in message.lower()),
            (WarehouseUnreachableError, "Check the connection's fields."),
        )
        return kind(f"Could not connect using {conn.conn_id} ({tried}): {message}. {advice}")
