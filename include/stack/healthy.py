"""``healthy.py scheduler``: exits with 1 unless Airflow reports that this component is healthy.

For the health checks in docker-compose.yaml. ``airflow jobs check`` does the same, but needs seconds of
CPU time.
"""

from __future__ import annotations

import json
import os
import sys
from urllib.request import urlopen

HEALTH = os.environ.get("AIRFLOW_HEALTH_URL", "http://api-server:8080/api/v2/monitor/health")


def main() -> None:
    [part] = sys.argv[1:]
    with urlopen(HEALTH, timeout=5) as answer:
        status = json.load(answer)[part]["status"]
    if status != "healthy":
        raise SystemExit(f"{part} is {status}")


if __name__ == "__main__":
    main()
