"""Names of the connections, and the form of the type ``nyc_tlc`` in Airflow's UI.

Apart from the hooks, so that DAG files, and Airflow's question about the provider, import no hook.
"""

from __future__ import annotations

from typing import Any

POSTGRES = "tlc_postgres"
GOOGLE_CLOUD = "google_cloud_default"
SOURCE = "tlc_default"

UI_FIELD_BEHAVIOUR: dict[str, Any] = {
    "hidden_fields": ["schema", "login", "password", "port"],
    "relabeling": {"host": "Base of the Parquet files"},
    "placeholders": {"host": "https://d37ci6vzurychx.cloudfront.net/trip-data"},
}

CONN_FIELDS: dict[str, Any] = {
    "csv_base": {
        "label": "Base of the CSV mirror",
        "description": (
            "{taxi} stands for the taxi's name. Empty: the course's mirror, "
            "https://github.com/DataTalksClub/nyc-tlc-data/releases/download/{taxi}"
        ),
        "schema": {"type": ["string", "null"]},
    }
}
