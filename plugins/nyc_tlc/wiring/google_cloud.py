"""Where things are in Google Cloud: Variables with the names of the course's KV store."""

from __future__ import annotations

from typing import Any

# Read when a task runs, never while a DAG file is parsed.
PLACE: dict[str, str] = {
    "project": "{{ var.value.get('gcp_project_id', '') }}",
    "location": "{{ var.value.get('gcp_location', 'US') }}",
    "bucket": "{{ var.value.get('gcp_bucket_name', '') }}",
    "dataset": "{{ var.value.get('gcp_dataset', 'nyc_tlc') }}",
}

# The largest month of all (fhvhv) is 4 GiB when it is cast.
MAXIMUM_BYTES = 20 << 30
MAXIMUM_BYTES_BILLED = f"{{{{ var.value.get('gcp_maximum_bytes_billed', '{MAXIMUM_BYTES}') }}}}"

GOOGLE_CLOUD: dict[str, Any] = {"place": PLACE}
BIGQUERY_JOB: dict[str, Any] = {"place": PLACE, "maximum_bytes_billed": MAXIMUM_BYTES_BILLED}
