"""Creates what loads need: bucket and datasets in one location; proves the rights to use them.

Google's GCSCreateBucketOperator is not used: it accepts a bucket of another account as ours.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nyc_tlc.core.bigquery.place import PREPARED_PREFIX, RAW_PREFIX, BigQueryTable
from nyc_tlc.core.bigquery.server_errors import named_cloud_errors
from nyc_tlc.core.errors import SettingsError

if TYPE_CHECKING:
    from google.cloud.storage import Bucket, Client

    from nyc_tlc.core.bigquery.warehouse import BigQueryWarehouse

log = logging.getLogger(__name__)

LABELS = {"app": "nyc-tlc"}
STAGING_MILLISECONDS = 24 * 60 * 60 * 1000
PROBE = "tlc_setup_probe"


def ensure_bucket(storage: Client, warehouse: BigQueryWarehouse, keep_raw_days: int | None) -> bool:
    """Create the bucket if it does not exist; returns whether it was created.

    ``keep_raw_days``: age at which raw files are deleted; 0 keeps them, None does not change the
    rule. Raises SettingsError if the bucket is in another location or belongs to somebody else.
    """
    from google.api_core.exceptions import Forbidden

    name = warehouse.place.bucket
    with named_cloud_errors("setup"):
        try:
            found = storage.lookup_bucket(name)
        except Forbidden as error:
            raise _not_ours(name) from error
        if found is None:
            _create_bucket(storage, warehouse, keep_raw_days or 0)
            return True
        _refuse_elsewhere(f"Bucket {name}", found.location, warehouse, "gcp_bucket_name")
        if keep_raw_days is not None and _keep_raw(found, keep_raw_days):
            found.patch()
    return False


def ensure_datasets(warehouse: BigQueryWarehouse) -> list[str]:
    """Create the missing datasets; returns their names. Raises SettingsError."""
    place = warehouse.place
    wanted = {place.dataset: None, place.staging_dataset: STAGING_MILLISECONDS}
    return [name for name, expiration in wanted.items() if _ensure(warehouse, name, expiration)]


def prove_rights(bucket: Bucket, warehouse: BigQueryWarehouse) -> None:
    """Do once what each load does: write an object, run a query, create a table. Undo all of it."""
    place = warehouse.place
    with named_cloud_errors("setup"):
        blob = bucket.blob(f"{RAW_PREFIX}{PROBE}")
        blob.upload_from_string(b"")
        blob.delete()
    for dataset in (place.dataset, place.staging_dataset):
        table = BigQueryTable(place.project, dataset, PROBE)
        warehouse.query(f"CREATE OR REPLACE TABLE {table.quoted} AS SELECT 1 AS probe")
        warehouse.drop(table)


def _create_bucket(storage: Client, warehouse: BigQueryWarehouse, keep_raw_days: int) -> None:
    from google.api_core.exceptions import Conflict

    bucket = storage.bucket(warehouse.place.bucket)
    bucket.labels = LABELS
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.iam_configuration.public_access_prevention = "enforced"
    _keep_raw(bucket, keep_raw_days)
    try:
        made = storage.create_bucket(bucket, location=warehouse.place.location)
    except Conflict as error:
        raise _not_ours(bucket.name) from error
    log.info("Created bucket %s in %s", made.name, made.location)


def _keep_raw(bucket: Bucket, days: int) -> bool:
    """Set our lifecycle rules, for raw files and for those of one run; returns whether they changed."""
    before = [dict(rule) for rule in bucket.lifecycle_rules]
    others = [rule for rule in before if not _is_ours(rule)]
    rules = [*others, _deletes(PREPARED_PREFIX, 1), *([_deletes(RAW_PREFIX, days)] if days else [])]
    bucket.lifecycle_rules = rules
    return rules != before


def _is_ours(rule: dict[str, dict[str, object]]) -> bool:
    return rule.get("condition", {}).get("matchesPrefix") in ([RAW_PREFIX], [PREPARED_PREFIX])


def _deletes(prefix: str, days: int) -> dict[str, dict[str, object]]:
    condition: dict[str, object] = {"age": days, "matchesPrefix": [prefix]}
    return {"action": {"type": "Delete"}, "condition": condition}


def _ensure(warehouse: BigQueryWarehouse, name: str, expiration: int | None) -> bool:
    from google.api_core.exceptions import NotFound
    from google.cloud.bigquery import Dataset

    client, place = warehouse.client, warehouse.place
    dataset = Dataset(f"{place.project}.{name}")
    dataset.location, dataset.labels = place.location, LABELS
    dataset.default_table_expiration_ms = expiration
    with named_cloud_errors("setup"):
        try:
            found = client.get_dataset(dataset.reference)
        except NotFound:
            client.create_dataset(dataset)
            log.info("Created dataset %s in %s", name, place.location)
            return True
        _refuse_elsewhere(f"Dataset {name}", found.location, warehouse, "gcp_dataset")
        if expiration and not found.default_table_expiration_ms:
            client.update_dataset(dataset, ["default_table_expiration_ms"])
    return False


def _refuse_elsewhere(what: str, location: str, warehouse: BigQueryWarehouse, setting: str) -> None:
    wanted = warehouse.place.location
    if location.upper() != wanted.upper():
        raise SettingsError(
            f"{what} is in {location}, gcp_location is {wanted}. BigQuery loads only from buckets in "
            f"its own location. Set gcp_location to {location}, or {setting} to another name. Buckets "
            "and datasets cannot be moved."
        )


def _not_ours(bucket: str) -> SettingsError:
    return SettingsError(
        f"The bucket {bucket} belongs to another account, or this account cannot see it: bucket names "
        "are globally unique. Set gcp_bucket_name to a name of your own, such as <project>-nyc-tlc, "
        "or grant the account roles/storage.admin for the setup."
    )
