"""Whether a file is published: the source's refusal, told apart from its being tired of us."""

from __future__ import annotations

from nyc_tlc.errors import NotPublished, SourceUnreachable
from nyc_tlc.landing.remote import Forbidden, RemoteFile, probe


def probe_published(url: str, known_url: str) -> RemoteFile:
    """What the source says of a file; raises NotPublished or SourceUnreachable.

    TLC answers 403 for a month that is not published, and for any month to who asks too much. So
    after a 403 it is asked for a file that has long been published, ``known_url``.
    """
    try:
        return probe(url)
    except Forbidden as forbidden:
        _require_served(known_url, forbidden)
        raise


def _require_served(known_url: str, forbidden: Forbidden) -> None:
    try:
        probe(known_url)
    except NotPublished as refused:
        raise SourceUnreachable(
            f"{forbidden} It answers so for {known_url} too, which has long been published: either "
            "it turns our requests away for now (ask more rarely), or the base URL is wrong."
        ) from refused
