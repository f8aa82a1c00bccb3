"""A run of another DAG, as a task: a sub-flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, DagRunTriggerException

from nyc_tlc.links import TriggeredRunLink
from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class TriggerDagOperator(TaxiOperator):
    """Runs another DAG, and may wait for it, without holding a worker; fails if that run fails.

    It gives Airflow the same order as Airflow's own TriggerDagRunOperator, and takes its arguments
    by the same names, but no third of a second to import, which is paid by every reading of a DAG
    file. Cleared, it runs the same run again.

    :param trigger_dag_id: id of the other DAG, which must not be paused.
    :param conf: its inputs; what its params know is checked by them.
    :param trigger_run_id: id of its run; named after this run unless given.
    :param wait_for_completion: end when that run has ended, and as it did.
    :param poke_interval: seconds between two looks at it.
    """

    template_fields: Sequence[str] = ("trigger_dag_id", "conf", "trigger_run_id")
    template_fields_renderers = {"conf": "py"}

    operator_extra_links = (TriggeredRunLink(),)

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        conf: dict[str, Any] | None = None,
        trigger_run_id: str = "{{ dag.dag_id }}__{{ run_id }}",
        wait_for_completion: bool = False,
        poke_interval: int = 5,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.trigger_dag_id = trigger_dag_id
        self.conf = conf
        self.trigger_run_id = trigger_run_id
        self.wait_for_completion = wait_for_completion
        self.poke_interval = poke_interval

    def run_step(self, context: Context) -> Any:
        raise DagRunTriggerException(
            trigger_dag_id=self.trigger_dag_id,
            dag_run_id=self.trigger_run_id,
            conf=self.conf,
            # None of its own: the run's month is a param, and now may be before the DAG's start.
            logical_date=None,
            reset_dag_run=True,
            skip_when_already_exists=False,
            wait_for_completion=self.wait_for_completion,
            allowed_states=["success"],
            failed_states=["failed"],
            poke_interval=self.poke_interval,
            deferrable=True,
        )

    def execute_complete(self, context: Context, event: tuple[str, dict[str, Any]]) -> None:
        """Called when the run has ended, in whichever way."""
        _, states = event
        if states[self.trigger_run_id] != "success":
            raise AirflowFailException(
                f"Run {self.trigger_run_id} of {self.trigger_dag_id} has failed; its failed task's "
                "log says why. The button Triggered DAG leads there."
            )
        self.log.info("Run %s of %s is a success", self.trigger_run_id, self.trigger_dag_id)
