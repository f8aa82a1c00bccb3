"""Object stores through Airflow's ObjectStoragePath: ``s3://…``, ``gs://…``.

``gs://my_connection@bucket/folder`` names the connection to use; without it, the store's defaults.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nyc_tlc.core.errors import LandingError, ReportError, TlcError
from nyc_tlc.core.stored_files import StoredFolder

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem  # type: ignore[import-untyped]


def open_store(
    uri: str, *, what: str = "Landing", error: type[TlcError] = LandingError
) -> tuple[AbstractFileSystem, str]:
    """The store's filesystem, and the key in it. Raises ``error``, which names ``what`` is there."""
    from airflow.sdk import ObjectStoragePath

    try:
        path = ObjectStoragePath(uri)
        store = path.fs
    except (ValueError, ImportError) as failure:
        raise error(
            f"{uri} cannot be opened: {failure}. {what} must be a folder ({FOLDERS[what]}), or a store whose "
            "Airflow provider is installed (gs://: pip install 'airflow-provider-nyc-tlc[google]'; "
            "s3://: 'airflow-provider-nyc-tlc[aws]')."
        ) from failure
    return store, path.path


FOLDERS = {"Landing": "file:///a/folder", "Reports": "/a/folder"}


def reports_at(place: str) -> Path | StoredFolder:
    """Where all reports are: a folder's path, or an object store's URI. Raises ReportError."""
    from nyc_tlc.core.landing.remote import refuse_password

    if "://" not in place:
        return Path(place)
    uri = refuse_password(place, "Reports (the Variable tlc_reports)").rstrip("/")
    if uri.startswith("file:"):
        raise ReportError(
            f"tlc_reports is {uri}. Expected a path such as /a/folder, s3:// or gs://."
        )
    store, key = open_store(uri, what="Reports", error=ReportError)
    return StoredFolder(store, str(store._strip_protocol(key)), uri)
