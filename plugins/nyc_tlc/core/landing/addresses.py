"""Which network addresses a source's answers may lead to.

A connection names a host, and its answers may redirect to others, as GitHub's do. Whoever controls the
answers could make a worker ask servers that only the worker can reach: a cloud's metadata service, a
database, another program on the same machine. So a host that the connection does not name must have a
public address. The address of the open connection is checked, before anything is sent: a name may resolve
to another address the next time.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

from requests import Session  # noqa: TID253  remote.py imports this module when it asks
from requests.adapters import HTTPAdapter  # noqa: TID253
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from nyc_tlc.core.errors import AddressError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Rule: TypeAlias = Callable[[Address], bool]


class SourceSession(Session):
    """Requests that start at ``url``, whose host the connection names."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._host = urlsplit(url).hostname
        self._named = _CheckedAdapter(_not_link_local)
        for scheme in ("http://", "https://"):
            self.mount(scheme, _CheckedAdapter(_public))

    def get_adapter(self, url: str) -> Any:
        parts = urlsplit(url)
        is_named = parts.scheme in ("http", "https") and parts.hostname == self._host
        return self._named if is_named else super().get_adapter(url)

    def close(self) -> None:
        super().close()
        self._named.close()


def _public(address: Address) -> bool:
    return address.is_global


def _not_link_local(address: Address) -> bool:
    """The host may be on this machine or in this network; a cloud's metadata service is not a source."""
    return not address.is_link_local


class _CheckedAdapter(HTTPAdapter):
    """Connects only where ``allowed`` says so. With a proxy in the environment, the proxy decides."""

    def __init__(self, allowed: Rule) -> None:
        self._allowed = allowed
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._allowed)


def _pools(allowed: Rule) -> dict[str, type[HTTPConnectionPool]]:
    class Http(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), self.host, allowed)

    class Https(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), self.host, allowed)

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = Https

    return {"http": HttpPool, "https": HttpsPool}


def _checked(opened: socket.socket, host: str, allowed: Rule) -> socket.socket:
    address = _address(cast("str", opened.getpeername()[0]))
    if allowed(address):
        return opened
    opened.close()
    raise AddressError(
        f"The source leads to {host}, which has the address {address}: it is in this network or on this "
        "machine. Expected a public address, or the host that the connection names. Nothing was sent "
        "there. Check the connection's host, and what it redirects to."
    )


def _address(text: str) -> Address:
    """Without the zone of an IPv6 address; an IPv4 address in IPv6 form as what it is."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address
