"""Setup for all commands: access to Airflow's connections, a quiet log, the terminal."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console

from nyc_tlc.core.progress import still_working

# libpq alone would try a server that does not answer for two minutes.
CONNECT_SECONDS = "4"
SILENCE_SECONDS = 5.0


def begin(*, verbose: bool, in_a_hurry: bool = False) -> None:
    """Let hooks see the connections of the metadata database, as ``airflow connections`` does.

    ``in_a_hurry``: a server that does not answer is given up after ``CONNECT_SECONDS``.
    Without ``verbose`` the log shows warnings only: what a person should see, the command shows.
    """
    from nyc_tlc.airflow_internals import log_to_stderr, see_metadata_connections

    see_metadata_connections()
    log_to_stderr()
    if in_a_hurry:
        os.environ.setdefault("PGCONNECT_TIMEOUT", CONNECT_SECONDS)
    if not verbose:
        import structlog

        logging.disable(logging.INFO)
        quiet = structlog.make_filtering_bound_logger(logging.WARNING)
        structlog.configure(
            wrapper_class=quiet
        )  # Airflow's operators do not log through the standard library


def terminal(*, stderr: bool = False) -> Console:
    """A console without automatic highlighting; 120 columns wide if it is not a terminal."""
    console = Console(highlight=False, stderr=stderr)
    if not console.is_terminal:
        console.width = 120
    return console


@contextmanager
def working(what: str) -> Iterator[None]:
    """Shows on stderr that the block still runs: a spinner in a terminal, else a line every few seconds."""
    console = terminal(stderr=True)
    if console.is_terminal:
        with console.status(what):
            yield
    else:
        with lines_on_stderr(what):
            yield


def lines_on_stderr(what: str) -> AbstractContextManager[None]:
    return still_working(what, terminal(stderr=True).print, SILENCE_SECONDS)
