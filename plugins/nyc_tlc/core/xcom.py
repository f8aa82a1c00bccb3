"""What one task hands to the next through XCom: small typed values, never data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self


class XComValue:
    """Base of the frozen dataclasses that travel through XCom. Their fields hold JSON values only."""

    def to_xcom(self) -> dict[str, Any]:
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)
