"""A failed task as one record: the ledger, notifications and the CLI all read it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nyc_tlc.core.catalog import TripFile
from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.loads import Run
from nyc_tlc.core.xcom import XComValue

LONGEST_XCOM_BYTES = 1500
KILLED = "TaskKilled"


@dataclass(frozen=True)
class Failure(XComValue):
    """Which task failed, for which month (None where no month was settled), and why.

    ``error_class`` is the name of the exception's class; ``TaskKilled`` where the task's process
    ended without one.
    """

    dag_id: str
    run_id: str
    task_id: str
    error_class: str
    message: str
    taxi: str | None = None
    month: str | None = None

    @classmethod
    def of(
        cls, run: Run, task_id: str, file: TripFile | None, error: BaseException | str | None
    ) -> Failure:
        """``error`` as Airflow gives it: an exception, or a text or nothing for a killed task."""
        error_class, message = _described(error)
        taxi, month = (str(file.taxi), str(file.month)) if file else (None, None)
        return cls(run.dag_id, run.run_id, task_id, error_class, message, taxi, month)

    @property
    def subject(self) -> str:
        """One line for people: ``green 2021-01: stage failed in tlc_postgres_green``."""
        what = f"{self.taxi} {self.month}: " if self.taxi else ""
        return f"{what}{self.task_id} failed in {self.dag_id}"

    def __str__(self) -> str:
        return f"{self.task_id}: {self.error_class}: {self.message}"

    def shortened(self) -> Failure:
        """For XCom, which is for small values. The ledger and the log have the whole message."""
        cut = self.message.encode()[:LONGEST_XCOM_BYTES].decode(errors="ignore")
        return replace(self, message=cut)


def _described(error: BaseException | str | None) -> tuple[str, str]:
    if not isinstance(error, BaseException):
        return KILLED, error or "The task's process ended without an error of its own. See its log."
    # Errors that no other try can change are wrapped in Airflow's AirflowFailException.
    cause = error.__cause__ if isinstance(error.__cause__, TlcError) else error
    return type(cause).__name__, str(cause)
