"""``python -m nyc_tlc …``: the commands of ``airflow tlc``, for Airflow 3.1.

Its CLI does not load commands from providers.
"""

from __future__ import annotations

import argparse

from airflow.cli.cli_config import DefaultHelpParser

from nyc_tlc.cli.commands import TLC_COMMANDS


def parser() -> argparse.ArgumentParser:
    top: argparse.ArgumentParser = DefaultHelpParser(prog="python -m nyc_tlc")
    groups = top.add_subparsers(dest="subcommand", metavar="COMMAND", required=True)
    for command in TLC_COMMANDS:
        sub = groups.add_parser(
            command.name, help=command.help, description=command.description or command.help
        )
        for arg in command.args:
            arg.add_to_parser(sub)
        sub.set_defaults(func=command.func)
    return top


if __name__ == "__main__":
    args = parser().parse_args()
    args.func(args)
