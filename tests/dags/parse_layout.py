"""``python parse_layout.py``: what an Airflow makes of its DAG and plugins folders; JSON as its last line."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

from airflow.configuration import conf

from nyc_tlc.airflow_internals import dag_bag, serialized_dag

bag = dag_bag(Path(conf.get("core", "dags_folder")))
# Serialized as the DAG processor does it: this needs the timetable's registration by the plugin.
serialized = {dag_id: serialized_dag(dag) for dag_id, dag in bag.dags.items()}
summarise = bag.dags["tlc_summary"].get_task("summarise")
summarise.resolve_template_files()  # as a worker does, before it renders them
print()
print(
    json.dumps(
        {
            "errors": dict(bag.import_errors),
            "dags": sorted(serialized),
            "sql": [summarise.create, summarise.summarise],
            "timetable": serialized["tlc_zones"]["timetable"]["__type"],
            "installed": "airflow-provider-nyc-tlc" in {d.name for d in metadata.distributions()},
        }
    )
)
