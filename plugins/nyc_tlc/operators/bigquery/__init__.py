"""A month's steps in Google Cloud, beside find and download."""

from __future__ import annotations

from nyc_tlc.operators.bigquery.check import TaxiCheckJobOperator
from nyc_tlc.operators.bigquery.clean_up import TaxiCloudCleanUpOperator
from nyc_tlc.operators.bigquery.load import TaxiLoadJobOperator
from nyc_tlc.operators.bigquery.merge import TaxiMergeJobOperator
from nyc_tlc.operators.bigquery.parity import TaxiParityOperator
from nyc_tlc.operators.bigquery.setup import TaxiCloudSetupOperator
from nyc_tlc.operators.bigquery.transform import TaxiTransformJobOperator
from nyc_tlc.operators.bigquery.upload import TaxiUploadOperator

__all__ = [
    "TaxiCheckJobOperator",
    "TaxiCloudCleanUpOperator",
    "TaxiCloudSetupOperator",
    "TaxiLoadJobOperator",
    "TaxiMergeJobOperator",
    "TaxiParityOperator",
    "TaxiTransformJobOperator",
    "TaxiUploadOperator",
]
