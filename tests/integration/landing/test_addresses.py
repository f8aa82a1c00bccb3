"""Where a source's answers may lead: real redirects, real sockets, names that resolve elsewhere."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dev.http_server import Answer, Site, serve
from nyc_tlc.core.errors import AddressError, SourceUnreachableError
from nyc_tlc.core.landing import addresses
from nyc_tlc.core.landing.addresses import _address, _not_link_local, _public
from nyc_tlc.core.landing.remote import open_remote, probe

pytestmark = pytest.mark.integration

PRIVATE = "internal.test"
NAMED = "mirror.test"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Names that resolve to an address of this machine, as an internal server's or a rebound one does."""
    known = {NAMED: "127.0.0.1", PRIVATE: "127.0.0.1"}
    resolve: Callable[..., Any] = socket.getaddrinfo

    def getaddrinfo(host: str, *args: Any, **kwargs: Any) -> Any:
        return resolve(known.get(host, host), *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


def by_name(name: str, url: str) -> str:
    return url.replace("127.0.0.1", name)


def redirect(site: Site, url: str) -> None:
    site.head = site.always = Answer(302, {"Location": url})


@pytest.mark.parametrize("host", ["127.0.0.1", PRIVATE, "[::ffff:127.0.0.1]"])
def test_a_redirect_into_this_network_is_refused_before_anything_is_sent(
    site: Site, host: str
) -> None:
    with serve() as internal:
        secret = by_name(host, internal.publish("green.parquet", b"a secret"))
        redirect(site, secret)
        start = by_name(NAMED, f"{site.base}/green.parquet")
        for ask in (lambda: probe(start), lambda: open_remote(start).__enter__()):
            with pytest.raises(AddressError, match=r"has the address 127\.0\.0\.1"):
                ask()
        assert internal.requests == []


def test_the_host_that_the_connection_names_may_be_in_this_network(site: Site) -> None:
    url = by_name(NAMED, site.publish("green.parquet", b"12345"))
    assert probe(url).bytes == 5
    with open_remote(url) as opened:
        assert opened.body.read() == b"12345"


def test_a_redirect_on_the_named_host_is_followed(site: Site) -> None:
    other = by_name(NAMED, site.publish("other", b"12345"))
    site.will_answer(Answer(302, {"Location": other}))
    with open_remote(by_name(NAMED, f"{site.base}/green.parquet")) as opened:
        assert opened.body.read() == b"12345"


def test_a_name_that_now_resolves_into_this_network_is_refused(
    site: Site, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time its address is public (here by decree), the second time it is not."""
    public: list[bool] = [True]
    monkeypatch.setattr(addresses, "_public", lambda _: public[0])
    other = by_name(PRIVATE, site.publish("other", b"12345"))
    with serve() as start:
        redirect(start, other)
        url = by_name(NAMED, f"{start.base}/green.parquet")
        with open_remote(url) as opened:
            assert opened.body.read() == b"12345"
        public[0] = False
        with pytest.raises(AddressError):
            probe(url)


def test_a_redirect_to_a_file_is_not_followed(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "green.parquet"
    secret.write_bytes(b"a secret")
    redirect(site, secret.as_uri())
    with pytest.raises(SourceUnreachableError, match="No connection adapters"):
        probe(f"{site.base}/green.parquet")


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.1", "172.17.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "::1", "fe80::1%eth0", "fd00:ec2::254", "::ffff:10.0.0.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(text: str) -> None:
    assert not _public(_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_that_are_public(text: str) -> None:
    assert _public(_address(text))


@pytest.mark.parametrize("text", ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254"])
def test_no_connection_can_name_a_cloud_s_metadata_service(text: str) -> None:
    assert not _not_link_local(_address(text))
    assert _not_link_local(ipaddress.ip_address("192.168.1.1"))


def test_a_login_comes_from_netrc_and_is_not_sent_to_where_a_redirect_leads(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {NAMED} login me password a-secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr(addresses, "_public", lambda _: True)
    with serve() as other:
        site.will_answer(Answer(302, {"Location": by_name(PRIVATE, other.publish("x", b"12345"))}))
        with open_remote(by_name(NAMED, f"{site.base}/x")) as opened:
            assert opened.body.read() == b"12345"
        assert site.requests[0].headers["Authorization"].startswith("Basic ")
        assert "Authorization" not in other.requests[0].headers
