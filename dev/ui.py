"""``make ui``: Airflow's web UI on loopback, until Ctrl-C."""

from __future__ import annotations

import signal
import sys

from dev.environment import SAMPLES, airflow_environment
from dev.progress import progress
from dev.standalone import running_airflow, start_errors_as_text


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("Starting Airflow …", flush=True)
    with progress("starting the warehouse"):
        environment = airflow_environment()
    if SAMPLES.as_uri() in environment.get("AIRFLOW_CONN_TLC_DEFAULT", ""):
        print(
            "Source: the sample months of make demo (green 2021-01 to 2021-03). Once TLC's server"
        )
        print("can be reached, make demo again switches to it.", flush=True)
    with running_airflow(environment) as airflow:
        months, user = f"{airflow.url}/plugin/taxi-months", f"user {airflow.user}"
        print(f"\n  {months}   all months: what is loaded, what is missing")
        print(f"  {airflow.url:{len(months)}}   Airflow: {user}   password {airflow.password}\n")
        print("Ctrl-C stops it.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("\nStopping …", flush=True)


if __name__ == "__main__":
    with start_errors_as_text():
        main()
