"""Commands for Airflow's CLI: ``airflow tlc …``, and Airflow 2's ``airflow dags backfill``."""
