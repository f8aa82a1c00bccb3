"""A lane: a server, a source, a landing and a month of its own, where one fault follows another."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from chaos.proxy import Proxy
from chaos.server import Server
from chaos.versions import MONTH, Version, make_versions
from dev.http_server import Site

STEP_SECONDS = 10.0  # the execution timeout, where a fault does not need a shorter one
CLEAN_SECONDS = 1.5  # a load without a fault, on two idle cores while all lanes open
MOST_SLOWNESS = 8.0
TAXIS = ("green", "yellow", "fhv", "fhvhv")
# The client's own limits, in seconds. Only those that the hook sets.
SHORT = {
    "connect_timeout": 2, "keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": 2,
    "tcp_user_timeout": 2000,
}  # fmt: skip


class Lane:
    """``current``: the version that the trips table holds; None before the first load."""

    def __init__(self, number: int, home: Path, seed: int, site: Site) -> None:
        self.home = home / f"lane-{number}"
        self.taxi = TAXIS[number % len(TAXIS)]
        self.site = site
        self.landing = self.home / "landing"
        self.small_disk = self.home / "small"
        self.current: Version | None = None
        self.slowness = 1.0
        self.etags = count(1)
        self.runs = count(1)
        self.home.mkdir(parents=True)
        self.home.chmod(0o755)
        self.server = Server(self.home / "data")
        self.versions = make_versions(self.home / "files", self.taxi, random.Random(seed + number))

    def open(self, created: Server) -> None:
        """``created``: the server whose data folder this lane gets a copy of."""
        self.server.start_copy(created)
        if os.geteuid() == 0:
            self._mount_small_disk()
        self._clock_clean_load()

    def close(self) -> None:
        if (self.server.home / "postmaster.pid").exists():
            self.server.control("stop", mode="immediate")
        if os.path.ismount(self.small_disk):
            subprocess.run(["umount", self.small_disk], check=True)

    @property
    def trips(self) -> str:
        return f"{self.taxi}_tripdata"

    @property
    def partition(self) -> str:
        return f"{self.trips}_{MONTH.replace('-', '_')}"

    def version(self, name: str, source: str) -> Version:
        return next(v for v in self.versions if (v.name, v.source) == (name, source))

    def publish(self, version: Version, etag: str | None = "new") -> None:
        """The source has this version from now on, under an ETag of its own."""
        tag = f'"{next(self.etags)}"' if etag == "new" else etag
        self.site.publish(version.filename, version.body, tag)

    def forget_month(self) -> None:
        """As before the first load of all."""
        self.server.execute(
            f"DROP TABLE IF EXISTS {self.trips}, tlc_load, tlc_reject CASCADE;"
            f" DROP TABLE IF EXISTS {self.partition}; DROP SCHEMA IF EXISTS staging CASCADE"
        )
        self.current = None

    def sweep(self) -> None:
        """Take away what a round left, so that the next one is judged by what it leaves itself."""
        with self.server.connect() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            admin.execute("DROP SCHEMA IF EXISTS staging CASCADE")
        shutil.rmtree(self.landing, ignore_errors=True)

    def _clock_clean_load(self) -> None:
        """How slow is this machine at present? Time limits are stretched by it."""
        version = self.versions[0]
        for run in ("warm-up", "clean"):
            self.publish(version)
            load = Load(self, version.source, run)
            begun = time.monotonic()
            load.start(seconds=100, force=True)
            load.wait(200)
            load.proxy.close()
            if not load.ok:
                raise RuntimeError(f"a load without any fault failed: {load.errors()}")
        taken = time.monotonic() - begun
        self.slowness = min(MOST_SLOWNESS, max(1.0, taken / CLEAN_SECONDS))
        self.current = version

    def _mount_small_disk(self) -> None:
        self.small_disk.mkdir()
        owner = (self.home / "data").stat()
        options = f"size=96k,uid={owner.st_uid},gid={owner.st_gid},mode=700"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.small_disk], check=True
        )
        self.server.execute(f"CREATE TABLESPACE small LOCATION '{self.small_disk}'")


@dataclass
class Load:
    """A run of the month: its tries, one process each, behind a proxy of their own."""

    lane: Lane
    source: str
    run_id: str
    options: dict[str, Any] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)
    process: Any = None

    def __post_init__(self) -> None:
        self.proxy = Proxy(self.lane.server.port)
        self.journal_path = self.lane.home / "journals" / f"{self.run_id}.jsonl"
        self.journal_path.parent.mkdir(exist_ok=True)

    def another_try(self) -> Load:
        """The same run in another process, while this one may still be at work."""
        twin = Load(self.lane, self.source, self.run_id, dict(self.options))
        twin.journal_path = self.journal_path.with_suffix(".second.jsonl")
        twin.journal_path.unlink(missing_ok=True)
        if self.journal_path.exists():
            shutil.copy(self.journal_path, twin.journal_path)
        return twin

    def start(self, **changes: Any) -> None:
        from chaos import loader

        order = loader.Order(
            run_id=self.run_id, taxi=self.lane.taxi, month=MONTH, source=self.source,
            landing=self.lane.landing.as_uri(), journal=str(self.journal_path), env=self._env(),
            **self._options(changes),
        )  # fmt: skip
        self.process = FORKS.Process(target=loader.run, args=(order,), daemon=True)
        self.process.start()

    def _options(self, changes: dict[str, Any]) -> dict[str, Any]:
        options = {"seconds": STEP_SECONDS, "patience": PATIENCE, **self.options, **changes}
        return {**options, "seconds": options["seconds"] * self.lane.slowness}

    def wait(self, seconds: float) -> bool:
        """Whether it ended by itself in time; it is killed where it did not."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.kill()
            self.process.join()
            return False
        return True

    @property
    def ok(self) -> bool:
        return self.process is not None and self.process.exitcode == 0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def signal(self, number: int) -> None:
        if self.process.exitcode is None:
            os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.process.kill()

    def lines(self) -> list[dict[str, Any]]:
        from chaos.loader import Journal

        return Journal(self.journal_path).lines()

    def errors(self) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == "failed"]

    def clear(self) -> None:
        """As a person clears the whole run in the UI."""
        from chaos.loader import Journal

        Journal(self.journal_path).write(event="cleared")

    def _env(self) -> dict[str, str]:
        from nyc_tlc.hooks import postgres

        defaults = getattr(postgres, "CONNECTION_DEFAULTS", {})
        short = {name: value for name, value in SHORT.items() if name in defaults}
        warehouse = {
            "conn_type": "postgres", "host": "127.0.0.1", "port": self.proxy.port,
            "login": "postgres", "schema": "nyc_tlc",
            "extra": {"sslmode": "disable", "gssencmode": "disable", **short, **self.extras},
        }  # fmt: skip
        source = {
            "conn_type": "nyc_tlc", "host": self.lane.site.base,
            "extra": {"csv_base": self.lane.site.base},
        }  # fmt: skip
        return {
            "AIRFLOW_CONN_TLC_POSTGRES": json.dumps(warehouse),
            "AIRFLOW_CONN_TLC_DEFAULT": json.dumps(source),
        }


# How long a merge is patient, in seconds instead of an hour.
PATIENCE: dict[str, object] = {
    "nyc_tlc.core.postgres.locks.LOCK_TIMEOUT": "1s",
    "nyc_tlc.core.postgres.locks.IDLE_TIMEOUT": "2s",
    "nyc_tlc.core.postgres.locks.PAUSE_SECONDS": (0.05, 0.3),
    "nyc_tlc.core.postgres.stage.END_MILLISECONDS": 2000,
}
# Loads are forked from one process that has everything imported and runs no thread.
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["chaos.warm"])
