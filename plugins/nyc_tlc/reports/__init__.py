"""Monthly reports: their folder, and the page that shows them."""

from __future__ import annotations

from nyc_tlc.reports.folder import FILES, LOOKUP, TRIPS, ReportFolder

__all__ = ["FILES", "LOOKUP", "TRIPS", "ReportFolder"]
