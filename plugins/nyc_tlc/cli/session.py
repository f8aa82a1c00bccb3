"""What a command of ours needs before it begins: Airflow's connections, and a quiet log."""

from __future__ import annotations

import logging

from rich.console import Console

from nyc_tlc.airflow_internals import see_metadata_connections


def begin(*, verbose: bool) -> None:
    """Let hooks see the connections of the metadata database, as ``airflow connections`` does.

    Without ``verbose`` the log shows warnings only: what a person should see, the command shows.
    """
    see_metadata_connections()
    if not verbose:
        import structlog

        logging.disable(logging.INFO)
        quiet = structlog.make_filtering_bound_logger(logging.WARNING)
        structlog.configure(
            wrapper_class=quiet
        )  # Airflow's operators log past the standard library


def terminal(*, stderr: bool = False) -> Console:
    """A console that colours only what it is told to; a page wide where it is no terminal."""
    console = Console(highlight=False, stderr=stderr)
    if not console.is_terminal:
        console.width = 120
    return console
