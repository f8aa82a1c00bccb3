"""A lane with a Postgres server of its own."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from chaos.lane import Lane, Load
from chaos.server import Server
from chaos.versions import MONTH
from chaos.views import PostgresView

if TYPE_CHECKING:
    from collections.abc import Iterator

# The client's own limits, in seconds. Only those that the hook sets.
SHORT = {
    "connect_timeout": 2, "keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": 2,
    "tcp_user_timeout": 2000,
}  # fmt: skip


class PostgresLane(Lane):
    """``created``: the server whose data folder this lane gets a copy of."""

    warehouse = "postgres"
    away = (psycopg.OperationalError,)
    poll_seconds = (0.05, 0.25)
    clean_seconds = 1.5  # a load without a fault, on two idle cores while all lanes open

    def __init__(self, *args: Any, created: Server) -> None:
        super().__init__(*args)
        self.small_disk = self.home / "small"
        self.server = Server(self.home / "data")
        self.port = self.server.port
        self._created = created

    def open(self) -> None:
        self.server.start_copy(self._created)
        if os.geteuid() == 0:
            self._mount_small_disk()
        self.clock_clean_load()

    def close(self) -> None:
        if (self.server.home / "postmaster.pid").exists():
            self.server.control("stop", mode="immediate")
        if os.path.ismount(self.small_disk):
            subprocess.run(["umount", self.small_disk], check=True)

    @contextmanager
    def view(self) -> Iterator[PostgresView]:
        with self.server.connect() as connection:
            yield PostgresView(connection, self.taxi)

    def connections(self, load: Load) -> dict[str, str]:
        from nyc_tlc.hooks import postgres

        defaults = getattr(postgres, "CONNECTION_DEFAULTS", {})
        short = {name: value for name, value in SHORT.items() if name in defaults}
        warehouse = {
            "conn_type": "postgres", "host": "127.0.0.1", "port": load.proxy.port,
            "login": "postgres", "schema": "nyc_tlc",
            "extra": {"sslmode": "disable", "gssencmode": "disable", **short, **load.extras},
        }  # fmt: skip
        return {"AIRFLOW_CONN_TLC_POSTGRES": json.dumps(warehouse)}

    def leftovers(self) -> list[str]:
        return [what for (what,) in self.server.execute(LEFTOVERS)] + self.parts()

    def forget_loads(self) -> None:
        self.server.execute(f"DELETE FROM tlc_load WHERE file_month = '{MONTH}-01'")

    def forget_month(self) -> None:
        self.server.execute(
            f"DROP TABLE IF EXISTS {self.trips}, tlc_load, tlc_reject CASCADE;"
            f" DROP TABLE IF EXISTS {self.partition}; DROP SCHEMA IF EXISTS staging CASCADE"
        )
        self.current = None

    def sweep(self) -> None:
        with self.server.connect() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            admin.execute("DROP SCHEMA IF EXISTS staging CASCADE")
        super().sweep()

    def _mount_small_disk(self) -> None:
        self.small_disk.mkdir()
        owner = (self.home / "data").stat()
        options = f"size=40k,uid={owner.st_uid},gid={owner.st_gid},mode=700"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.small_disk], check=True
        )
        self.server.execute(f"CREATE TABLESPACE small LOCATION '{self.small_disk}'")


LEFTOVERS = """
SELECT 'staging table: ' || relname FROM pg_class
WHERE relnamespace = to_regnamespace('staging') AND relkind = 'r' AND relname LIKE '%tripdata%'
UNION ALL
SELECT 'advisory lock: ' || l.pid || ' ' || coalesce(a.state, '')
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND a.datname = current_database()
UNION ALL
SELECT 'session: ' || pid || ' ' || state || ' ' || left(query, 60) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND application_name <> 'chaos' AND state <> 'idle'
"""
