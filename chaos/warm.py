"""What a load imports, imported once: loads are forked from the process that has it."""

import gc
import netrc

import airflow.providers.postgres.hooks.postgres
import airflow.sdk.execution_time.supervisor
import duckdb
import pgpq
import psycopg
import pyarrow.parquet
import requests

import chaos.bigquery_steps
import chaos.faults
import chaos.loader
import nyc_tlc.core.bigquery.merge
import nyc_tlc.core.bigquery.objects
import nyc_tlc.core.bigquery.prepare
import nyc_tlc.core.bigquery.rejects
import nyc_tlc.core.postgres.check
import nyc_tlc.core.postgres.merge
import nyc_tlc.core.postgres.stage
import nyc_tlc.core.reader.trips
import nyc_tlc.hooks.bigquery
import nyc_tlc.hooks.landing
import nyc_tlc.hooks.postgres
import nyc_tlc.hooks.tlc
from nyc_tlc.core.catalog import Taxi
from nyc_tlc.core.contract.model import load_contract

for taxi in Taxi:
    load_contract(taxi)
# The first DAG of a process imports timetables: a quarter of a load's CPU time.
with airflow.sdk.DAG("warm", schedule=None):
    pass

# A fork shares the pages of these objects as long as no collection touches them.
gc.collect()
gc.freeze()

__all__ = [
    "airflow", "chaos", "duckdb", "netrc", "nyc_tlc", "pgpq", "psycopg", "pyarrow", "requests",
]  # fmt: skip
