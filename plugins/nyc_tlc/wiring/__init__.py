"""What DAG files share: defaults, trigger forms, and the DAG of a taxi and a warehouse."""
