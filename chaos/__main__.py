"""``python -m chaos [--faults N] [--seed N] [--only KIND]``: inject faults, judge, print one table."""

from __future__ import annotations

import argparse
import os
import queue
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.faults import AIRFLOW_KINDS, KINDS
from chaos.judge import FAILINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos.lane import Lane
    from chaos.round import Kind, Round

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".local" / "chaos"
EVERY_KIND = (*KINDS, *AIRFLOW_KINDS)
BIGQUERY_LANES = 2
MOST_MISSES = 12  # of a kind in a row: it cannot be hit here


class Bench:
    """The faults still to come, and what came of those that are over."""

    def __init__(
        self, faults: int, seed: int, only: list[str], log: Path, kinds: Sequence[Kind] = KINDS
    ) -> None:
        self.injected: Counter[str] = Counter()
        self.hit: Counter[str] = Counter()
        self.failings: Counter[tuple[str, str]] = Counter()
        self.missed: Counter[str] = Counter()
        self.crashed = 0
        self.stopped = False  # no more rounds; those under way are judged
        self._log, self._lock = log, threading.Lock()
        self._todo: defaultdict[str, queue.SimpleQueue[tuple[Kind, int]]] = defaultdict(
            queue.SimpleQueue
        )
        self._seeds = iter(range(seed, seed + 100 * faults + 100))
        for kind in schedule(faults, seed, only, kinds):
            self._todo[kind.warehouse].put((kind, next(self._seeds)))

    def left(self, warehouse: str) -> int:
        return self._todo[warehouse].qsize()

    def work(self, lane: Lane) -> None:
        """Play rounds on a lane until no fault of its warehouse is left."""
        from chaos.round import play

        while not self.stopped:
            try:
                kind, seed = self._todo[lane.warehouse].get_nowait()
            except queue.Empty:
                return
            begun = time.monotonic()
            try:
                played = play(lane, kind, seed)
            except Exception:  # noqa: BLE001 - the bench's own fault; the other rounds are played
                self._crash(kind, seed, lane)
                continue
            with self._lock:
                self._count(played, time.monotonic() - begun)

    def _count(self, played: Round, seconds: float) -> None:
        name = played.kind.name
        self.injected[name] += 1
        for failing in played.verdict.failings:
            self.failings[name, failing] += 1
        if played.hit.is_set():
            self.hit[name] += 1
            self.missed[name] = 0
        else:
            self.missed[name] += 1
            if self.missed[name] < MOST_MISSES:
                self._todo[played.kind.warehouse].put((played.kind, next(self._seeds)))
        self._write(f"{played.kind.name!r} seed {played.seed} {seconds:.2f} s"
                    f" {'hit' if played.hit.is_set() else 'missed'}")  # fmt: skip
        for failing, whats in played.verdict.failings.items():
            for what in whats:
                line = (
                    f"{failing}: {what}\n  again: python -m chaos --only {name!r}"
                    f" --seed {played.seed} --faults 1\n"
                )
                self._write(line)
                print(line, file=sys.stderr, flush=True)

    def _crash(self, kind: Kind, seed: int, lane: Lane) -> None:
        self.crashed += 1
        text = f"the bench broke in {kind.name!r} seed {seed}:\n{traceback.format_exc()}"
        self._write(text)
        print(text, file=sys.stderr, flush=True)
        lane.sweep()
        lane.forget_month()

    def _write(self, text: str) -> None:
        with self._log.open("a") as log:
            log.write(text + "\n")


def schedule(faults: int, seed: int, only: list[str], kinds: Sequence[Kind] = KINDS) -> list[Kind]:
    """Each kind by its share, at least once where there are as many faults, in the seed's order."""
    if only:
        return list(islice(cycle(kind for kind in EVERY_KIND if kind.name in only), faults))
    dice, all_shares = random.Random(seed), sum(kind.share for kind in kinds)
    wanted = [(faults * kind.share / all_shares, kind) for kind in kinds]
    chosen = [kind for share, kind in wanted for _ in range(int(share))]
    rest = sorted(wanted, key=lambda item: item[0] % 1, reverse=True)
    chosen += [kind for _, kind in rest[: faults - len(chosen)]]
    dice.shuffle(chosen)
    return chosen


def table(bench: Bench) -> str:
    """One line a kind, and their sum."""
    names = [kind.name for kind in EVERY_KIND if bench.injected[kind.name]]
    lines: list[tuple[str, ...]] = [("kind", "injected", "hit", *FAILINGS)]
    for name in names:
        wrong = (str(bench.failings[name, failing]) for failing in FAILINGS)
        lines.append((name, str(bench.injected[name]), str(bench.hit[name]), *wrong))
    totals = (sum(bench.failings[name, failing] for name in names) for failing in FAILINGS)
    lines.append(("all", str(bench.injected.total()), str(bench.hit.total()), *map(str, totals)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def main() -> int:
    asked = _arguments()
    HOME.mkdir(parents=True, exist_ok=True)
    log = HOME / f"seed-{asked.seed}.log"
    log.unlink(missing_ok=True)
    begun = time.monotonic()
    kinds = AIRFLOW_KINDS if asked.airflow else KINDS
    bench = run(asked.faults, asked.seed, asked.only, asked.lanes, log, kinds)
    print(table(bench))
    print(f"seed {asked.seed}, {time.monotonic() - begun:.0f} s; every round is in {log}")
    ok = not bench.failings and not bench.crashed and bench.hit.total() >= asked.faults
    return 0 if ok else 1


def run(
    faults: int, seed: int, only: list[str], lanes: int, log: Path, kinds: Sequence[Kind] = KINDS
) -> Bench:
    """Play so many faults; each lane has a server and a source of its own."""
    home = Path(tempfile.mkdtemp(prefix="chaos-"))
    home.chmod(0o755)
    os.environ.update(AIRFLOW_HOME=str(home / "airflow"), NO_PROXY="127.0.0.1")
    bench = Bench(faults, seed, only, log, kinds)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        opened = list(_postgres_lanes(stack, home, seed, min(lanes, bench.left("postgres"))))
        if bench.left("bigquery"):
            opened += _bigquery_lanes(stack, home, seed, len(opened), bench.left("bigquery"))
        if bench.left("airflow"):
            opened += _airflow_lanes(stack, home, seed, len(opened))
        for lane in opened:
            stack.callback(lane.close)
        with ThreadPoolExecutor(len(opened)) as pool:
            list(pool.map(lambda lane: lane.open(), opened))
        slowest = max(lane.slowness for lane in opened)
        print(f"{len(opened)} lanes, time limits times {slowest:.1f}", file=sys.stderr, flush=True)
        threads = [threading.Thread(target=bench.work, args=[lane]) for lane in opened]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            bench.stopped = True
            for thread in threads:
                thread.join()
    return bench


def _postgres_lanes(stack: ExitStack, home: Path, seed: int, lanes: int) -> Iterator[Lane]:
    from chaos.postgres_lane import PostgresLane
    from chaos.server import Server
    from dev.http_server import serve

    if lanes:
        created = Server(home / "created")
        created.create()
    for number in range(lanes):
        yield PostgresLane(number, home, seed, stack.enter_context(serve()), created=created)


def _bigquery_lanes(
    stack: ExitStack, home: Path, seed: int, first: int, faults: int
) -> Iterator[Lane]:
    """Each has emulators of its own: one process would have them wait for each other."""
    from chaos.bigquery_lane import BigQueryLane
    from dev.emulators import running_emulators
    from dev.http_server import serve

    for number in range(first, first + min(BIGQUERY_LANES, faults)):
        emulators = stack.enter_context(running_emulators(home / f"emulators-{number}"))
        site = stack.enter_context(serve())
        yield BigQueryLane(number, home, seed, site, emulators=emulators)


def _airflow_lanes(stack: ExitStack, home: Path, seed: int, first: int) -> Iterator[Lane]:
    from chaos.airflow_lane import AirflowLane
    from chaos.server import Server
    from dev.http_server import serve

    created = Server(home / "created-airflow")
    created.create()
    yield AirflowLane(first, home, seed, stack.enter_context(serve()), created=created)


def _arguments() -> argparse.Namespace:
    names = [kind.name for kind in EVERY_KIND]
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=1000, help="how many are to be hit")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same schedule")
    parser.add_argument(
        "--only", choices=names, metavar="KIND", action="append", default=[],
        help=f"may be repeated: {', '.join(names)}",
    )  # fmt: skip
    parser.add_argument(
        "--airflow", action="store_true", help="faults of a real Airflow's own processes instead"
    )
    parser.add_argument("--lanes", type=int, default=8, help="rounds that run side by side")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
