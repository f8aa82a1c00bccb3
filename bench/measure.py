"""How a figure is measured: the sides take turns, each round gives a ratio, the figure is the median."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".local" / "bench"


@dataclass(frozen=True)
class Sample:
    """One run of one side: wall seconds, the process's CPU seconds and its peak memory in MB."""

    seconds: float
    cpu: float = 0.0
    peak_mb: float = 0.0
    found: Any = None


@dataclass(frozen=True)
class Target:
    """The expected range of a ratio; the median is compared with it."""

    at_least: float | None = None
    at_most: float | None = None

    def holds(self, value: float) -> bool:
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        if self.at_least is not None and self.at_most is not None:
            return f"{self.at_least:g} to {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"


@dataclass(frozen=True)
class Figure:
    """One line of the table; ``ratios`` has one entry per round."""

    section: str
    what: str
    ours: str
    theirs: str
    ratios: tuple[float, ...]
    target: Target | None = None

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def held(self) -> bool | None:
        return self.target.holds(self.ratio) if self.target else None


def run_side(name: str, **arguments: Any) -> Sample:
    """Run one side of ``bench.sides`` in a new process, which measures itself."""
    command = [sys.executable, "-m", "bench.sides", name, json.dumps(arguments, default=str)]
    path = f"{ROOT / 'include'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    environment = {**os.environ, "PYTHONPATH": path, "AIRFLOW_HOME": str(HOME / "airflow")}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    return Sample(**json.loads(done.stdout.splitlines()[-1]))


def take_turns(
    sides: Mapping[str, Callable[[], Sample]],
    rounds: int,
    label: str,
    before: Callable[[], None] = lambda: None,
) -> dict[str, list[Sample]]:
    """Run every side once per round; every other round in reverse order.

    ``before`` resets the machine's state before each side, so that dirty pages or a full log of one
    side do not slow down the next.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            before()
            samples[name].append(sides[name]())
        times = ", ".join(f"{name} {taken[-1].seconds:.2f} s" for name, taken in samples.items())
        print(f"  {label} {number + 1}/{rounds}: {times}", file=sys.stderr, flush=True)
    return samples


def seconds(samples: Sequence[Sample], times: float = 1) -> str:
    return f"{median(sample.seconds for sample in samples) * times:.2f} s"


def ratios(above: Sequence[Sample], below: Sequence[Sample], times: float = 1) -> tuple[float, ...]:
    """The ratio of two sides' seconds, for each round."""
    return tuple(a.seconds * times / b.seconds for a, b in zip(above, below, strict=True))
