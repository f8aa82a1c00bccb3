"""dag-import: the time to import each DAG file, in addition to ``import airflow``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.measure import ROOT, Figure, Target, run_side, seconds, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_SECONDS = 0.3


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:  # noqa: ARG001
    paths = sorted((ROOT / "dags").glob("*.py"))
    sides = {path.name: partial(run_side, "import_dag", path=path) for path in paths}
    for name, samples in take_turns(sides, rounds, "dag-import").items():
        heavy = sorted({module for sample in samples for module in sample.found})
        yield Figure(
            section="dag-import",
            what=f"import of dags/{name} / {LIMIT_SECONDS} s",
            ours=seconds(samples),
            theirs=f"{LIMIT_SECONDS} s",
            ratios=tuple(sample.seconds / LIMIT_SECONDS for sample in samples),
            target=Target(at_most=1),
        )
        yield Figure(
            section="dag-import",
            what=f"heavy modules dags/{name} imports",
            ours=", ".join(heavy) or "none",
            theirs="none",
            ratios=(float(len(heavy)),),
            target=Target(at_most=0),
        )
