"""Runs commands of Airflow's CLI in one process, one after another: stdin is a JSON list of argument lists.

Prints a line of JSON per command: its arguments, its exit code, and the end of what went wrong. A backfill
that a command creates is closed at once, since Airflow allows one per DAG.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import traceback

from airflow.cli.cli_parser import get_parser
from airflow.models.backfill import Backfill
from airflow.utils.session import create_session
from sqlalchemy import update

SHOWN = 2000


def run(argv: list[str]) -> tuple[object, str]:
    sys.argv = ["airflow", *argv]
    try:
        arguments = get_parser().parse_args(argv)
        arguments.func(arguments)
    except SystemExit as ended:
        return ended.code or 0, str(ended.code)
    except Exception:  # noqa: BLE001  whatever a command raises is its outcome
        return 1, traceback.format_exc()[-SHOWN:]
    return 0, ""


def close_backfills() -> None:
    with create_session() as session:
        session.execute(update(Backfill).values(completed_at=dt.datetime.now(dt.UTC)))


for argv in json.load(sys.stdin):
    code, error = run(argv)
    close_backfills()
    print("RAN " + json.dumps({"argv": argv, "code": code, "error": error}), flush=True)
