"""A round: one fault, the normal retry, the verdict."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos.judge import Observer, Verdict, judge_end, judge_leftovers
from chaos.lane import STEP_SECONDS, Load

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.lane import Lane
    from chaos.proxy import Wire
    from chaos.versions import Version

TRIES = 6
LONGER = 1.5
LONGEST_READ_SECONDS = 1.5  # one second, and what a machine under full load adds


@dataclass(frozen=True)
class Kind:
    """A kind of fault, and how many of a thousand it is."""

    name: str
    share: int
    inject: Callable[[Round], None]
    warehouse: str = "postgres"


@dataclass
class Round:
    """What a kind of fault works with. ``newest``: the file that must be loaded in the end."""

    lane: Lane
    kind: Kind
    seed: int
    newest: Version
    source: str
    dice: random.Random
    verdict: Verdict = field(default_factory=Verdict)
    hit: threading.Event = field(default_factory=threading.Event)
    loads: list[Load] = field(default_factory=list)
    readers_must_not_wait: bool = False
    observer: Observer = field(init=False)

    def load(self, **options: Any) -> Load:
        """A new run of the month."""
        extras = options.pop("extras", {})
        run_id = f"{self.kind.name} {self.seed}-{len(self.loads)} {next(self.lane.runs)}"
        made = Load(self.lane, self.source, run_id.replace("/", " "), options, extras)
        self.loads.append(made)
        return made

    def another_try(self, load: Load) -> Load:
        made = load.another_try()
        self.loads.append(made)
        return made

    def hitting(self, action: Callable[[Wire], object]) -> Callable[[Wire], None]:
        """The action, noted as a hit."""

        def act(wire: Wire) -> None:
            self.hit.set()
            action(wire)

        return act

    def run(self, load: Load, seconds: float | None = None, **changes: Any) -> None:
        load.start(**changes)
        self.wait(load, seconds)

    def wait(self, load: Load, seconds: float | None = None) -> None:
        seconds = (seconds or self.lane.run_seconds) * self.lane.slowness
        if not load.wait(seconds):
            last = load.lines()[-1:]
            self.verdict.add("hung", f"{load.run_id} was not over after {seconds:.0f} s: {last}")

    def pause(self, seconds: float) -> None:
        time.sleep(seconds * self.lane.slowness)

    def retry(self, load: Load) -> None:
        """The normal retry: the failed step again; the whole run where no other try can pass.

        Each try has more time than the one before. A machine may be too busy with the other lanes for
        the first; what hangs does so however much it has.
        """
        load.proxy.forget_rules()
        load.extras = {}
        for number in range(TRIES):
            if load.ok:
                return
            more = LONGER**number
            load.options = {"seconds": STEP_SECONDS * more}
            errors = load.errors()
            if errors and not errors[-1]["retryable"]:
                load.clear()
            self.run(load, self.lane.run_seconds * more)
        self.verdict.add("hung", f"{load.run_id} never succeeded: {load.errors()[-1:]}")

    def abandon(self, load: Load) -> None:
        """The run has ended for good; it is judged, and not tried again."""
        self.loads.remove(load)
        load.close()
        self.verdict_on_errors(load)

    def close(self) -> None:
        for load in self.loads:
            load.close()
            self.verdict_on_errors(load)

    def verdict_on_errors(self, load: Load) -> None:
        for error in load.errors():
            if not error["named"]:
                self.verdict.add("unnamed", f"{error['step']}: {error['error']}: {error['message']}"
                                            f"\n{error['trace']}")  # fmt: skip


def play(lane: Lane, kind: Kind, seed: int) -> Round:
    """One fault on a lane, from its seed."""
    dice = random.Random(f"{kind.name} {seed}")
    source = dice.choice(("parquet", "parquet", "csv"))
    if dice.random() < 0.1:
        lane.forget_month()
    others = [v for v in lane.versions if v.source == source and v is not lane.current]
    played = Round(lane, kind, seed, dice.choice(others), source, dice)
    lane.site.always = lane.site.head = None
    lane.publish(played.newest)
    played.observer = Observer(lane, [lane.current, played.newest])
    played.observer.start()
    try:
        kind.inject(played)
        _retry_all(played)
    finally:
        played.observer.stop()
        played.close()
    if played.loads or played.hit.is_set():
        _judge(played)
    return played


def _retry_all(played: Round) -> None:
    """Every run ends as Airflow ends it; of two tries of one run, the later one goes on."""
    for load in {load.run_id: load for load in played.loads}.values():
        played.retry(load)


def _judge(played: Round) -> None:
    lane, verdict = played.lane, played.verdict
    for wrong in played.observer.wrong[:3]:
        verdict.add("half-visible", wrong)
    if (
        played.readers_must_not_wait
        and played.observer.longest > LONGEST_READ_SECONDS * lane.slowness
    ):
        verdict.add("hung", f"a reader waited {played.observer.longest:.1f} s")
    judge_leftovers(lane, verdict)
    judge_end(lane, played.newest, verdict)
    if verdict.failings:
        lane.sweep()
        lane.forget_month()
    else:
        lane.current = played.newest
