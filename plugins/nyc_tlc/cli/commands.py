"""The commands that Airflow's CLI takes from this provider; named in the provider info as ``cli``."""

from __future__ import annotations

from airflow.cli.cli_config import (
    ARG_OUTPUT,
    ARG_VERBOSE,
    ActionCommand,
    Arg,
    CLICommand,
    GroupCommand,
    lazy_load_command,
)

from nyc_tlc.cli import dags_backfill
from nyc_tlc.core.catalog import Source, Taxi

TAXIS = tuple(map(str, Taxi))
NAMES = ", ".join(TAXIS)
SOURCE = Arg(
    ("--source",),
    choices=tuple(map(str, Source)),
    default=str(Source.PARQUET),
    help="parquet: TLC's own files; csv: the course's mirror",
)

TLC_COMMANDS = (
    ActionCommand(
        name="months",
        help="Which months are published, loaded, missing, failed",
        description="A matrix of years and months for each taxi; in other formats a row a month.",
        func=lazy_load_command("nyc_tlc.cli.months.months"),
        args=(
            Arg(
                ("taxi",),
                nargs="*",
                choices=(*TAXIS, []),
                metavar="TAXI",
                help=f"{NAMES}; without one, all",
            ),
            Arg(("--from",), dest="first", metavar="MONTH", help="First month, such as 2021-01"),
            Arg(
                ("--to",),
                dest="last",
                metavar="MONTH",
                help="Last month; without it, the one before this",
            ),
            SOURCE,
            ARG_OUTPUT,
            ARG_VERBOSE,
        ),
    ),
    ActionCommand(
        name="load",
        help="Load months into Postgres now, without a scheduler",
        description="Runs the steps of the DAG tlc_postgres_TAXI one month after another. "
        "A month that fails does not stop the others; it is in the ledger, and the command ends "
        "with 1.",
        func=lazy_load_command("nyc_tlc.cli.load.load"),
        args=(
            Arg(("taxi",), choices=TAXIS, metavar="TAXI", help=NAMES),
            Arg(("months",), nargs="+", metavar="MONTH", help="2021-01, or 2021-01..2021-06"),
            SOURCE,
            Arg(("--force",), action="store_true", help="Load even if unchanged"),
            Arg(("--max-rejects",), type=int, default=0, help="Unreadable rows to tolerate"),
            Arg(
                ("--merge",),
                choices=("replace", "insert_only"),
                default="replace",
                help="replace: the month becomes the file; insert_only: as in the course",
            ),
            ARG_VERBOSE,
        ),
    ),
    ActionCommand(
        name="doctor",
        help="Check each connection; say what is wrong and what to do",
        description="Ends with 1 if something is wrong.",
        func=lazy_load_command("nyc_tlc.cli.doctor.doctor"),
        args=(ARG_OUTPUT, ARG_VERBOSE),
    ),
)


def get_commands() -> list[CLICommand]:
    """Called with every ``airflow …``, so it imports nothing but Airflow's own CLI."""
    dags_backfill.restore()
    return [GroupCommand(name="tlc", help="NYC TLC trip records", subcommands=TLC_COMMANDS)]
