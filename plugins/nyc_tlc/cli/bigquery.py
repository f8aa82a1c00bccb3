"""The commands with ``--warehouse bigquery``: the steps of a month, and the doctor's findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from nyc_tlc.cli.checkup import Finding
from nyc_tlc.core.errors import TlcError
from nyc_tlc.hooks.connections import GOOGLE_CLOUD
from nyc_tlc.overview import bigquery_place

if TYPE_CHECKING:
    from nyc_tlc.operators.month import LoadOptions


def load_landed(
    month: dict[str, Any], options: LoadOptions, landing: str, run: Callable[[Any], Any]
) -> dict[str, Any]:
    """The steps of ``tlc_bigquery_TAXI`` after the download; ``run`` runs an operator.

    ``month``: file and landed, as the operators take them.
    """
    from nyc_tlc.operators import bigquery
    from nyc_tlc.wiring.defaults import MAXIMUM_BYTES

    file = month["file"]
    cloud = {"place": bigquery_place()}
    job = {**cloud, "file": file, "maximum_bytes_billed": MAXIMUM_BYTES, "deferrable": False}
    try:
        sent = run(
            bigquery.BigQueryUploadOperator(task_id="upload", **month, **cloud, force=options.force)
        )
        prepared = run(
            bigquery.BigQueryTransformOperator(
                task_id="transform", **month, place=cloud["place"], sent=sent,
                max_rejects=options.max_rejects,
            )
        )  # fmt: skip
        staged = run(bigquery.BigQueryLoadOperator(task_id="load", **job, prepared=prepared))
        run(
            bigquery.BigQueryCheckRowsOperator(
                task_id="check_rows", **month, **cloud, staged=staged
            )
        )
        oddities = run(bigquery.BigQueryCheckOdditiesOperator(task_id="check_oddities", **job))
        merge = bigquery.BigQueryMergeOperator(
            task_id="merge", **job, landed=month["landed"], staged=staged, oddities=oddities,
            mode=options.merge, force=options.force,
        )  # fmt: skip
        return dict(run(merge))
    finally:
        run(
            bigquery.BigQueryCleanUpOperator(
                task_id="clean_up", **cloud, file=file, landing=landing, keep_landed=True
            )
        )


def try_bigquery() -> Iterator[Finding]:
    """Whether the settings are there, and bucket and datasets are in one location."""
    from nyc_tlc.hooks.bigquery import TaxiBigQueryHook

    try:
        found = TaxiBigQueryHook(bigquery_place())
        warehouse, wanted = found.warehouse, found.place.location
        for name in (found.place.dataset, found.place.staging_dataset):
            yield _in_location(f"dataset {name}", _dataset_location(warehouse, name), wanted)
        bucket = found.bucket.client.lookup_bucket(found.place.bucket)
        yield _in_location(f"bucket {found.place.bucket}", bucket and bucket.location, wanted)
    except TlcError as error:
        yield Finding(GOOGLE_CLOUD, "settings", False, f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001  Google's clients raise errors of several libraries
        advice = "Check the connection google_cloud_default, and its rights (docs/google-cloud.md)."
        yield Finding(GOOGLE_CLOUD, "access", False, f"{type(error).__name__}: {error}", advice)


def _dataset_location(warehouse: Any, name: str) -> str | None:
    from google.api_core.exceptions import NotFound

    try:
        return str(warehouse.client.get_dataset(name).location)
    except NotFound:
        return None


def _in_location(what: str, location: str | None, wanted: str) -> Finding:
    kind = what.partition(" ")[0]
    if location is None:
        return Finding(GOOGLE_CLOUD, kind, False, f"{what} is missing", "Run tlc_gcp_setup once.")
    if location.upper() != wanted.upper():
        advice = f"Set the Variable gcp_location to {location}, or choose another {kind}."
        return Finding(
            GOOGLE_CLOUD, kind, False, f"{what} is in {location}, expected {wanted}", advice
        )
    return Finding(GOOGLE_CLOUD, kind, True, f"{what} is in {location}")
