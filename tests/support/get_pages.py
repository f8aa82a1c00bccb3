"""An api-server: asks the reports' pages for each path, as somebody who may see everything.

Standard input has the paths as ``steps``. It prints the status and text of each answer as JSON.
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

from airflow.api_fastapi.core_api.security import get_user
from fastapi.testclient import TestClient

from nyc_tlc.web import app as web


def main() -> None:
    web.get_auth_manager = lambda: SimpleNamespace(is_authorized_dag=lambda **_: True)
    web.app.dependency_overrides[get_user] = lambda: "somebody"
    client = TestClient(web.app)
    answers = {path: client.get(path) for path in json.load(sys.stdin)["steps"]}
    pages = {path: [answer.status_code, answer.text] for path, answer in answers.items()}
    print(json.dumps(pages), file=sys.__stdout__)


if __name__ == "__main__":
    main()
