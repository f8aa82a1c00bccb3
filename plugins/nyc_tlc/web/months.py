"""The page *Taxi months* and its JSON, for people who may see the DAGs of the taxis.

The page is static; its script asks for ``data``. Actions go through Airflow's own API, with the
session of the person, so Airflow decides what is allowed.
"""

from __future__ import annotations

import datetime as dt
import logging
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep  # noqa: TC002  FastAPI reads annotations
from airflow.providers.common.compat.sdk import AirflowNotFoundException
from fastapi import Depends, FastAPI, HTTPException
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, Response

from nyc_tlc.airflow_internals import see_metadata_connections, variable
from nyc_tlc.core.bigquery.place import Place
from nyc_tlc.core.catalog import MONTH_PATTERN, Month, Taxi, TripFile, Warehouse
from nyc_tlc.core.errors import SettingsError, TlcError
from nyc_tlc.core.ledger import Ledger
from nyc_tlc.core.months import MonthState, State, files_of
from nyc_tlc.links import LEDGER_ADDRESS, filled_in
from nyc_tlc.overview import bigquery_place, ledger_of, overview, reports_place, stored_check
from nyc_tlc.wiring.defaults import PLACE_VARIABLES

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser

log = logging.getLogger(__name__)

PROJECT_VARIABLE, _ = PLACE_VARIABLES["project"]
SOURCE_DAG_ID = "tlc_source"
REPORT_DAG_ID = "tlc_report"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
MEDIA_TYPES = {
    "months.html": "text/html; charset=utf-8",
    "months.js": "text/javascript; charset=utf-8",
    "months.css": "text/css; charset=utf-8",
}
MonthName = Annotated[str, InPath(pattern=f"^{MONTH_PATTERN}$")]


class Rights:
    """What the person of a request may see and start."""

    def __init__(self, user: BaseUser) -> None:
        self._is_authorized = partial(get_auth_manager().is_authorized_dag, user=user)

    def may_see(self, dag_id: str) -> bool:
        return bool(self._is_authorized(method="GET", details=DagDetails(id=dag_id)))

    def may_trigger(self, dag_id: str) -> bool:
        details = DagDetails(id=dag_id)
        run = DagAccessEntity.RUN
        return bool(self._is_authorized(method="POST", details=details, access_entity=run))

    def taxis(self, warehouse: Warehouse) -> list[Taxi]:
        """The taxis whose DAG the person may see; answers 403 where there is none."""
        visible = [taxi for taxi in Taxi if self.may_see(warehouse.dag_id(taxi))]
        if not visible:
            raise HTTPException(
                403, f"You may not see any DAG tlc_{warehouse}_TAXI, so you may not see its months."
            )
        return visible


def rights_of(user: GetUserDep) -> Rights:
    """A function: the FastAPI of Airflow 3.1 cannot read the annotations of a class in text form."""
    return Rights(user)


UserRights = Annotated[Rights, Depends(rights_of)]
app = FastAPI(title="NYC TLC months", docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/")
def page(rights: UserRights) -> Response:
    if not any(rights.may_see(each.dag_id(taxi)) for each in Warehouse for taxi in Taxi):
        rights.taxis(Warehouse.POSTGRES)
    return _static("months.html")


@app.get("/months.js")
def script() -> Response:
    return _static("months.js")


@app.get("/months.css")
def style() -> Response:
    return _static("months.css")


@app.get("/data")
def data(rights: UserRights, warehouse: Warehouse = Warehouse.POSTGRES) -> Response:
    """All months of the taxis that the person may see. docs/operations.md describes the JSON."""
    taxis = rights.taxis(warehouse)
    trip_files = files_of(taxis)
    check = stored_check()
    loads, error = [], None
    try:
        loads = _ledger(warehouse).months()
    except (TlcError, AirflowNotFoundException) as failure:
        error = _explained(failure)
    states = overview(warehouse, trip_files, loads, check.answers if check else {})
    content = {
        "warehouse": warehouse,
        "warehouses": [each for each in Warehouse if _is_offered(each, rights)],
        "error": error,
        "empty": not loads and not error,
        "states": [{"state": state, "mark": state.mark} for state in State],
        "source": {
            "dag_id": SOURCE_DAG_ID,
            "checked_at": check.checked_at.isoformat() if check else None,
            "can_check": rights.may_trigger(SOURCE_DAG_ID),
        },
        "taxis": [
            {
                "taxi": taxi,
                "name": taxi.display_name,
                "dag_id": warehouse.dag_id(taxi),
                "can_trigger": rights.may_trigger(warehouse.dag_id(taxi)),
                "months": [_month_json(state) for state in states if state.taxi is taxi],
            }
            for taxi in taxis
        ],
    }
    return JSONResponse(content, headers=HEADERS)


@app.get("/data/{warehouse}/{taxi}/{month}")
def details(rights: UserRights, warehouse: Warehouse, taxi: Taxi, month: MonthName) -> Response:
    """The ledger's rows of a month, the newest first, and the first of its rejected rows."""
    dag_id = warehouse.dag_id(taxi)
    if not rights.may_see(dag_id):
        raise HTTPException(403, f"You may not see {dag_id}, so you may not see its months.")
    try:
        loads, rejects = _ledger(warehouse).month_loads(TripFile(taxi, Month.parse(month)))
    except (TlcError, AirflowNotFoundException) as failure:
        raise HTTPException(503, _explained(failure)) from failure
    report = _report(taxi, month) if rights.may_see(REPORT_DAG_ID) else None
    rows = [{**_plain(load), **_row_address(warehouse, load)} for load in loads]
    content = {"loads": rows, "rejects": rejects, "report": report}
    return JSONResponse(content, headers=HEADERS)


def _ledger(warehouse: Warehouse) -> Ledger:
    see_metadata_connections()
    return ledger_of(warehouse)


def _explained(failure: Exception) -> str:
    """With what to do next, which Airflow's own error does not say."""
    text = f"{type(failure).__name__}: {failure}"
    if isinstance(failure, AirflowNotFoundException):
        return f"{text}. Create it in Admin > Connections."
    return text


def _static(name: str) -> Response:
    content = files("nyc_tlc.web").joinpath("static", name).read_bytes()
    return Response(content, media_type=MEDIA_TYPES[name], headers=HEADERS)


def _is_offered(warehouse: Warehouse, rights: Rights) -> bool:
    """BigQuery needs its Variables; without them there is nothing to choose."""
    if not any(rights.may_see(warehouse.dag_id(taxi)) for taxi in Taxi):
        return False
    if warehouse is Warehouse.POSTGRES:
        return True
    try:
        return bool(variable(PROJECT_VARIABLE, "") and Place.of(bigquery_place()))
    except SettingsError:
        return False


def _month_json(state: MonthState) -> dict[str, Any]:
    """Without what is not known, which is most of it for most months."""
    values = {**vars(state), "month": str(state.month), "taxi": None}
    return _plain({name: value for name, value in values.items() if value is not None})


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in row.items()
    }


def _row_address(warehouse: Warehouse, load: dict[str, Any]) -> dict[str, str]:
    """Where the user's own UI shows the row of the ledger, if the Variable has its address."""
    address = variable(LEDGER_ADDRESS, "") if warehouse is Warehouse.POSTGRES else ""
    if not address.startswith(("http://", "https://")):
        return {}
    return {"row_address": filled_in(address, load_id=load["load_id"])}


def _report(taxi: Taxi, month: str) -> str | None:
    """The address of the month's report, relative to this page; None also where it is not known."""
    from nyc_tlc.core.reports import ReportFolder

    try:
        is_complete = ReportFolder(reports_place(), taxi, Month.parse(month)).is_complete
    except (TlcError, AirflowNotFoundException) as failure:
        log.warning("The reports cannot be read: %s", failure)
        return None
    return f"../reports/{taxi}/{month}/" if is_complete else None
