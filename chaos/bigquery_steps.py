"""The steps of a month in BigQuery, as ``tlc_bigquery_TAXI`` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.loader import facts, find, found
from nyc_tlc.operators import bigquery as steps
from nyc_tlc.operators.download import TaxiDownloadOperator
from nyc_tlc.sensors.find import BigQueryFindSensor

if TYPE_CHECKING:
    from chaos.loader import Operators

BIGQUERY: Operators = {
    "find": lambda order, _: find(BigQueryFindSensor, order, place=order.place),
    "download": lambda order, x: TaxiDownloadOperator(
        task_id="download", landing=order.landing, **facts(x, "file")
    ),
    "upload": lambda order, x: steps.BigQueryUploadOperator(
        task_id="upload", place=order.place, force=order.force, **facts(x, "file", "landed")
    ),
    "transform": lambda order, x: steps.BigQueryTransformOperator(
        task_id="transform", place=order.place, **facts(x, "file", "landed", "sent")
    ),
    "load": lambda order, x: steps.BigQueryLoadOperator(
        task_id="load", place=order.place, prepared=x["transform"], **facts(x, "file")
    ),
    "check_rows": lambda order, x: steps.BigQueryCheckRowsOperator(
        task_id="check_rows", place=order.place, staged=x["load"],
        **facts(x, "file", "landed"),
    ),
    "check_oddities": lambda order, x: steps.BigQueryCheckOdditiesOperator(
        task_id="check_oddities", place=order.place, **facts(x, "file")
    ),
    "merge": lambda order, x: steps.BigQueryMergeOperator(
        task_id="merge", place=order.place, force=order.force, staged=x["load"],
        **facts(x, "file", "landed", "oddities"),
    ),
    "clean_up": lambda order, x: steps.BigQueryCleanUpOperator(
        task_id="clean_up", place=order.place, file=found(x), landing=order.landing,
        keep_landed=order.keep_landed,
    ),
}  # fmt: skip
