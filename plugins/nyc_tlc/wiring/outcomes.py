"""The branches of a run that has nothing to load. They do nothing, and cost no worker."""

from __future__ import annotations

from airflow.providers.standard.operators.empty import EmptyOperator


def outcomes_without_a_load() -> list[EmptyOperator]:
    """``unchanged`` and ``not_published``, as a find step chooses them. Set them downstream of it."""
    return [
        EmptyOperator(
            task_id="unchanged",
            doc_md="The ledger has this very file, whole; *find* says which load it was.",
        ),
        EmptyOperator(
            task_id="not_published",
            doc_md="The source has no such file yet, and the run was asked to skip it then.",
        ),
    ]
