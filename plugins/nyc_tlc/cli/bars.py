"""Terminal output of ``load``: a progress bar for the current month, a line for each finished one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from nyc_tlc.core.progress import watcher

if TYPE_CHECKING:
    from rich.console import Console

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.progress import Progress as Work
    from nyc_tlc.operators.month import MonthResult

MARKS = {
    "loaded": ("✓", "green"),
    "unchanged": ("=", "blue"),
    "superseded": ("=", "blue"),
    "failed": ("✗", "bold red"),
}


class Bars:
    """A context manager that shows all ``nyc_tlc.core.progress`` of this thread in the bar."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.fields[file]}"), TextColumn("{task.description:<14}"),
            BarColumn(bar_width=32), TextColumn("{task.fields[amount]}"), TimeElapsedColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip

    def __enter__(self) -> Self:
        self._token = watcher.set(self._watch)
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        watcher.reset(self._token)

    def begin(self, file: TripFile) -> None:
        self._file = f"{file.taxi} {file.month}"
        self.step("")

    def step(self, name: str) -> None:
        self._clear()
        self._task = self._progress.add_task(name, total=None, file=self._file, amount="")

    def end(self, ended: MonthResult) -> None:
        self._clear()
        mark, style = MARKS[ended.outcome]
        line = Table.grid(padding=(0, 2))
        line.add_row(
            Text(mark, style), f"{ended.file.taxi} {ended.file.month}",
            Text(f"{ended.outcome:<10}", style), f"{_rows(ended):>15}", f"{ended.seconds:6.1f} s",
            Text(_speed(ended), "dim"),
        )  # fmt: skip
        self._console.print(line)
        if ended.message:
            self._console.print(Padding(Text(ended.message, "dim"), (0, 0, 0, 3)))

    def _clear(self) -> None:
        for task in self._progress.task_ids:
            self._progress.remove_task(task)

    def _watch(self, work: Work) -> None:
        total = f" of {work.show(work.total)}" if work.total else ""
        self._progress.update(
            self._task, completed=work.done, total=work.total, amount=work.show(work.done) + total
        )


def _rows(ended: MonthResult) -> str:
    return f"{ended.rows:,} rows" if ended.rows else ""


def _speed(ended: MonthResult) -> str:
    return f"{ended.rows / ended.seconds:,.0f} rows/s" if ended.rows else ""
