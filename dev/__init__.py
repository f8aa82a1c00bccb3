"""For developers and `make demo` only: a local Airflow, emulators, the generator and its samples."""
