"""The first step of a load: which month, where is its file, and is it loaded already."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.branch import BranchMixIn

from nyc_tlc.operators.base import FileFacts, as_bool
from nyc_tlc.sensors.file import TaxiFileSensor, facts_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from nyc_tlc.catalog import TripFile
    from nyc_tlc.errors import NotPublished
    from nyc_tlc.landing import RemoteFile
    from nyc_tlc.ledger import Ledger


class FindSensor(TaxiFileSensor, BranchMixIn):
    """Waits for the run's file, then chooses the branch: load, unchanged, or not published.

    A warehouse's own find step names its connection, and gives its hook as ``ledger``. Returns
    taxi, month, source, url, and the ``reason`` for the branch.

    :param force: load a file even if it is unchanged.
    :param load: id of the task that the branch to load begins with.
    """

    template_fields: Sequence[str] = (*TaxiFileSensor.template_fields, "force")

    def __init__(self, *, force: bool | str = False, load: str = "download", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.force = force
        self.load = load

    @abstractmethod
    def ledger(self) -> Ledger:
        """The warehouse's hook; also asked by ``nyc_tlc.failures``."""

    def published(self, context: Context, file: TripFile, found: RemoteFile) -> FileFacts:
        load = None if as_bool(self.force) else self.ledger().unchanged_load(file, found)
        if load is None:
            reason = f"{file.name} is to be loaded from {found.url}"
            return self._branch(context, self.load, facts_of(file, url=found.url, reason=reason))
        reason = (
            f"unchanged: {file.name} is loaded as {load.load_id} in tlc_load, "
            f"{load.rows_merged:,} rows. Set force to load it again."
        )
        return self._branch(context, "unchanged", facts_of(file, url=found.url, reason=reason))

    def skipped(self, context: Context, file: TripFile, error: NotPublished) -> FileFacts:
        reason = f"not published: {error}"
        return self._branch(context, "not_published", facts_of(file, url=None, reason=reason))

    def _branch(self, context: Context, task_id: str, facts: FileFacts) -> FileFacts:
        """Ends the task: what is not on the branch is skipped by an exception, past any return."""
        self.log.info("%s", facts["reason"])
        context["ti"].xcom_push(key="return_value", value=facts)
        self.do_branch(context, task_id)
        return facts


class TaxiFindSensor(FindSensor):
    """Waits for the run's file, then chooses the branch: load, unchanged, or not published.

    Unchanged is a file that the ledger has (by ETag and length) with all its rows still in the
    trips table, unless ``force``. Returns taxi, month, source, url, and the ``reason``.

    :param schema: schema of the trips tables and the ledger, in Postgres.
    """

    template_fields: Sequence[str] = (*FindSensor.template_fields, "schema", "postgres_conn_id")

    def __init__(
        self, *, schema: str = "public", postgres_conn_id: str = "tlc_postgres", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.schema = schema
        self.postgres_conn_id = postgres_conn_id

    def ledger(self) -> Ledger:
        from nyc_tlc.hooks.postgres import WarehousePostgresHook

        return WarehousePostgresHook(self.postgres_conn_id, trips_schema=self.schema)
