"""``python run_dag.py DAG_ID CONF…``: runs a DAG in this process, once per conf, in order.

Prints one line of JSON per run: its state, and the state of each task.
"""

from __future__ import annotations

import json
import os
import sys

from airflow.dag_processing.dagbag import DagBag

dag_id, *confs = sys.argv[1:]
path = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags[dag_id].fileloc
for conf in confs:
    # Anew each time: a run's conf stays in the params of a DAG that was tested.
    dag = DagBag(path).dags[dag_id]
    run = dag.test(run_conf=json.loads(conf))
    tasks = {task.task_id: str(task.state) for task in run.get_task_instances()}
    print("RUN " + json.dumps({"state": str(run.state), "tasks": tasks}), flush=True)
