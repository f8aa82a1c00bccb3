"""Reports for people who may see the DAG that makes them: an index, a page a month, its files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep  # noqa: TC002  FastAPI reads annotations
from airflow.providers.common.compat.sdk import AirflowNotFoundException
from fastapi import Depends, FastAPI, HTTPException
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, Response

from nyc_tlc.core.catalog import MONTH_PATTERN, Month, Taxi
from nyc_tlc.core.errors import ReportError, StoreError, UnsafeFileError
from nyc_tlc.core.reports import DAYS, PICTURE, THUMBNAIL, ZONES, ReportFolder, Reports
from nyc_tlc.overview import reports_place
from nyc_tlc.web import months
from nyc_tlc.web.page import index_page, report_page

DAG_ID = "tlc_report"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}


def require_reader(user: GetUserDep) -> None:
    """A plugin's app is open to anybody unless it asks for a user itself."""
    details = DagDetails(id=DAG_ID)
    if not get_auth_manager().is_authorized_dag(method="GET", details=details, user=user):
        raise HTTPException(403, f"You may not see {DAG_ID}, so you may not see its reports.")


app = FastAPI(
    title="NYC TLC reports",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[Depends(require_reader)],
)

# A mounted app has its own permissions: these of the reports do not apply to it.
app.mount("/months", months.app)

MEDIA_TYPES = {".png": "image/png", ".csv": "text/csv; charset=utf-8"}
MonthName = Annotated[str, InPath(pattern=f"^{MONTH_PATTERN}$")]


class ReportFile(StrEnum):
    """The only files that are served."""

    PICTURE = PICTURE
    THUMBNAIL = THUMBNAIL
    DAYS = DAYS
    ZONES = ZONES

    @property
    def suffix(self) -> str:
        return Path(self).suffix


@app.get("/reports/")
def index() -> HTMLResponse:
    with _explained():
        found = _all_complete(reports_place(), read_facts=True)
        return HTMLResponse(index_page(found), headers=HEADERS)


@app.get("/reports/{taxi}/{month}/")
def report(taxi: Taxi, month: MonthName) -> HTMLResponse:
    with _explained():
        reports = reports_place()
        found = _complete(reports, taxi, month)
        return HTMLResponse(report_page(found, _all_complete(reports)), headers=HEADERS)


@app.get("/reports/{taxi}/{month}/{name}")
def file(taxi: Taxi, month: MonthName, name: ReportFile) -> Response:
    """Its content, checked: a container wrote it, so its path says nothing of what it is."""
    with _explained():
        content = _complete(reports_place(), taxi, month).content(name)
    return Response(content, media_type=MEDIA_TYPES[name.suffix], headers=HEADERS)


@contextmanager
def _explained() -> Iterator[None]:
    """A file that is not as the report's script writes it is not found, and the answer says why."""
    try:
        yield
    except (StoreError, AirflowNotFoundException) as error:
        raise HTTPException(503, str(error)) from error
    except (OSError, UnsafeFileError, ReportError) as error:
        raise HTTPException(404, str(error)) from error


def _all_complete(reports: Reports, *, read_facts: bool = False) -> list[ReportFolder]:
    found = ReportFolder.all_in(reports, read_facts=read_facts)
    return [report for report in found if report.is_complete]


def _complete(reports: Reports, taxi: Taxi, month: str) -> ReportFolder:
    folder = ReportFolder(reports, taxi, Month.parse(month))
    if not folder.is_complete:
        raise HTTPException(
            404,
            f"There is no report of {taxi} {month} in {folder.place}. Run {DAG_ID} for it. Where the "
            "api-server runs in a container, it must mount the folder of reports too.",
        )
    return folder
