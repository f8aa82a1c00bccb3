"""What waits in Airflow's triggerer, where no worker slot is held."""
