"""Sends calls to Airflow's REST API, in this process: stdin is a JSON list of [method, path, body].

Prints a line of JSON per call: its path, the status, and the answer. ``ID`` in a path is the id of the
answer before it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from airflow.api_fastapi.app import create_app
from fastapi.testclient import TestClient

PASSWORDS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"

client = TestClient(create_app("all"))
[(user, password)] = json.loads(Path(os.environ[PASSWORDS]).read_text()).items()
login = client.post("/auth/token", json={"username": user, "password": password}).json()
headers = {"Authorization": f"Bearer {login['access_token']}"}

last: dict[str, Any] = {}
for method, path, body in json.load(sys.stdin):
    filled = path.replace("ID", str(last.get("id")))
    answer = client.request(method, f"/api/v2/{filled}", json=body, headers=headers)
    last = answer.json() if answer.content else {}
    print(
        "RAN " + json.dumps({"path": path, "status": answer.status_code, "answer": last}),
        flush=True,
    )
