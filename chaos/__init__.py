"""A thousand faults: real loads, a real Postgres, and a judge who counts what went wrong."""
