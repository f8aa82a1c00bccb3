"""What Airflow asks an installed provider about itself."""

from __future__ import annotations

from typing import Any

STEPS = (
    "download", "stage", "check", "merge", "clean_up", "summary", "zones", "script", "report",
    "json_download", "file_query", "trigger_dag",
)  # fmt: skip
RANGE_STEPS = ("months", "trigger_month", "summary")
CLOUD_STEPS = (
    "setup", "upload", "load", "transform", "check", "merge", "clean_up", "parity",
)  # fmt: skip
LINKS = (
    "SourceFileLink", "TripsTableLink", "LedgerRowLink", "BigQueryJobLink", "BigQueryTableLink",
    "TriggeredRunLink",
)  # fmt: skip

UI_FIELD_BEHAVIOUR: dict[str, Any] = {
    "hidden_fields": ["schema", "login", "password", "port"],
    "relabeling": {"host": "Base of the Parquet files"},
    "placeholders": {"host": "https://d37ci6vzurychx.cloudfront.net/trip-data"},
}


def get_provider_info() -> dict[str, Any]:
    """In the form of Airflow's ``provider_info.schema.json``."""
    name = "NYC TLC"
    return {
        "package-name": "airflow-provider-nyc-tlc",
        "name": name,
        "description": "Trip records of New York's taxis into Postgres and BigQuery.",
        "integrations": [
            {
                "integration-name": name,
                "external-doc-url": "https://www.nyc.gov/site/tlc/about/tlc-trip-record-data.page",
                "tags": ["service"],
            }
        ],
        "operators": [
            {
                "integration-name": name,
                "python-modules": [
                    *(f"nyc_tlc.operators.{module}" for module in STEPS),
                    *(f"nyc_tlc.operators.month_range.{module}" for module in RANGE_STEPS),
                    *(f"nyc_tlc.operators.bigquery.{module}" for module in CLOUD_STEPS),
                ],
            }
        ],
        "sensors": [
            {
                "integration-name": name,
                "python-modules": [
                    "nyc_tlc.sensors.file",
                    "nyc_tlc.sensors.find",
                    "nyc_tlc.sensors.cloud_find",
                ],
            }
        ],
        "triggers": [
            {"integration-name": name, "python-modules": ["nyc_tlc.triggers.publication"]}
        ],
        "hooks": [
            {
                "integration-name": name,
                "python-modules": [
                    "nyc_tlc.hooks.tlc",
                    "nyc_tlc.hooks.postgres",
                    "nyc_tlc.hooks.bigquery",
                ],
            }
        ],
        "extra-links": [f"nyc_tlc.links.{link}" for link in LINKS],
        "cli": ["nyc_tlc.cli.commands.get_commands"],
        "connection-types": [
            {
                "connection-type": "nyc_tlc",
                "hook-class-name": "nyc_tlc.hooks.tlc.TlcHook",
                "hook-name": "NYC TLC trip records",
                "ui-field-behaviour": {
                    "hidden-fields": UI_FIELD_BEHAVIOUR["hidden_fields"],
                    "relabeling": UI_FIELD_BEHAVIOUR["relabeling"],
                    "placeholders": UI_FIELD_BEHAVIOUR["placeholders"],
                },
                "conn-fields": {
                    "csv_base": {
                        "label": "Base of the CSV mirror",
                        "description": (
                            "{taxi} stands for the taxi's name. Empty: the course's mirror, "
                            "https://github.com/DataTalksClub/nyc-tlc-data/releases/download/{taxi}"
                        ),
                        "schema": {"type": ["string", "null"]},
                    }
                },
            }
        ],
    }
