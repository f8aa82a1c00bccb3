"""The source's side: asking for a file over http(s):// or file://, and reading its answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from nyc_tlc.errors import BadFile, NotPublished, SourceUnreachable

if TYPE_CHECKING:
    import requests

TIMEOUT_SECONDS = (10, 60)
BUSY = (408, 425, 429, 500, 502, 503, 504)
SHOWN_BYTES = 200


@dataclass(frozen=True)
class RemoteFile:
    """What a source says of a file. ``etag`` and ``last_modified`` as sent, None where not sent."""

    url: str
    etag: str | None
    last_modified: str | None
    bytes: int | None


class Busy(SourceUnreachable):
    """The source answered 429 or 5xx; ``retry_after`` in seconds where it said so."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def probe(url: str) -> RemoteFile:
    """Ask for a file's headers only; raises NotPublished or SourceUnreachable."""
    if urlsplit(url).scheme == "file":
        return _stat(url)
    import requests

    with _named_failures(url), requests.head(
        url, timeout=TIMEOUT_SECONDS, allow_redirects=True, headers=_headers()
    ) as response:
        _refuse_bad_status(response, url)
        return _described(response, url)


@contextmanager
def open_remote(url: str, offset: int = 0, etag: str | None = None) -> Iterator[OpenFile]:
    """Open a file for reading from a byte on; ``etag`` guards the rest against a changed file."""
    if urlsplit(url).scheme == "file":
        described = _stat(url)
        with local_path(url).open("rb") as body:
            body.seek(offset)
            yield OpenFile(described, body, offset)
        return
    import requests

    with _named_failures(url), requests.get(
        url, timeout=TIMEOUT_SECONDS, stream=True, headers=_headers(offset, etag)
    ) as response:
        _refuse_bad_status(response, url)
        _refuse_html(response, url)
        starts = offset if response.status_code == 206 else 0
        yield OpenFile(_described(response, url, starts), cast(IO[bytes], response.raw), starts)


@dataclass(frozen=True)
class OpenFile:
    """A file being read; ``offset`` is where its body really starts (0 where Range is not served)."""

    remote: RemoteFile
    body: IO[bytes]
    offset: int


def local_path(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _headers(offset: int = 0, etag: str | None = None) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if etag:
            headers["If-Range"] = etag
    return headers


def _stat(url: str) -> RemoteFile:
    """A local file's size and time stand in for an ETag."""
    path = local_path(url)
    if not path.is_file():
        raise NotPublished(f"{url} is not there. Check the host (base) of the connection.")
    stat = path.stat()
    return RemoteFile(url, f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"', None, stat.st_size)


def _described(response: requests.Response, url: str, offset: int = 0) -> RemoteFile:
    length = response.headers.get("Content-Length")
    return RemoteFile(
        url=url,
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        bytes=int(length) + offset if length else None,
    )


def _refuse_bad_status(response: requests.Response, url: str) -> None:
    status = response.status_code
    if status in BUSY:
        raise Busy(f"{url} answered {status}; it is busy. Try again later.", _retry_after(response))
    if status in (403, 404, 410):
        raise NotPublished(
            f"{url} answered {status} {_body_start(response)}. TLC publishes a month about two "
            "months later and answers 403 until then. Check the month, or the base URL of the "
            "connection."
        )
    if status not in (200, 206):
        raise BadFile(f"{url} answered {status} {_body_start(response)}. Expected 200.")


def _refuse_html(response: requests.Response, url: str) -> None:
    kind = response.headers.get("Content-Type", "").split(";")[0].strip()
    if kind in ("text/html", "application/xhtml+xml"):
        raise BadFile(
            f"{url} answered {response.status_code} with a page ({kind}), not a trip file: "
            f"{_body_start(response)}. A proxy or a login page may stand between."
        )


def _body_start(response: requests.Response) -> str:
    start = response.raw.read(SHOWN_BYTES) or b""
    length = response.headers.get("Content-Length", "unknown")
    return f"(Content-Length {length}, begins {start!r})" if start else f"(Content-Length {length})"


def _retry_after(response: requests.Response) -> float | None:
    """Seconds, from either of the two forms that the header has."""
    value = response.headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


@contextmanager
def _named_failures(url: str) -> Iterator[None]:
    import requests
    import urllib3

    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as error:
        raise SourceUnreachable(
            f"{url} could not be read: {error}. Check the network and the connection's host."
        ) from error
