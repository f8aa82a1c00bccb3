"""``python fab_answers.py``: how an api-server with the FAB auth manager answers each route of the plugin.

A program of its own: Airflow reads its auth manager once per process. Prints the status of each person,
method and path as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
VALUES = {"taxi": "green", "month": "2021-01", "name": "report.png", "warehouse": "postgres"}
REPORTS, MONTHS = "DAG:tlc_report", "DAG:tlc_postgres_green"
# The role of each person: what they may read.
ROLES = {"no rights": [], "another DAG": ["DAG:another"], "reports": [REPORTS], "months": [MONTHS]}


def main() -> None:
    from airflow.utils.db import initdb

    initdb()
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from fastapi.testclient import TestClient

    app = create_app("core")
    make_people()
    client = TestClient(app, raise_server_exceptions=False)
    answers = []
    for person in ("nobody", *ROLES, "admin"):
        token = None if person == "nobody" else token_of(get_auth_manager(), person)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for path in paths():
            for method in METHODS:
                status = client.request(method, path, headers=headers).status_code
                answers.append((person, method, path, status))
    json.dump(answers, sys.stdout)


def make_people() -> None:
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        manager = builder.sm
        manager.sync_roles()
        for name, resources in ROLES.items():
            role = manager.add_role(name)
            for resource in resources:
                permission = manager.create_permission("can_read", resource)
                manager.add_permission_to_role(role, permission)
        for name in (*ROLES, "admin"):
            role = manager.find_role("Admin" if name == "admin" else name)
            assert manager.add_user(name, name, name, f"{name}@example.com", role, password="x")


def token_of(auth_manager: Any, name: str) -> str:
    from airflow.providers.fab.auth_manager.models import User
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
        return str(auth_manager.generate_jwt(user))


def paths() -> list[str]:
    """One address of each route that the plugin adds; a new route is in the matrix by itself."""
    from nyc_tlc.web import app, months

    reports = [route.path for route in app.app.routes if route.path != "/months"]
    routes = [*reports, *(f"/months{route.path}" for route in months.app.routes)]
    return ["/tlc" + route.format(**VALUES) for route in routes]


if __name__ == "__main__":
    main()
