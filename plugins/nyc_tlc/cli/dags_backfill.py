"""``airflow dags backfill``, as Airflow 2 had it, forwarded to Airflow 3's ``airflow backfill create``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import Any

from airflow.cli.cli_config import ActionCommand, Arg, lazy_load_command

from nyc_tlc.airflow_internals import add_to_dags_group

# Airflow 2's options for which Airflow 3 has another way, each with that way.
OTHER_WAYS = {
    ("-S", "--subdir"): "DAGs are read by the dag-processor; leave it out.",
    ("-t", "--task-regex"): (
        "A backfill makes whole runs. To run some tasks of runs that exist again: "
        "airflow tasks clear DAG_ID -t REGEX -s START -e END."
    ),
    ("-m", "--mark-success"): (
        "A backfill runs what it makes. Mark runs as success in the UI, or by "
        'PATCH /api/v2/dags/DAG_ID/dagRuns/RUN_ID {"state": "success"}.'
    ),
    ("-i", "--ignore-dependencies"): (
        "Runs keep their tasks' order. For one task by itself: airflow tasks test."
    ),
    ("-I", "--ignore-first-depends-on-past"): (
        "The first run of a task has no past to depend on; leave it out."
    ),
    ("-l", "--local"): (
        "The scheduler's executor runs it. Without a scheduler: airflow dags test DAG_ID DATE."
    ),
    ("--pool",): "A pool is set on the DAG's tasks; bound the backfill by --max-active-runs N.",
    ("--delay-on-limit",): "The scheduler waits by itself; set the limit by --max-active-runs N.",
    ("--disable-retry",): "Tasks keep the retries that their DAG gives them; leave it out.",
    ("--treat-dag-id-as-regex", "--treat-dag-as-regex"): "Name one DAG a command.",
}
TAKE_A_VALUE = {"--subdir", "--task-regex", "--pool", "--delay-on-limit"}


class Refuse(argparse.Action):
    """Ends the command, saying how Airflow 3 does what the option did."""

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
    """An option that asks for what a backfill of Airflow 3 does anyway."""
    return Arg(flags, action="store_true", help=argparse.SUPPRESS)


def _switch(*flags: str, help: str) -> Arg:  # noqa: A002 - as argparse calls it
    return Arg(flags, action="store_true", help=help)


COMMAND = ActionCommand(
    name="backfill",
    help="Backfill a span of dates, as in Airflow 2 (now: airflow backfill create)",
    func=lazy_load_command("nyc_tlc.cli.dags_backfill.backfill"),
    args=(
        Arg(("dag_id",), help="The id of the dag"),
        Arg(("-s", "--start-date"), help="First data interval start, such as 2019-01-01"),
        Arg(("-e", "--end-date"), help="Last data interval start; without it, the first only"),
        Arg(("-c", "--conf"), help="Params of the runs, as JSON"),
        Arg(("--max-active-runs",), help="How many runs at once"),
        _switch("-n", "--dry-run", help="Show the runs, make none"),
        _switch("--reset-dagruns", help="Also run again what has ended, well or not"),
        _switch("--rerun-failed-tasks", help="Also run again what has failed"),
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
    """Say what the command is called today, run that, and say what happens next."""
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
    """The words of ``backfill create`` that say the same; raises SystemExit without a date."""
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
    """``completed`` means both success and failed, so it holds the other."""
    if args.reset_dagruns:
        return "completed"
    return "failed" if args.rerun_failed_tasks else None


def _what_next(dag_id: str) -> str:
    from airflow.models.dag import DagModel

    dag = DagModel.get_dagmodel(dag_id)
    if dag is not None and dag.is_paused:
        return f"{dag_id} is paused, so its runs wait: airflow dags unpause {dag_id}"
    return f"The scheduler runs it. What became of it: airflow dags list-runs {dag_id}"
