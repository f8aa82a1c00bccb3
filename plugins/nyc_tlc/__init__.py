"""NYC TLC trip records for Apache Airflow: download, stage, check and merge, a month at a time."""

from __future__ import annotations

__version__ = "0.1.0"
