"""Setup for all commands: access to Airflow's connections, a quiet log, the terminal."""

from __future__ import annotations

import logging
import os

from rich.console import Console


def begin(*, verbose: bool) -> None:
    """Let hooks see the connections of the metadata database, as ``airflow connections`` does.

    Without ``verbose`` the log shows only warnings: the command prints what the user needs.
    """
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
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
