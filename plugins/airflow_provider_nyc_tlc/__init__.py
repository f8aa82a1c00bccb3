"""The module in which Airflow 3.3 looks for this provider's ``example_dags``.

Airflow derives its name from the distribution's (github.com/apache/airflow/issues/66305) and logs a
traceback where it cannot import it. Its folder is that of ``nyc_tlc``.
"""

from __future__ import annotations

from nyc_tlc import __path__ as __path__
