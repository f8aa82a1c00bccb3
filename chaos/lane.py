"""A lane: a warehouse, a source, a landing and a month of its own, where one fault follows another."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos.proxy import Proxy
from chaos.versions import MONTH, Version, make_versions
from dev.http_server import Site

if TYPE_CHECKING:
    from chaos.server import Server
    from chaos.views import View

STEP_SECONDS = 10.0  # the execution timeout, where a fault does not need a shorter one
MOST_SLOWNESS = 8.0
TAXIS = ("green", "yellow", "fhv", "fhvhv")


class Lane(ABC):
    """``current``: the version that the trips table holds; None before the first load.

    ``port``: where the proxy of each load leads; ``away``: what a reader gets from a warehouse that
    is down; ``poll_seconds``: the shortest and longest pause of the observer.
    """

    warehouse: str
    port: int
    upload_port: int | None = None
    away: tuple[type[Exception], ...]
    poll_seconds: tuple[float, float]
    clean_seconds: float
    run_seconds = 20.0  # a run's deadline; one step of it may reach its execution timeout
    server: Server
    small_disk: Path
    place: dict[str, str] | None = None

    def __init__(self, number: int, home: Path, seed: int, site: Site) -> None:
        self.home = home / f"lane-{number}"
        self.taxi = TAXIS[number % len(TAXIS)]
        self.site = site
        self.landing = self.home / "landing"
        self.current: Version | None = None
        self.slowness = 1.0
        self.etags = count(1)
        self.runs = count(1)
        self.home.mkdir(parents=True)
        self.home.chmod(0o755)
        self.versions = make_versions(self.home / "files", self.taxi, random.Random(seed + number))

    @abstractmethod
    def open(self) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def view(self) -> AbstractContextManager[View]:
        """A reader's session."""

    @abstractmethod
    def connections(self, load: Load) -> dict[str, str]:
        """The environment by which a load finds the warehouse, behind its proxies."""

    def source_connection(self) -> dict[str, str]:
        """The environment by which a load finds the source."""
        base = self.site.base
        source = {"conn_type": "nyc_tlc", "host": base, "extra": {"csv_base": base}}
        return {"AIRFLOW_CONN_TLC_DEFAULT": json.dumps(source)}

    @abstractmethod
    def leftovers(self) -> list[str]: ...

    @abstractmethod
    def forget_loads(self) -> None:
        """The month's rows in the ledger are gone; those in the trips table stay."""

    @abstractmethod
    def forget_month(self) -> None:
        """As before the first load of all."""

    def sweep(self) -> None:
        """Take away what a round left, so that the next one is judged by what it leaves itself."""
        shutil.rmtree(self.landing, ignore_errors=True)

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

    def parts(self) -> list[str]:
        paths = (path for path in self.landing.rglob("*") if path.suffix in (".part", ".draft"))
        return [f"file: {path.name}" for path in paths]

    def clock_clean_load(self) -> None:
        """How slow is this machine at present? Time limits are stretched by it."""
        version = self.versions[0]
        for run in ("warm-up", "clean"):
            self.publish(version)
            load = Load(self, version.source, run)
            begun = time.monotonic()
            load.start(seconds=100, force=True)
            load.wait(200)
            load.close()
            if not load.ok:
                raise RuntimeError(f"a load without any fault failed: {load.errors()}")
        taken = time.monotonic() - begun
        self.slowness = min(MOST_SLOWNESS, max(1.0, taken / self.clean_seconds))
        self.current = version


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
        self.proxy = Proxy(self.lane.port)
        self.upload_proxy = Proxy(self.lane.upload_port) if self.lane.upload_port else None
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
            warehouse=self.lane.warehouse, place=self.lane.place,
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

    def close(self) -> None:
        for proxy in filter(None, (self.proxy, self.upload_proxy)):
            proxy.close()

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
        return {**self.lane.connections(self), **self.lane.source_connection()}


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
