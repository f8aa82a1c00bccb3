"""``python airflow_commands.py COMMAND…``: Airflow's CLI commands in one process, which starts once.

A command that fails does not stop the others: what it prints tells.
"""

from __future__ import annotations

import shlex
import sys

from airflow.cli.cli_parser import get_parser

for words in sys.argv[1:]:
    print(f"$ airflow {words}", flush=True)
    args = get_parser().parse_args(shlex.split(words))
    try:
        args.func(args)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        print(f"{type(error).__name__}: {error}", flush=True)
