"""The DAG files that come with the package, as a DAG bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.local import LocalDagBundle

PACKAGE = Path(__file__).parent
# The wheel has the files of dags/ as example_dags; a checkout has them in dags/.
PLACES = (PACKAGE / "example_dags", PACKAGE.parents[1] / "dags")


class NycTlcDagBundle(LocalDagBundle):
    """The DAGs of the installed package. ``pip install --upgrade`` brings newer ones.

    One entry of ``[dag_processor] dag_bundle_config_list``; docs/deployment.md shows it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(path=str(next(filter(Path.is_dir, PLACES))), **kwargs)
