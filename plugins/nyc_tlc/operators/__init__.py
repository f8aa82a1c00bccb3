"""The steps of a month, an operator each: find, download, stage, check, merge, clean up; zones;
scripts in containers, and runs of other DAGs.
"""

from __future__ import annotations

from nyc_tlc.operators.check import TaxiCheckOdditiesOperator, TaxiCheckRowsOperator
from nyc_tlc.operators.clean_up import TaxiCleanUpOperator
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.operators.file_query import FileQueryOperator
from nyc_tlc.operators.json_download import JsonDownloadOperator
from nyc_tlc.operators.merge import TaxiMergeOperator
from nyc_tlc.operators.report import (
    TaxiExtractOperator,
    TaxiReportCleanUpOperator,
    TaxiReportMonthsOperator,
    TaxiReportOperator,
)
from nyc_tlc.operators.script import ScriptContainerOperator
from nyc_tlc.operators.stage import TaxiStageOperator
from nyc_tlc.operators.summary import TaxiSummaryOperator
from nyc_tlc.operators.trigger_dag import TriggerDagOperator
from nyc_tlc.operators.zones import TaxiZonesOperator

__all__ = [
    "FileQueryOperator",
    "JsonDownloadOperator",
    "ScriptContainerOperator",
    "TaxiCheckOdditiesOperator",
    "TaxiCheckRowsOperator",
    "TaxiCleanUpOperator",
    "TaxiDownloadOperator",
    "TaxiExtractOperator",
    "TaxiMergeOperator",
    "TaxiReportCleanUpOperator",
    "TaxiReportMonthsOperator",
    "TaxiReportOperator",
    "TaxiStageOperator",
    "TaxiSummaryOperator",
    "TaxiZonesOperator",
    "TriggerDagOperator",
]
