"""Runs before Airflow starts: migrates its database, sets pools, variables and connections.

The entries of the JSON files beside this one are set at every start; other entries are not changed.
``${NAME}`` in these files is replaced by the environment variable NAME.
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
GOOGLE = "google_cloud_default"


def main() -> None:
    airflow("db", "migrate")
    declare("pools")
    declare("variables")
    declare("connections", "--overwrite")


def declare(kind: str, *options: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(entries(kind), file)
        file.flush()
        airflow(kind, "import", *options, file.name)


def entries(kind: str) -> dict[str, Any]:
    """What the file declares. Without Google settings, a connection that was made in the UI stays."""
    found = dict(filled(json.loads((HERE / f"{kind}.json").read_text())))
    if kind == "connections" and not any(found[GOOGLE]["extra"].values()):
        del found[GOOGLE]
    return found


def airflow(*words: str) -> None:
    """Run a command of Airflow's CLI in this process, because importing Airflow again is slow."""
    arguments = get_parser().parse_args(words)
    arguments.func(arguments)


def filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: filled(each) for key, each in value.items()}
    return Template(value).substitute(os.environ) if isinstance(value, str) else value


if __name__ == "__main__":
    main()
