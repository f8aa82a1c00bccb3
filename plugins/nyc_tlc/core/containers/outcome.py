"""How a script ended: what its exit code means, and the JSON object it printed last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nyc_tlc.core.errors import (
    ScriptFailedError,
    ScriptInputError,
    ScriptOutOfMemoryError,
    ScriptResultError,
    TlcError,
)

# Codes of sysexits.h: the command line, the data, or an input file is not as it must be.
BAD_INPUT = (64, 65, 66)
SKIP = 99
KILLED = 137

LINES_SHOWN = 15
LONGEST_SHOWN = 500
# A result goes into the metadata database.
LONGEST_RESULT = 20_000
# Of stdout and stderr together: a thousand times what our own scripts print. Each line costs Airflow's logger
# more than its bytes.
MOST_PRINTED, MOST_LINES = 1_000_000, 20_000


@dataclass(frozen=True)
class ContainerExit:
    """A container's end, as Docker or Kubernetes reports it."""

    exit_code: int
    out_of_memory: bool = False


class OutputLimit:
    """Counts what a script prints, in bytes and lines."""

    def __init__(self, image: str) -> None:
        self._image = image
        self._printed = self._lines = 0

    def add(self, printed: int, lines: int) -> None:
        """Raises ScriptFailedError once it is too much."""
        self._printed += printed
        self._lines += lines
        if self._printed > MOST_PRINTED or self._lines > MOST_LINES:
            raise ScriptFailedError(
                f"{self._image} printed more than {MOST_PRINTED:,} bytes or {MOST_LINES:,} lines, so "
                "it was stopped. Let it print less; data belongs in its folder."
            )


def skipped(image: str, lines: Sequence[str]) -> str:
    """Why a script skips its task: its last line."""
    return f"skipped by {image}: {_shown(lines[-1]) if lines else 'nothing to do'}"


def failure(image: str, ended: ContainerExit, lines: Sequence[str], memory: str) -> TlcError:
    """The error that says how a script failed, with the last lines of its log."""
    last = "\n".join(map(_shown, lines[-LINES_SHOWN:])) or "(it printed nothing)"
    if ended.out_of_memory or ended.exit_code == KILLED:
        why = (
            f"at its memory limit of {memory}"
            if ended.out_of_memory
            else f"(exit code 137), probably at its memory limit of {memory}"
        )
        return ScriptOutOfMemoryError(
            f"{image} was killed {why}. Give the task more memory, or let the script read in "
            f"pieces. Its last lines:\n{last}"
        )
    if ended.exit_code in BAD_INPUT:
        return ScriptInputError(
            f"{image} refused its input (exit code {ended.exit_code}). Its last lines:\n{last}"
        )
    return ScriptFailedError(
        f"{image} ended with exit code {ended.exit_code}. Its last lines:\n{last}"
    )


def result(image: str, lines: Sequence[str]) -> dict[str, Any]:
    """The last line that is a JSON object.

    The last line of all would not do: stdout and stderr are two pipes, and what was written to
    them close together can arrive in either order.
    """
    for line in reversed(lines):
        if line.lstrip().startswith("{") and (found := _storable(line)) is not None:
            return found
    raise ScriptResultError(
        f"{image} printed no line that is a JSON object; its last line was "
        f'{_shown(lines[-1]) if lines else ""!r}. Expected one such as {{"rows": 3}} on stdout, printed '
        f"last, of at most {LONGEST_RESULT:,} characters, without NaN and null characters; logs belong on "
        "stderr."
    )


def _storable(line: str) -> dict[str, Any] | None:
    """The object that the line is; None where the metadata database could not store it."""
    try:
        found = json.loads(line)
        text = json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    storable = len(text) <= LONGEST_RESULT and "\\u0000" not in text
    return dict(found) if storable else None


def _shown(line: str) -> str:
    return line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}…"
