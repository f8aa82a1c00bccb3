"""The commands that this provider adds to Airflow's CLI; the provider info names them in ``cli``."""

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
from nyc_tlc.core.catalog import Source, Taxi, Warehouse

TAXIS = tuple(map(str, Taxi))
NAMES = ", ".join(TAXIS)
SOURCE = Arg(
    ("--source",),
    choices=tuple(map(str, Source)),
    help="parquet: TLC's own files; csv: the course's mirror; default: the Variable tlc_source, "
    "then TLC_SOURCE, then parquet",
)
WAREHOUSE = Arg(
    ("--warehouse",),
    choices=tuple(map(str, Warehouse)),
    default=str(Warehouse.POSTGRES),
    help="postgres (the default) or bigquery",
)

TLC_COMMANDS = (
    ActionCommand(
        name="months",
        help="Show which months are published, loaded, missing or failed",
        description="Prints a table of years and months for each taxi. Other formats have one row per month.",
        func=lazy_load_command("nyc_tlc.cli.months.months"),
        args=(
            Arg(
                ("taxi",),
                nargs="*",
                choices=(*TAXIS, []),
                metavar="TAXI",
                help=f"{NAMES}; default: all",
            ),
            Arg(("--from",), dest="first", metavar="MONTH", help="First month, such as 2021-01"),
            Arg(
                ("--to",),
                dest="last",
                metavar="MONTH",
                help="Last month; default: the previous month",
            ),
            SOURCE,
            WAREHOUSE,
            ARG_OUTPUT,
            ARG_VERBOSE,
        ),
    ),
    ActionCommand(
        name="load",
        help="Load months now, without a scheduler",
        description="Runs the steps of the DAG tlc_WAREHOUSE_TAXI, one month after another. "
        "A month that fails does not stop the others: the failure is written to the ledger, and the "
        "exit code is 1.",
        func=lazy_load_command("nyc_tlc.cli.load.load"),
        args=(
            Arg(("taxi",), choices=TAXIS, metavar="TAXI", help=NAMES),
            Arg(
                ("months",),
                nargs="+",
                metavar="MONTH",
                help="A month or a range: 2021-01, or 2021-01..2021-06",
            ),
            SOURCE,
            WAREHOUSE,
            Arg(("--force",), action="store_true", help="Load even if unchanged"),
            Arg(("--max-rejects",), type=int, default=0, help="Unreadable rows to tolerate"),
            Arg(
                ("--merge",),
                choices=("replace", "insert_only"),
                default="replace",
                help="replace: replace the month's rows; insert_only: only add new rows, as in the course",
            ),
            ARG_VERBOSE,
        ),
    ),
    ActionCommand(
        name="verify",
        help="Check that months are still as they were loaded",
        description="Reads the rows of each month, computes their ids and compares them with the ledger. "
        "Finds rows that were changed, deleted, added or duplicated by hand; the exit code is then 1.",
        func=lazy_load_command("nyc_tlc.cli.verify.verify"),
        args=(
            Arg(
                ("taxi",),
                nargs="?",
                choices=TAXIS,
                metavar="TAXI",
                help=f"{NAMES}; default: all",
            ),
            Arg(
                ("months",),
                nargs="*",
                metavar="MONTH",
                help="A month or a range, such as 2021-01..2021-06; default: all that are loaded",
            ),
            Arg(
                ("--warehouse",),
                choices=tuple(map(str, Warehouse)),
                default=str(Warehouse.POSTGRES),
                help="postgres or bigquery",
            ),
            ARG_OUTPUT,
            ARG_VERBOSE,
        ),
    ),
    ActionCommand(
        name="doctor",
        help="Check each connection; show problems and how to fix them",
        description="The exit code is 1 if there is a problem.",
        func=lazy_load_command("nyc_tlc.cli.doctor.doctor"),
        args=(
            WAREHOUSE,
            Arg(
                ("--fix",),
                action="store_true",
                help="Remove what ended runs left: staging tables, containers, files",
            ),
            ARG_OUTPUT,
            ARG_VERBOSE,
        ),
    ),
    ActionCommand(
        name="deploy-check",
        help="Show what deploying a commit would change, and whether it would work",
        description="Compares the DAGs of two commits of the git repository in the current folder. The exit "
        "code is 1 if a DAG file cannot be imported, or if the installed provider is too old.",
        func=lazy_load_command("nyc_tlc.cli.deploy_check.deploy_check"),
        args=(
            Arg(("ref",), nargs="?", default="HEAD", metavar="REF", help="Commit; default: HEAD"),
            Arg(
                ("--against",),
                default="origin/main",
                metavar="REF",
                help="What is deployed now; default: origin/main",
            ),
            Arg(("--folder",), default="dags", help="Folder of the DAG files; default: dags"),
            ARG_OUTPUT,
            ARG_VERBOSE,
        ),
    ),
)


def get_commands() -> list[CLICommand]:
    """Airflow calls this for every command, so it imports only Airflow's own CLI."""
    dags_backfill.restore()
    return [GroupCommand(name="tlc", help="NYC TLC trip records", subcommands=TLC_COMMANDS)]
