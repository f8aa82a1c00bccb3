"""Months of several taxis by one form: which, a run of the taxi's DAG for each, and what became of them.

Apart from the steps of a month: Airflow's operator that triggers a DAG takes a third of a second to
import, which no other task or DAG need pay.
"""

from __future__ import annotations

from nyc_tlc.operators.month_range.span import MonthsOperator, TaxisOperator
from nyc_tlc.operators.month_range.summary import TaxiRangeSummaryOperator
from nyc_tlc.operators.month_range.trigger_month import TaxiMonthTriggerOperator

__all__ = [
    "MonthsOperator",
    "TaxiMonthTriggerOperator",
    "TaxiRangeSummaryOperator",
    "TaxisOperator",
]
