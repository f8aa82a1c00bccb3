"""A month of trips as a report: figures by day and by zone, and one picture."""
