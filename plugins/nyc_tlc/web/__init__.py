"""Pages that the api-server serves beside Airflow's own, below ``/tlc``."""
