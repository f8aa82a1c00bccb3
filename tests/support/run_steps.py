"""A worker: runs operators one after the other, in a process with folders of its own.

Standard input has the outputs of earlier steps, and the steps: each an operator, its arguments, and the name
of its output. A step is given the earlier outputs that it has arguments for. In arguments, ``$AIRFLOW_HOME``
is the worker's folder. It prints all outputs as JSON.
"""

from __future__ import annotations

import datetime as dt
import inspect
import json
import os
import sys
from pkgutil import resolve_name
from types import SimpleNamespace

CONTEXT = {
    "dag": SimpleNamespace(dag_id="a_dag"),
    "run_id": "a run",
    "dag_run": SimpleNamespace(start_date=dt.datetime(2024, 5, 1, tzinfo=dt.UTC)),
    "ti": SimpleNamespace(map_index=-1, xcom_push=lambda key, value: None),
}


def main() -> None:
    asked = json.loads(os.path.expandvars(sys.stdin.read()))
    outputs = asked["outputs"]
    for path, arguments, output in asked["steps"]:
        operator = resolve_name(f"nyc_tlc.operators.{path}")
        taken = outputs.keys() & inspect.signature(operator).parameters.keys()
        given = {name: outputs[name] for name in taken} | arguments
        outputs[output] = operator(task_id="step", **given).execute(CONTEXT)
    print(json.dumps(outputs), file=sys.__stdout__)


if __name__ == "__main__":
    main()
