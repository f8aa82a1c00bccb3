"""Listeners: Airflow's scheduler calls them when something happens to a run."""
