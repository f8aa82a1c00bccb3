"""Google's clients, without the libraries that no step uses: a task imports them in under a second.

Airflow's BigQueryHook and GCSHook import pandas, the Storage API and aiohttp too: 2.4 s of CPU
in each task. The credentials are made here by the same function of Airflow's Google provider, from the same
fields of the connection.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nyc_tlc.core.errors import SettingsError
from nyc_tlc.extras import needs_extra

if TYPE_CHECKING:
    from airflow.sdk import Connection

# google.cloud.bigquery imports them where they are installed, for data frames and the Storage API.
UNUSED = (
    "IPython", "db_dtypes", "geopandas", "google.cloud.bigquery_storage",
    "google.cloud.bigquery_storage_v1", "pandas", "pandas_gbq", "shapely",
)  # fmt: skip
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# Fields of a connection, as the provider's function calls them.
CREDENTIALS = (
    "key_path", "credential_config_file", "key_secret_name", "key_secret_project_id", "is_anonymous",
    "idp_issuer_url", "client_id", "client_secret",
)  # fmt: skip
JSON_CREDENTIALS = {"keyfile_dict": "keyfile_dict", "idp_extra_params": "idp_extra_params_dict"}


@contextmanager
def without_unused() -> Iterator[None]:
    """Let imports in this block do without UNUSED, unless this process has them already.

    In a process that imports Google's client here first, its results cannot become data frames.
    """
    hidden = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


with needs_extra("google"), without_unused():
    from airflow.providers.google.cloud.utils.credentials_provider import (
        get_credentials_and_project_id,
    )
    from google.cloud import bigquery, storage


class GoogleCloud:
    """A connection of type ``google_cloud_platform``, and the clients that it gives."""

    def __init__(
        self, connection: Connection, impersonation_chain: str | Sequence[str] | None = None
    ) -> None:
        self.extras = connection.extra_dejson
        self.credentials, project = get_credentials_and_project_id(
            **self._given(impersonation_chain or self._field("impersonation_chain"))
        )
        self.project = self._field("project") or project
        if (quota := self._field("quota_project_id")) and not self._field("is_anonymous"):
            self.credentials = self.credentials.with_quota_project(quota)

    def bigquery(self, project: str, location: str) -> bigquery.Client:
        return bigquery.Client(project, location=location, **self._common)

    def storage(self) -> storage.Client:
        return storage.Client(self.project, **self._common)

    @property
    def _common(self) -> dict[str, Any]:
        from airflow.providers.google.common.consts import CLIENT_INFO
        from google.api_core.client_options import ClientOptions

        universe = os.environ.get("GOOGLE_CLOUD_UNIVERSE_DOMAIN")
        options = ClientOptions(universe_domain=universe) if universe else ClientOptions()
        return {
            "credentials": self.credentials, "client_info": CLIENT_INFO, "client_options": options,
        }  # fmt: skip

    def _given(self, impersonation_chain: str | Sequence[str] | None) -> Mapping[str, Any]:
        """The function's arguments; those without a value are left out, older providers lack some."""
        if isinstance(impersonation_chain, str):
            impersonation_chain = [each.strip() for each in impersonation_chain.split(",")]
        *delegates, principal = impersonation_chain or [""]
        values = {
            "scopes": (self._field("scope") or SCOPE).split(","),
            "target_principal": principal,
            "delegates": delegates,
            **{name: self._field(name) for name in CREDENTIALS},
            **{
                name: _parsed(field, self._field(field)) for field, name in JSON_CREDENTIALS.items()
            },
        }
        return {name: value for name, value in values.items() if value}

    def _field(self, name: str) -> Any:
        """Connections of old have a prefix before each name."""
        return self.extras.get(name) or self.extras.get(f"extra__google_cloud_platform__{name}")


def _parsed(field: str, value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) and value else value
    except ValueError:
        # Not its text, which is a secret.
        raise SettingsError(
            f"The field {field} of the connection to Google Cloud is not JSON. Paste the whole key file."
        ) from None
