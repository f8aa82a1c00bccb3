"""Triggers: they wait in Airflow's triggerer and hold no worker slot."""
