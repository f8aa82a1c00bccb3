"""The images of the script tasks: the one place that names them, for DAGs and for ``make images``.

Names without a registry, which nobody else can publish: they are built here and never pulled. Raise
the number when a script changes what it reads or writes.
"""

from __future__ import annotations

TRIP_REPORT = "nyc-tlc-trip-report:2"
PRODUCTS = "nyc-tlc-products:1"

# Folder of include/containers → the image that is built from it.
IMAGES = {"trip_report": TRIP_REPORT, "products": PRODUCTS}
