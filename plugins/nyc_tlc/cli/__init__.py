"""Airflow's command line, extended: ``airflow tlc …``, and Airflow 2's ``airflow dags backfill``."""
