"""Airflow 2's ``airflow dags backfill``, forwarded to Airflow 3's ``airflow backfill create``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, lazy_load_command

from nyc_tlc.airflow_internals import add_to_dags_group

# Options of Airflow 2 that Airflow 3 does not have, with what to do instead.
OTHER_WAYS = {
    ("-S", "--subdir"): "The DAG processor reads the DAGs; leave out the option.",
    ("-t", "--task-regex"): (
        "A backfill creates complete runs. To run some tasks of existing runs again, use "
        "airflow tasks clear DAG_ID -t REGEX -s START -e END."
    ),
    ("-m", "--mark-success"): (
        "A backfill runs the tasks. To mark runs as success, use the UI or "
        'PATCH /api/v2/dags/DAG_ID/dagRuns/RUN_ID {"state": "success"}.'
    ),
    ("-i", "--ignore-dependencies"): (
        "Tasks always run in order. To run a single task, use airflow tasks test."
    ),
    ("-I", "--ignore-first-depends-on-past"): (
        "The first run of a task never depends on the past; leave out the option."
    ),
    ("-l", "--local"): (
        "The scheduler runs backfills. Without a scheduler, use airflow dags test DAG_ID DATE."
    ),
    ("--pool",): "Set a pool on the DAG's tasks, or limit the backfill with --max-active-runs N.",
    ("--delay-on-limit",): "The scheduler waits by itself; set the limit with --max-active-runs N.",
    ("--disable-retry",): "Tasks keep the retries that are set in the DAG; leave out the option.",
    ("--treat-dag-id-as-regex", "--treat-dag-as-regex"): "Run the command once per DAG id.",
}
TAKE_A_VALUE = {"--subdir", "--task-regex", "--pool", "--delay-on-limit"}


class Refuse(argparse.Action):
    """Ends the command with a message that says what to use instead of the option."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        way = next(way for flags, way in OTHER_WAYS.items() if option_string in flags)
        parser.exit(2, f"{parser.prog}: Airflow 3 has no {option_string}. {way}\n")


def _refused(flags: tuple[str, ...]) -> Arg:
    nargs = None if flags[-1] in TAKE_A_VALUE else 0
    return Arg(flags, action=Refuse, nargs=nargs, help=argparse.SUPPRESS)


def _granted(*flags: str) -> Arg:
    """An accepted option without effect: Airflow 3's backfill always does it."""
    return Arg(flags, action="store_true", help=argparse.SUPPRESS)


def _switch(*flags: str, help: str) -> Arg:  # noqa: A002 - as argparse calls it
    return Arg(flags, action="store_true", help=help)


COMMAND = ActionCommand(
    name="backfill",
    help="Backfill a range of dates, as in Airflow 2 (now: airflow backfill create)",
    func=lazy_load_command("nyc_tlc.cli.dags_backfill.backfill"),
    args=(
        Arg(("dag_id",), help="The id of the dag"),
        Arg(("-s", "--start-date"), help="First data interval start, such as 2019-01-01"),
        Arg(("-e", "--end-date"), help="Last data interval start; default: the first"),
        Arg(("-c", "--conf"), help="Params of the runs, as JSON"),
        Arg(("--max-active-runs",), help="Maximum number of runs at the same time"),
        _switch("-n", "--dry-run", help="Show the runs, do not create them"),
        _switch("--reset-dagruns", help="Also rerun runs that succeeded or failed"),
        _switch("--rerun-failed-tasks", help="Also rerun runs that failed"),
        _switch("-B", "--run-backwards", help="Newest date first"),
        _granted("-y", "--yes"),
        _granted("-v", "--verbose"),
        _granted("-x", "--donot-pickle"),
        _granted("--continue-on-failures"),
        *map(_refused, OTHER_WAYS),
    ),
)


def restore() -> None:
    """Give Airflow's ``dags`` group its ``backfill`` again."""
    add_to_dags_group(COMMAND)


def backfill(args: argparse.Namespace) -> None:
    """Print Airflow 3's command, run it, and say what happens next."""
    from airflow.cli.cli_parser import get_parser
    from airflow.exceptions import AirflowException

    words = forwarded(args)
    print(f"$ airflow {shlex.join(words)}", flush=True)
    parsed = get_parser().parse_args(words)
    try:
        parsed.func(parsed)
    except (AirflowException, ValueError) as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error
    if not args.dry_run:
        print(_what_next(args.dag_id))


def forwarded(args: argparse.Namespace) -> list[str]:
    """The arguments for ``backfill create``; raises SystemExit if there is no date."""
    first, last = args.start_date or args.end_date, args.end_date or args.start_date
    if first is None:
        raise SystemExit("Give a first and a last date: -s 2019-01-01 -e 2019-12-01")
    values = {
        "--dag-id": args.dag_id,
        "--from-date": first,
        "--to-date": last,
        "--dag-run-conf": args.conf,
        "--max-active-runs": args.max_active_runs,
        "--reprocess-behavior": _reprocess_behavior(args),
    }
    switches = {"--run-backwards": args.run_backwards, "--dry-run": args.dry_run}
    given = [word for name, value in values.items() if value is not None for word in (name, value)]
    return ["backfill", "create", *given, *(name for name, is_on in switches.items() if is_on)]


def _reprocess_behavior(args: argparse.Namespace) -> str | None:
    """``completed`` means success and failed, so it includes ``failed``."""
    if args.reset_dagruns:
        return "completed"
    return "failed" if args.rerun_failed_tasks else None


def _what_next(dag_id: str) -> str:
    from airflow.models.dag import DagModel

    dag = DagModel.get_dagmodel(dag_id)
    if dag is not None and dag.is_paused:
        return f"{dag_id} is paused, so its runs wait. To start them: airflow dags unpause {dag_id}"
    return f"The scheduler runs the backfill. To see its runs: airflow dags list-runs {dag_id}"
