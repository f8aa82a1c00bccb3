"""Where things are in Google Cloud: all table, dataset and object names are made here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nyc_tlc.core.catalog import Taxi, TripFile
from nyc_tlc.core.errors import SettingsError
from nyc_tlc.core.shapes.archive import SHAPES
from nyc_tlc.core.summary import SUMMARY
from nyc_tlc.core.zones import ZONES

STAGING = "_staging"
# Objects of the bucket: files as they were downloaded, and what one run loads.
RAW_PREFIX, PREPARED_PREFIX = "raw/", "staging/"

# The names that Google Cloud allows. None of them contains a backquote, so they are safe in SQL.
SETTINGS = {
    "project": r"[a-z][a-z0-9.:-]{4,61}[a-z0-9]",
    "location": r"[A-Za-z]+(-[a-z]+\d{1,2})?",
    "bucket": r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]",
    "dataset": r"\w{1,1000}",
}


@dataclass(frozen=True)
class BigQueryTable:
    """A BigQuery table."""

    project: str
    dataset: str
    name: str

    @property
    def quoted(self) -> str:
        """The quoted name, for SQL."""
        return f"`{self}`"

    @property
    def reference(self) -> dict[str, str]:
        """The table in the form of a job's configuration."""
        return {"projectId": self.project, "datasetId": self.dataset, "tableId": self.name}

    def __str__(self) -> str:
        return f"{self.project}.{self.dataset}.{self.name}"


@dataclass(frozen=True)
class Place:
    """Project, location, bucket and dataset.

    Staging tables are in a second dataset, where every table expires after a day.
    """

    project: str
    location: str
    bucket: str
    dataset: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Place:
        """From the four settings; raises SettingsError if one is missing or not a valid name."""
        wrong = [
            f"{name} = {settings.get(name)!r}"
            for name, pattern in SETTINGS.items()
            if not re.fullmatch(pattern, str(settings.get(name) or ""), re.ASCII)
        ]
        if wrong:
            raise SettingsError(
                f"Google Cloud settings are missing or invalid: {', '.join(wrong)}. Set the Variables "
                "gcp_project_id, gcp_location, gcp_bucket_name and gcp_dataset (docs/google-cloud.md)."
            )
        return cls(**{name: str(settings[name]) for name in SETTINGS})

    @property
    def staging_dataset(self) -> str:
        return self.dataset + STAGING

    @property
    def ledger(self) -> BigQueryTable:
        return BigQueryTable(self.project, self.dataset, "tlc_load")

    @property
    def rejects(self) -> BigQueryTable:
        return BigQueryTable(self.project, self.dataset, "tlc_reject")

    @property
    def zones(self) -> BigQueryTable:
        return BigQueryTable(self.project, self.dataset, ZONES)

    @property
    def shapes(self) -> BigQueryTable:
        return BigQueryTable(self.project, self.dataset, SHAPES)

    @property
    def summary(self) -> BigQueryTable:
        return BigQueryTable(self.project, self.dataset, SUMMARY)

    def trips(self, taxi: Taxi) -> BigQueryTable:
        return BigQueryTable(self.project, self.dataset, taxi.trips_table)

    def staging(self, file: TripFile, run: str) -> BigQueryTable:
        """The staging table of one run: the month in canonical columns, not yet visible."""
        return BigQueryTable(self.project, self.staging_dataset, file.staging_table(run))

    def prepared_name(self, staging: BigQueryTable) -> str:
        """The object that one run loads into its staging table."""
        return f"{PREPARED_PREFIX}{staging.name}.parquet"

    def object_name(self, file: TripFile) -> str:
        return f"{RAW_PREFIX}{file.landing_key}"

    def uri(self, file: TripFile) -> str:
        return f"gs://{self.bucket}/{self.object_name(file)}"
