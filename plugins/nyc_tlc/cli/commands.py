"""The commands that Airflow's CLI takes from this provider; named in the provider info as ``cli``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nyc_tlc.cli import dags_backfill

if TYPE_CHECKING:
    from airflow.cli.cli_config import CLICommand


def get_commands() -> list[CLICommand]:
    """Called with every ``airflow …``, so it imports nothing but Airflow's own CLI."""
    dags_backfill.restore()
    return []
