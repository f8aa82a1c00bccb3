"""Runs commands of Airflow's CLI in one process, one after another: stdin is a JSON list of argument lists.

Prints a line of JSON per command: its arguments, its exit code, and the end of what went wrong.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback

from airflow.cli.cli_parser import get_parser

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


for argv in json.load(sys.stdin):
    logging.getLogger().setLevel(logging.WARNING)
    code, error = run(argv)
    print("RAN " + json.dumps({"argv": argv, "code": code, "error": error}), flush=True)
