"""The connection type ``nyc_tlc``: where trip files come from."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from nyc_tlc.core.catalog import (
    CSV_BASE,
    PARQUET_BASE,
    SHAPES_PATH,
    ZONES_PATH,
    Month,
    Source,
    Taxi,
    TripFile,
)
from nyc_tlc.core.errors import NotPublishedError, TlcError
from nyc_tlc.core.landing.remote import (
    HostUnreachableError,
    RemoteFile,
    login_refused,
    probe,
    probe_published,
    refuse_password,
    with_retries,
)
from nyc_tlc.hooks.connections import SOURCE, UI_FIELD_BEHAVIOUR

if TYPE_CHECKING:
    from airflow.sdk import Connection

log = logging.getLogger(__name__)

AT_ONCE = 8
KNOWN = TripFile(Taxi.GREEN, Month(2021, 1))


WEB = ("http", "https", "file")


def base_of(connection: Connection) -> str:
    """The base of the Parquet files, put together again where Airflow took a URI apart.

    ``nyc-tlc://https://host:8443/trip-data`` has the host ``https://host``, the port, and the path
    as its schema; ``https://host/trip-data`` has ``https`` as its type.
    """
    host = connection.host or ""
    if not host and not connection.schema:
        return ""
    if "://" not in host and connection.conn_type in WEB:
        host = f"{connection.conn_type}://{host}"
    port = f":{connection.port}" if connection.port else ""
    path = f"/{connection.schema}" if connection.schema else ""
    return f"{host}{port}{path}"


class TlcHook(BaseHook):
    """Addresses of trip files. Without a connection, TLC's server and the course's mirror.

    The connection's host is the base of the Parquet files, its extra ``csv_base`` the base of the
    CSV files; ``http(s)://`` and ``file://`` both serve, and ``{taxi}`` stands for the taxi's name.
    A connection from a URI has its base in parts, see ``base_of``.
    """

    conn_name_attr = "tlc_conn_id"
    default_conn_name = SOURCE
    conn_type = "nyc_tlc"
    hook_name = "NYC TLC trip records"

    def __init__(self, tlc_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.tlc_conn_id = tlc_conn_id

    def get_conn(self) -> dict[Source, str]:
        """The base of each source; raises AddressError for one that has a login in it."""
        try:
            connection = self.get_connection(self.tlc_conn_id)
        except AirflowNotFoundException:
            if self.tlc_conn_id != self.default_conn_name:
                raise
            return {Source.PARQUET: PARQUET_BASE, Source.CSV: CSV_BASE}
        if connection.login or connection.password:  # of a URI: Airflow takes it out of the address
            raise login_refused(f"The connection {self.tlc_conn_id}")
        bases = {
            Source.PARQUET: base_of(connection) or PARQUET_BASE,
            Source.CSV: connection.extra_dejson.get("csv_base") or CSV_BASE,
        }
        for source, base in bases.items():
            refuse_password(base, f"The {source} base of the connection {self.tlc_conn_id}")
        return bases

    @cached_property
    def bases(self) -> dict[Source, str]:
        """The base of each source; asked of Airflow once."""
        return self.get_conn()

    def url(self, file: TripFile) -> str:
        return file.url(self.bases[file.source])

    def known_url(self, source: Source) -> str:
        """A month that has long been published, and that every source has."""
        return self.url(replace(KNOWN, source=source))

    def zones_url(self) -> str:
        """The zone lookup: in the folder ``misc`` beside that of the Parquet files."""
        return self._beside_trips(ZONES_PATH)

    def shapes_url(self) -> str:
        """The archive of the zones' shapes, in the same folder."""
        return self._beside_trips(SHAPES_PATH)

    def _beside_trips(self, path: str) -> str:
        base = self.bases[Source.PARQUET].rstrip("/")
        return f"{base.rsplit('/', 1)[0]}/{path}"

    def probe(self, file: TripFile) -> RemoteFile:
        """What the source says of the file; raises NotPublishedError or SourceUnreachableError."""
        return probe_published(self.url(file), self.known_url(file.source))

    def answers(self, files: Sequence[TripFile]) -> dict[TripFile, RemoteFile | None]:
        """What the source says of each file, asked a few at a time; None where it is not published.

        Raises SourceUnreachableError.
        """
        bases = self.bases  # asked of Airflow here, not by each thread
        log.info("Asking %s for %d files", bases[Source.PARQUET], len(files))
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return dict(zip(files, threads.map(self._answer, files), strict=True))

    def _answer(self, file: TripFile) -> RemoteFile | None:
        try:
            return with_retries(partial(self.probe, file), once_for=(HostUnreachableError,))
        except NotPublishedError:
            return None

    def test_connection(self) -> tuple[bool, str]:
        """Ask for a month that has long been published."""
        try:
            found = probe(self.known_url(Source.PARQUET))
        except TlcError as error:
            return False, str(error)
        return True, f"{found.url} is there ({found.bytes or 0:,} bytes)."

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The same as in get_provider_info, for Airflow versions that ask the hook."""
        return UI_FIELD_BEHAVIOUR
