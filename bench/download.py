"""download: our verified download against curl and sha256sum, from a local server."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import sync
from typing import TYPE_CHECKING

from bench.inputs import input_folder, trip_file
from bench.measure import Figure, Sample, Target, ratios, run_side, seconds, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 10_000_000
TARGET = Target(at_least=0.7)


def measure(rows: int | None, rounds: int) -> Iterator[Figure]:
    with input_folder() as folder:
        path = trip_file(folder, rows or ROWS)
        target = folder / "landed.parquet"

        def before() -> None:
            for landed in folder.glob("landed.*"):
                landed.unlink()
            sync()

        with _serving(path) as url:
            sides = {
                "ours": partial(run_side, "download", url=url, target=target),
                "curl": partial(_curl, url, target),
            }
            taken = take_turns(sides, rounds, "download", before)
        size = path.stat().st_size / 1e6
    yield Figure(
        section="download",
        what=f"speed of download() / of curl and sha256sum, {size:.0f} MB",
        ours=seconds(taken["ours"]),
        theirs=seconds(taken["curl"]),
        ratios=ratios(taken["curl"], taken["ours"]),
        target=TARGET,
    )


def _curl(url: str, target: Path) -> Sample:
    started = time.perf_counter()
    subprocess.run(["curl", "--silent", "--fail", "-o", target, url], check=True)
    subprocess.run(["sha256sum", target], check=True, stdout=subprocess.DEVNULL)
    return Sample(time.perf_counter() - started)


class _OneFile(BaseHTTPRequestHandler):
    """Answers every path with the same file, sent with sendfile."""

    path_served: Path

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(self.path_served.stat().st_size))
        self.send_header("ETag", '"bench"')
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        with self.path_served.open("rb") as file:
            self.connection.sendfile(file)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """No access log."""


@contextmanager
def _serving(path: Path) -> Iterator[str]:
    handler = type("Handler", (_OneFile,), {"path_served": path})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{path.name}"
        server.shutdown()
