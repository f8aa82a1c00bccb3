"""Locks of other Airflow versions, and how those under official constraints are made."""
