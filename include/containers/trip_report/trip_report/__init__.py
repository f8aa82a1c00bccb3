"""Makes a report of a month of trips: figures by day and by zone, and one picture."""
