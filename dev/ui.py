"""``make ui``: Airflow's web UI on loopback, until Ctrl-C."""

from __future__ import annotations

import signal
import sys

from dev.environment import airflow_environment
from dev.standalone import running_airflow


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("Starting Airflow …", flush=True)
    with running_airflow(airflow_environment()) as airflow:
        print(f"\n  {airflow.url}   user {airflow.user}   password {airflow.password}\n")
        print(f"  {airflow.url}/plugin/taxi-months   all months: loaded, missing\n")
        print("Ctrl-C stops it.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("\nStopping …", flush=True)


if __name__ == "__main__":
    main()
