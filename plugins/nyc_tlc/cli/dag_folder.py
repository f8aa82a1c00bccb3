"""``python -m nyc_tlc.cli.dag_folder FOLDER OUTPUT``: what Airflow reads in a folder of DAG files.

A process of its own per folder, so that modules of two versions do not mix. Writes JSON: the DAGs as
Airflow serializes them, and the import errors.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from nyc_tlc.airflow_internals import dag_bag, serialized_dag


def main(folder: Path, output: Path) -> None:
    sys.path.insert(0, str(folder))  # as a bundle's folder is
    bag = dag_bag(folder)
    errors = {relative(path, folder): last_line(text) for path, text in bag.import_errors.items()}
    dags = {dag_id: serialized_dag(dag) for dag_id, dag in bag.dags.items()}
    # Where the folder is does not matter.
    text = json.dumps({"dags": dags, "errors": errors}).replace(str(folder), "dags")
    output.write_text(text, encoding="utf-8")


def relative(path: str, folder: Path) -> str:
    place = Path(path)
    return str(place.relative_to(folder)) if place.is_relative_to(folder) else place.name


def last_line(traceback: str) -> str:
    return traceback.strip().splitlines()[-1]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
