"""BigQuery: load, cast, check, merge, ledger; never imports airflow. SQL lies beside it in ``sql/``."""
