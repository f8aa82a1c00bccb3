"""Months of several taxis by one form: which, a run of the taxi's DAG for each, and what became of them."""

from __future__ import annotations

from nyc_tlc.operators.month_range.months import TaxiMonthsOperator, spelled
from nyc_tlc.operators.month_range.summary import TaxiRangeSummaryOperator
from nyc_tlc.operators.month_range.trigger_month import TaxiMonthTriggerOperator

__all__ = [
    "TaxiMonthTriggerOperator",
    "TaxiMonthsOperator",
    "TaxiRangeSummaryOperator",
    "spelled",
]
