"""The loader: plain Python that never imports Airflow and works without it."""
