"""Which tests were skipped and why, in two lines, at the end of a run.

``make test`` runs pytest three times. Each run adds its tests to the file that ``TLC_SKIPS`` names, and
``python -m tests.support.skips FILE…`` prints the two lines for all of them.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NEED = re.compile(r"needs (?P<what>.+?): (?P<command>.+?)(?: \(.*\))?$", re.DOTALL)


@dataclass
class Tally:
    """``skipped``: tests by what they need and the command that provides it."""

    ran: int = 0
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add_skip(self, reason: str) -> None:
        need = NEED.match(reason)
        self.skipped[(need["what"], need["command"]) if need else (reason, "")] += 1

    def add(self, other: Tally) -> None:
        self.ran += other.ran
        self.skipped += other.skipped

    def lines(self) -> list[str]:
        count = self.skipped.total()
        if not count:
            return [f"{self.ran:,} tests ran, none was skipped.", "Nothing is missing."]
        needs = Counter[str]()
        for (what, _), tests in self.skipped.items():
            needs[what] += tests
        why = ", ".join(f"{tests} need {what}" for what, tests in needs.most_common())
        commands = dict.fromkeys(f"{what}: {command}" for what, command in self.skipped if command)
        return [f"{self.ran:,} tests ran, {count} were skipped: {why}.",
                f"To run those too: {'; '.join(commands)}."]  # fmt: skip

    def save(self, path: Path) -> None:
        skipped = [[*need, tests] for need, tests in self.skipped.items()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"ran": self.ran, "skipped": skipped}, indent=1))

    @classmethod
    def saved(cls, path: Path) -> Tally:
        if not path.exists():
            return cls()
        found = json.loads(path.read_text())
        skipped = Counter({(what, command): tests for what, command, tests in found["skipped"]})
        return cls(found["ran"], skipped)


class SkipSummary:
    """The pytest plugin; ``tests/conftest.py`` registers it."""

    def __init__(self) -> None:
        self.tally = Tally()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple):
            self.tally.add_skip(report.longrepr[2].removeprefix("Skipped: "))
        elif report.when == "call" or (report.when == "setup" and report.failed):
            self.tally.ran += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if path := os.environ.get("TLC_SKIPS"):
            whole = Tally.saved(Path(path))
            whole.add(self.tally)
            whole.save(Path(path))
        for line in self.tally.lines():
            terminalreporter.write_line(line)


if __name__ == "__main__":
    whole = Tally()
    for name in sys.argv[1:]:
        whole.add(Tally.saved(Path(name)))
    print("\n".join(whole.lines()))
