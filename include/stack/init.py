"""Before Airflow starts: its database migrated, and pools, variables and connections as declared.

What the JSON files beside this one name is set at every start; what was added elsewhere stays.
``${NAME}`` in them is the environment's NAME.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from string import Template
from typing import Any

from airflow.cli.cli_parser import get_parser

HERE = Path(__file__).parent


def main() -> None:
    airflow("db", "migrate")
    declare("pools")
    declare("variables")
    declare("connections", "--overwrite")


def declare(kind: str, *options: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(filled(json.loads((HERE / f"{kind}.json").read_text())), file)
        file.flush()
        airflow(kind, "import", *options, file.name)


def airflow(*words: str) -> None:
    """A command of Airflow's CLI, in this process: importing Airflow takes longer than the command."""
    arguments = get_parser().parse_args(words)
    arguments.func(arguments)


def filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: filled(each) for key, each in value.items()}
    return Template(value).substitute(os.environ) if isinstance(value, str) else value


if __name__ == "__main__":
    main()
