"""BigQuery: load, cast, check, merge, ledger; never imports airflow. Its SQL is in ``sql/``."""
