"""One thing that was tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Of what place, what was tried, what was seen; ``advice`` is what to do, where ``seen`` does
    not say so itself.
    """

    of: str
    what: str
    well: bool
    seen: str
    advice: str = ""


def size(count: float) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"
