"""The provider's metadata: Airflow reads it from each installed provider."""

from __future__ import annotations

from typing import Any

from nyc_tlc.hooks.connections import CONN_FIELDS, UI_FIELD_BEHAVIOUR

OPERATORS = (
    "bigquery", "bigquery_job", "download", "lab", "month_range", "parity",
    "postgres", "range_summary", "report", "script", "source_check", "summary", "year", "zones",
)  # fmt: skip
LINKS = (
    "SourceFileLink", "TripsTableLink", "LedgerRowLink", "BigQueryJobLink", "BigQueryTableLink",
    "TriggeredRunLink",
)  # fmt: skip


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
                    *(f"nyc_tlc.operators.{module}" for module in OPERATORS),
                ],
            }
        ],
        "sensors": [
            {
                "integration-name": name,
                "python-modules": [
                    "nyc_tlc.sensors.find",
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
                    key.replace("_", "-"): value for key, value in UI_FIELD_BEHAVIOUR.items()
                },
                "conn-fields": CONN_FIELDS,
            }
        ],
    }
