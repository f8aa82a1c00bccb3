"""The BigQuery warehouse's connection, with one place and errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseHook

from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse
from nyc_tlc.hooks.connections import GOOGLE_CLOUD
from nyc_tlc.hooks.google_cloud import GoogleCloud

if TYPE_CHECKING:
    from google.cloud.storage import Bucket

    from nyc_tlc.core.catalog import TripFile
    from nyc_tlc.core.failure import Failure
    from nyc_tlc.core.landing.landed import LandedFile
    from nyc_tlc.core.landing.remote import RemoteFile
    from nyc_tlc.core.ledger import LedgerMonth, MergedLoad
    from nyc_tlc.core.loads import Run


class TaxiBigQueryHook(BaseHook):
    """BigQuery and Cloud Storage in one place. It is a Ledger.

    :param place: project, location, bucket and dataset.
    """

    def __init__(
        self,
        place: Mapping[str, Any],
        gcp_conn_id: str = GOOGLE_CLOUD,
        impersonation_chain: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain
        self.place = Place.of(place)

    @cached_property
    def google(self) -> GoogleCloud:
        with named_cloud_errors("connection"):
            return GoogleCloud(self.get_connection(self.gcp_conn_id), self.impersonation_chain)

    @cached_property
    def warehouse(self) -> BigQueryWarehouse:
        with named_cloud_errors("connection"):
            client = self.google.bigquery(self.place.project, self.place.location)
        return BigQueryWarehouse(client, self.place)

    @cached_property
    def bucket(self) -> Bucket:
        with named_cloud_errors("connection"):
            return self.google.storage().bucket(self.place.bucket)

    def begin_job(self, name: str, configure: Callable[[], dict[str, Any] | None]) -> Any:
        """Find the job of that name that is under way, or start one; google.cloud.bigquery's job.

        A job that has ended is not taken for the new one: its tables may be gone when its task is
        cleared, and all of ours may be done twice. Where ``configure`` gives None, there is none.
        """
        jobs = self.jobs(name)
        if jobs and jobs[-1].state != "DONE":
            self.log.info("Job %s is under way since an earlier try", jobs[-1].job_id)
            return jobs[-1]
        configuration = configure()
        return configuration and self._start_job(f"{name}_{len(jobs) + 1}", configuration)

    def jobs(self, name: str) -> list[Any]:
        """All jobs of that name, the newest last."""
        numbered = (self.find_job(f"{name}_{number}") for number in count(1))
        return list(takewhile(lambda job: job is not None, numbered))

    def _start_job(self, job_id: str, configuration: dict[str, Any]) -> Any:
        from google.cloud.bigquery import LoadJobConfig, QueryJobConfig, TableReference

        client = self.warehouse.client
        self.log.info("Starting job %s", job_id)
        with named_cloud_errors("job"):
            if load := configuration.get("load"):
                table = TableReference.from_api_repr(load["destinationTable"])
                config = LoadJobConfig.from_api_repr(configuration)
                return client.load_table_from_uri(
                    load["sourceUris"], table, job_id=job_id, job_config=config
                )
            return client.query(
                configuration["query"]["query"],
                QueryJobConfig.from_api_repr(configuration),
                job_id=job_id,
                job_retry=None,  # under another id; the task's next try starts that
            )

    def find_job(self, job_id: str) -> Any:
        """None where there is none of that id."""
        from google.api_core.exceptions import NotFound

        with named_cloud_errors("job"):
            try:
                return self.warehouse.client.get_job(job_id, location=self.place.location)
            except NotFound:
                return None

    def unchanged_load(self, file: TripFile, found: LandedFile | RemoteFile) -> MergedLoad | None:
        from nyc_tlc.core.bigquery.ledger import unchanged_load

        return unchanged_load(self.warehouse, file, found)

    def alterations(self, file: TripFile, load: MergedLoad) -> str | None:
        from nyc_tlc.core.bigquery.trips import month_content
        from nyc_tlc.core.contract.model import load_contract
        from nyc_tlc.core.verify import alterations

        contract = load_contract(file.taxi)
        return alterations(load, month_content(self.warehouse, contract, file.month))

    def latest_load(self, file: TripFile) -> MergedLoad | None:
        from nyc_tlc.core.bigquery.ledger import latest_load

        return latest_load(self.warehouse, file)

    def newest_load(self, file: TripFile) -> int:
        load = self.latest_load(file)
        return load.load_id if load else 0

    def record_failure(self, file: TripFile, failure: Failure, run: Run) -> int:
        from nyc_tlc.core.bigquery.ledger import record_failure

        return record_failure(self.warehouse, file, failure, run)

    def months(self) -> list[LedgerMonth]:
        from nyc_tlc.core.bigquery.ledger import ledger_months

        return ledger_months(self.warehouse)

    def month_loads(self, file: TripFile) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        from nyc_tlc.core.bigquery.ledger import month_loads

        return month_loads(self.warehouse, file)
