"""peers: other tools that load the same file into the same server, in turns, against raw binary COPY.

Their packages are in an environment of their own, made from requirements.txt in .local/peers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.inputs import copy_stream, input_folder, trip_file
from bench.measure import HOME, ROOT, Figure, Sample, Target, run_side, take_turns
from bench.warehouse import STOCK, clean_slate, warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = 3_000_000
VENV = ROOT / ".local" / "peers" / "venv"
FOLDER = Path(__file__).parent
# The same tools with DuckDB's extension, which loads bare rows, as the limit.
TARGET = Target(at_most=1.35)


@dataclass(frozen=True)
class Tool:
    """``share``: the part of the rows that a slow tool gets; its seconds are extrapolated."""

    leaves_out: str
    share: float = 1


BARE = "no ids, checks, ledger or atomic replace"
TOOLS = {
    "duckdb_extension": Tool(f"{BARE}; a null-typed column becomes integer"),
    "pgpq": Tool(f"{BARE}; fails on null-typed columns, so without them"),
    "adbc": Tool(f"{BARE}; a null-typed column becomes text"),
    "polars": Tool(f"{BARE}; fails on null-typed columns, so without them"),
    "dlt_parquet": Tool("no ids by content, checks or atomic replace; drops null-typed columns"),
    "dlt_default": Tool("as dlt_parquet", share=0.1),
    "pandas": Tool(BARE, share=1 / 30),
}
OURS = {
    "whole": "nothing",
    "load": "download, checks, oddities",
    "course": "checks, ledger, replace; its id is not unique (from CSV)",
}


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    count = rows or ROWS
    python = _environment()
    with input_folder() as folder, warehouse(STOCK) as socket:
        sides = _sides(folder, count, python, socket)
        taken = take_turns(sides, rounds, "peers", partial(clean_slate, socket))
    notes = OURS | {name: tool.leaves_out for name, tool in TOOLS.items()}
    for name, leaves_out in notes.items():
        yield _figure(taken, name, "raw", f"leaves out: {leaves_out}", count, None)
    yield _figure(taken, "whole", "duckdb_extension", "the whole load / bare rows", count, TARGET)


def _figure(
    taken: dict[str, list[Sample]],
    ours: str,
    theirs: str,
    note: str,
    rows: int,
    target: Target | None,
) -> Figure:
    return Figure(
        section="peers",
        what=f"{ours} / {theirs}, {rows:,} rows; {note}",
        ours=_shown(taken[ours], ours),
        theirs=_shown(taken[theirs], theirs),
        ratios=tuple(
            a.seconds / b.seconds for a, b in zip(taken[ours], taken[theirs], strict=True)
        ),
        target=target,
    )


def _shown(samples: list[Sample], name: str) -> str:
    is_part = name in TOOLS and TOOLS[name].share < 1
    seconds, peak = (median(getattr(s, what) for s in samples) for what in ("seconds", "peak_mb"))
    return f"{seconds:.1f} s{' (extrapolated)' if is_part else ''}, {peak:.0f} MB"


def _sides(folder: Path, rows: int, python: Path, socket: str) -> dict[str, Callable[[], Sample]]:
    from dev import warehouse as server

    path, csv = trip_file(folder, rows), trip_file(folder, rows, "csv")
    stream = copy_stream(folder, path)
    # Libpq takes the last host, the socket's folder; some tools insist on another and on a password.
    url = f"postgresql://{server.OWNER}:none@localhost/{server.DATABASE}?host={socket}"
    ours = partial(run_side, socket=socket, rows=rows)
    sides: dict[str, Callable[[], Sample]] = {
        "raw": partial(ours, "raw_copy", stream=stream),
        "whole": partial(ours, "tlc_load", path=path, landing=folder / "landing"),
        "load": partial(ours, "load", path=path),
        "course": partial(ours, "course", path=csv),
    }
    for name, tool in TOOLS.items():
        part = round(rows * tool.share)
        file = path if tool.share == 1 else trip_file(folder, part)
        sides[name] = partial(_run_tool, python, name, url, file, part, rows / part)
    return sides


def _run_tool(python: Path, name: str, url: str, path: Path, rows: int, times: float) -> Sample:
    arguments = json.dumps({"url": url, "path": str(path)})
    command = [str(python), str(FOLDER / "tools.py"), name, arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=HOME)
    found = json.loads(done.stdout.splitlines()[-1])
    if found["found"] != rows:
        raise SystemExit(f"{name} loaded {found['found']:,} of {rows:,} rows.")
    return Sample(found["seconds"] * times, peak_mb=found["peak_mb"], found=rows)


def _environment() -> Path:
    """The tools' own Python, made or brought up to date by uv."""
    python, uv = VENV / "bin" / "python", ROOT / ".venv" / "bin" / "uv"
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, VENV], check=True)
    words = ["pip", "sync", "--quiet", "--python", python, FOLDER / "requirements.txt"]
    subprocess.run([uv, *words], check=True)
    return python
