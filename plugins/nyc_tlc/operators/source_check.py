"""Asks the source about all months and stores its answers for the page *Taxi months*."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.months import SourceCheck, files_of
from nyc_tlc.hooks.connections import SOURCE
from nyc_tlc.operators.base import TaxiOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaxiSourceCheckOperator(TaxiOperator):
    """Asks TLC's server which months it has, and stores ETag, size and time of the check.

    It downloads nothing. The answers are in the Variable ``variable``, about 100 bytes per month.
    Returns how many months are published and how many are not.

    :param variable: the Variable's name.
    :param tlc_conn_id: the connection to the source.
    """

    template_fields: Sequence[str] = ("variable", "tlc_conn_id")

    def __init__(self, *, variable: str, tlc_conn_id: str = SOURCE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.variable = variable
        self.tlc_conn_id = tlc_conn_id

    def run_step(self, context: Context) -> dict[str, int]:
        from airflow.sdk import Variable

        from nyc_tlc.hooks.tlc import TlcHook

        answers = TlcHook(self.tlc_conn_id).answers(files_of([]))
        check = SourceCheck(dt.datetime.now(dt.UTC), answers)
        about = "What TLC publishes; tlc_source writes it, the page Taxi months reads it."
        Variable.set(self.variable, check.to_json(), description=about)
        published = sum(answer is not None for answer in answers.values())
        return {"published": published, "not_published": len(answers) - published}
