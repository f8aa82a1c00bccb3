"""Every kind of fault, and how many of a thousand each is."""

from __future__ import annotations

from chaos.faults import (
    airflow,
    bigquery,
    by_hand,
    clean_up,
    disk,
    locks,
    network,
    process,
    rivals,
    server,
    source,
)
from chaos.round import Kind

KINDS = (
    Kind("SIGKILL at a statement", 130, process.kill_at_point),
    Kind("SIGKILL at random", 50, process.kill_at_random),
    Kind("SIGKILL in the download", 20, process.kill_in_download),
    Kind("SIGSTOP past the retry", 50, process.stop_past_retry),
    Kind("backend killed", 40, server.kill_backend),
    Kind("server restarted", 30, server.restart_server),
    Kind("backend frozen", 20, server.freeze_backend),
    Kind("session terminated", 80, server.terminate_session),
    Kind("statement timeout", 60, server.statement_timeout),
    Kind("FIN", 25, network.cut),
    Kind("RST", 25, network.reset),
    Kind("black hole", 30, network.black_hole),
    Kind("COMMIT reply lost", 30, network.lose_commit_reply),
    Kind("a second's delay", 20, network.slow),
    Kind("older merged after newer", 40, rivals.older_after_newer),
    Kind("two to four runs", 40, rivals.all_at_once),
    Kind("one file twice", 30, rivals.same_file_twice),
    Kind("idle reader", 12, locks.idle_reader),
    Kind("long reader", 8, locks.long_reader),
    Kind("table locked", 10, locks.held_table),
    Kind("reader takes our lock", 10, locks.advisory_lock),
    Kind("source cut", 50, source.cut),
    Kind("source changed", 40, source.changed),
    Kind("source sends garbage", 50, source.garbage),
    Kind("source stalls", 10, source.stall),
    Kind("landing full", 20, disk.full_landing),
    Kind("server full", 10, disk.full_server),
    Kind("TRUNCATE by hand", 10, by_hand.truncate),
    Kind("DETACH by hand", 10, by_hand.detach),
    Kind("staging dropped", 15, by_hand.drop_staging),
    Kind("landed file swapped", 15, by_hand.swap_landed),
    Kind("clean-up while staging", 20, clean_up.while_staging),
    Kind("two tries while staging", 20, clean_up.second_try_while_staging),
    Kind("BigQuery: SIGKILL at a job", 8, bigquery.kill_at_job, "bigquery"),
    Kind("BigQuery: job outlives worker", 6, bigquery.job_outlives_worker, "bigquery"),
    Kind("BigQuery: connection cut", 6, bigquery.cut, "bigquery"),
    Kind("BigQuery: upload cut", 4, bigquery.cut_upload, "bigquery"),
    Kind("BigQuery: older after newer", 4, rivals.older_after_newer, "bigquery"),
    Kind("BigQuery: two to four runs", 4, rivals.all_at_once, "bigquery"),
    Kind("BigQuery: one file twice", 2, rivals.same_file_twice, "bigquery"),
    Kind("BigQuery: ledger row missing", 2, bigquery.ledger_row_missing, "bigquery"),
    Kind("BigQuery: ledger lost in a load", 2, bigquery.ledger_row_missing_in_a_load, "bigquery"),
    Kind("BigQuery: skewed clocks", 4, bigquery.skewed_clocks, "bigquery"),
)

# Played by ``--airflow`` only: each takes the time of a whole run.
AIRFLOW_KINDS = (
    Kind("Airflow: task killed", 5, airflow.kill_task, "airflow"),
    Kind("Airflow: supervisor killed", 5, airflow.kill_supervisor, "airflow"),
    Kind("Airflow: scheduler killed", 4, airflow.kill_scheduler, "airflow"),
    Kind("Airflow: triggerer killed", 4, airflow.kill_triggerer, "airflow"),
    Kind("Airflow: second scheduler", 2, airflow.second_scheduler, "airflow"),
)
