"""The steps of the DAGs, as operators: thin and templated."""
