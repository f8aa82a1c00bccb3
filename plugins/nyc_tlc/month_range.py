"""What became of the months of a range, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nyc_tlc.catalog import Month, Taxi
    from nyc_tlc.ledger import MonthLoad

NAMED_MONTHS = 20

# A task's state that tells what became of its run. A merge is skipped where find, or a later step
# that had read the file, saw that its rows are in.
WELL = {
    ("merge", "success"): "loaded",
    ("not_published", "success"): "not published",
    ("merge", "skipped"): "unchanged",
}


@dataclass(frozen=True)
class MonthOutcome:
    """``outcome``: loaded, unchanged, not published, failed, not run; ``rows`` in the trips table."""

    taxi: Taxi
    month: Month
    outcome: str
    rows: int
    why: str = ""

    @classmethod
    def of(
        cls, taxi: Taxi, month: Month, states: Mapping[str, str | None], load: MonthLoad | None
    ) -> MonthOutcome:
        """By the states of the tasks of the month's run, and what the ledger says of the month."""
        rows = load.rows or 0 if load else 0
        for (task_id, state), outcome in WELL.items():
            if states.get(task_id) == state:
                return cls(taxi, month, outcome, rows)
        failed = [task_id for task_id, state in states.items() if state == "failed"]
        if not failed:
            return cls(taxi, month, "not run", rows, "its run has not ended; see the task in load")
        said = load.error if load and load.error else f"{failed[0]} failed; see its log"
        return cls(taxi, month, "failed", rows, said)

    @property
    def is_well(self) -> bool:
        return self.outcome in WELL.values()

    def __str__(self) -> str:
        return f"{self.taxi} {self.month}"


def table(outcomes: Sequence[MonthOutcome]) -> str:
    """A line a month, and a last one with the sum."""
    lines = [f"{'taxi':<7} {'month':<8} {'outcome':<14} {'rows':>13}"]
    lines += [
        f"{each.taxi:<7} {each.month!s:<8} {each.outcome:<14} {each.rows:>13,}  {each.why}".rstrip()
        for each in outcomes
    ]
    lines.append(f"{'':<31} {sum(each.rows for each in outcomes):>13,}")
    return "\n".join(lines)


def summary(outcomes: Sequence[MonthOutcome]) -> dict[str, Any]:
    """Counts, and the names of the first months that failed; small however long the range is."""
    bad = [str(each) for each in outcomes if not each.is_well]
    more = [f"and {len(bad) - NAMED_MONTHS} more"] if len(bad) > NAMED_MONTHS else []
    return {
        **{
            name.replace(" ", "_"): sum(each.outcome == name for each in outcomes)
            for name in WELL.values()
        },
        "failed": len(bad),
        "rows": sum(each.rows for each in outcomes),
        "failed_months": bad[:NAMED_MONTHS] + more,
    }
