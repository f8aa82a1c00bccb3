"""The source's side: asking for a file over http(s):// or file://, and reading its answers."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from time import sleep
from typing import IO, TYPE_CHECKING, TypeVar, cast
from urllib.parse import unquote, urlsplit

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
)

from nyc_tlc.core.errors import (
    AddressError,
    BadFileError,
    NotPublishedError,
    SourceUnreachableError,
    TlcError,
)

if TYPE_CHECKING:
    import requests
    from tenacity.wait import wait_base

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = (10, 60)
BUSY = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class RemoteFile:
    """What a source says of a file. ``etag`` and ``last_modified`` as sent, None where not sent."""

    url: str
    etag: str | None
    last_modified: str | None
    bytes: int | None

    @property
    def strong_etag(self) -> str | None:
        """None for a weak ETag too: files that differ in some bytes may share it (RFC 9110)."""
        return None if self.etag and self.etag.startswith("W/") else self.etag

    def describes(self, url: str, etag: str | None, last_modified: str | None, size: int) -> bool:
        """Whether a file fetched before is what the source has now: by address and length, and by
        ETag or, from a source without ETags, Last-Modified.
        """
        if self.url != url or self.bytes not in (None, size):
            return False
        if self.etag or etag:
            return self.etag == etag
        return self.last_modified == last_modified is not None


@dataclass(frozen=True)
class OpenFile:
    """A file being read; ``offset`` is where its body really starts: 0 without Range."""

    remote: RemoteFile
    body: IO[bytes]
    offset: int


class HostUnreachableError(SourceUnreachableError):
    """The source's name does not resolve, or its host refuses connections."""


class SourceBusyError(SourceUnreachableError):
    """The source answered 429 or 5xx; ``retry_after`` in seconds where it said so."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceForbiddenError(NotPublishedError):
    """The source answered 403: TLC does for what is not published, and where it throttles."""


class StaleRangeError(SourceUnreachableError):
    """The source's reply does not continue the file that was begun; the download starts over."""


def probe(url: str) -> RemoteFile:
    """Ask for a file without its body; raises NotPublishedError or SourceUnreachableError.

    Where HEAD is refused, GET is asked, its body unread: some mirrors know no HEAD, and the answer
    to a HEAD cannot show why.
    """
    if urlsplit(url).scheme == "file":
        return _stat(url)
    from nyc_tlc.core.landing.addresses import SourceSession

    with _named_failures(url), SourceSession(url) as session, session.head(
        url, timeout=TIMEOUT_SECONDS, allow_redirects=True, headers=_headers()
    ) as response:  # fmt: skip
        _refuse_busy(response, url)
        if response.status_code == HTTPStatus.OK and not _page_type(response):
            return _described(response, url)
    with open_remote(url) as opened:
        return opened.remote


@contextmanager
def open_remote(
    url: str, offset: int = 0, etag: str | None = None, total: int | None = None
) -> Iterator[OpenFile]:
    """Open a file for reading from a byte on; ``etag`` and ``total``, as an earlier answer had them,
    guard the rest against a changed file. Raises StaleRangeError where the file has changed.
    """
    if urlsplit(url).scheme == "file":
        remote = _stat(url)
        with local_path(url).open("rb") as body:
            starts = body.seek(offset if etag == remote.etag else 0)
            yield OpenFile(remote, body, starts)
        if _stat(url) != remote:
            raise StaleRangeError(f"{url} was changed while it was read. Reading it again.")
        return
    from nyc_tlc.core.landing.addresses import SourceSession

    with _named_failures(url), SourceSession(url) as session, session.get(
        url, timeout=TIMEOUT_SECONDS, stream=True, headers=_headers(offset, etag)
    ) as response:  # fmt: skip
        _refuse(response, url)
        starts = _body_start_offset(response, url, offset, etag, total)
        yield OpenFile(_described(response, url, starts), cast("IO[bytes]", response.raw), starts)


def refuse_password(url: str, setting: str) -> str:
    """The address, unless it has a login in it: addresses are in logs, XComs, the ledger and notes.

    A name alone is accepted: ``gs://my_connection@bucket`` names a connection. Raises AddressError.
    """
    user, at, _ = urlsplit(url).netloc.rpartition("@")
    if at and (":" in user or urlsplit(url).scheme in ("http", "https")):
        raise login_refused(setting)
    return url


def login_refused(setting: str) -> AddressError:
    return AddressError(
        f"{setting} has a login in its address. Expected an address without one, because addresses "
        "are in logs and in the ledger. For http(s), put the login into ~/.netrc of the user that "
        "runs Airflow (mode 0600); for a store, into its Airflow connection."
    )


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
        raise NotPublishedError(f"{url} is not there. Check the host (base) of the connection.")
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


def _refuse(response: requests.Response, url: str) -> None:
    """Raises where the answer is not the file."""
    _refuse_busy(response, url)
    status = response.status_code
    if status in (403, 404, 410):
        raise (SourceForbiddenError if status == HTTPStatus.FORBIDDEN else NotPublishedError)(
            f"{url} answered {status}. TLC publishes a month about two "
            "months later and answers 403 until then. Check the month, or the base URL of the "
            "connection."
        )
    if status not in (200, 206, 416):
        raise BadFileError(f"{url} answered {status}. Expected 200.")
    if page := _page_type(response):
        raise BadFileError(
            f"{url} answered {status} with a page ({page}), not a trip file. A proxy or login page may "
            "have answered."
        )


def _refuse_busy(response: requests.Response, url: str) -> None:
    if response.status_code in BUSY:
        raise SourceBusyError(
            f"{url} answered {response.status_code}; it is busy. Try again later.",
            _retry_after(response),
        )


def _page_type(response: requests.Response) -> str | None:
    kind = response.headers.get("Content-Type", "").split(";")[0].strip()
    return kind if kind in ("text/html", "application/xhtml+xml") else None


def _body_start_offset(
    response: requests.Response, url: str, asked: int, etag: str | None, total: int | None
) -> int:
    """Byte of the file that the body begins with; raises StaleRangeError where a rest is not ours.

    A rest is ours only if it says so, by the same ETag: some servers ignore If-Range.
    """
    if response.status_code == HTTPStatus.OK:
        return 0
    served, sent = response.headers.get("Content-Range", ""), response.headers.get("ETag")
    totals = {"*", served.rpartition("/")[2] if total is None else str(total)}
    if (
        served.startswith(f"bytes {asked}-")
        and served.rpartition("/")[2] in totals
        and sent == etag is not None
    ):
        return asked
    raise StaleRangeError(
        f"{url} answered {response.status_code} with range {served!r}, ETag {sent}. Expected the "
        f"bytes from {asked:,} of {total or 'an unknown number'}, ETag {etag}. Starting over."
    )


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
        reason = getattr(error.args[0], "reason", None) if error.args else None
        no_host = isinstance(reason, urllib3.exceptions.NewConnectionError)
        raise (HostUnreachableError if no_host else SourceUnreachableError)(
            f"Could not read {url}: {error}. Check the network and the connection's host."
        ) from error


def probe_published(url: str, known_url: str) -> RemoteFile:
    """What the source says of a file; raises NotPublishedError or SourceUnreachableError.

    TLC answers 403 for a month that is not published, and for any month to clients that send too many
    requests. So after a 403 it is asked for a file that has long been published, ``known_url``.
    """
    try:
        return probe(url)
    except SourceForbiddenError as forbidden:
        _require_served(known_url, forbidden)
        raise


def _require_served(known_url: str, forbidden: SourceForbiddenError) -> None:
    try:
        probe(known_url)
    except NotPublishedError as refused:
        raise SourceUnreachableError(
            f"{forbidden} It answers so for {known_url} too, which has long been published: either "
            "it is throttling us (poll less often), or the base URL is wrong."
        ) from refused


TRIES = 6
LONGEST_WAIT_SECONDS = 60.0
Answer = TypeVar("Answer")


def with_retries(
    ask: Callable[[], Answer], wait: float = 1.0, *, once_for: tuple[type[TlcError], ...] = ()
) -> Answer:
    """Ask up to ``TRIES`` times while SourceUnreachableError is raised; the last one is passed on.

    Waits ``wait`` seconds, doubled each time, or what the source's Retry-After says. An error of a
    class in ``once_for`` is passed on at once.
    """
    retrying = Retrying(
        retry=retry_if_exception(
            lambda error: (
                isinstance(error, SourceUnreachableError) and not isinstance(error, once_for)
            )
        ),
        stop=stop_after_attempt(TRIES),
        wait=_retry_after_or(wait_exponential(multiplier=wait)),
        sleep=sleep,
        before_sleep=_log_retry,
        reraise=True,
    )
    return retrying(ask)


def _retry_after_or(backoff: wait_base) -> Callable[[RetryCallState], float]:
    """The error's Retry-After, else ``backoff`` with a jitter, so that tasks do not ask in step."""

    def seconds(state: RetryCallState) -> float:
        error = _error_of(state)
        if isinstance(error, SourceBusyError) and error.retry_after is not None:
            return min(error.retry_after, LONGEST_WAIT_SECONDS)
        return min(backoff(state) * random.uniform(0.75, 1.25), LONGEST_WAIT_SECONDS)  # noqa: S311

    return seconds


def _log_retry(state: RetryCallState) -> None:
    pause = state.next_action.sleep if state.next_action else 0.0
    log.warning(
        "%s Try %d of %d in %.1f s.", _error_of(state), state.attempt_number + 1, TRIES, pause
    )


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
