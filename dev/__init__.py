"""Only for developers and `make demo`: a local Airflow, emulators, the generator and sample files."""
