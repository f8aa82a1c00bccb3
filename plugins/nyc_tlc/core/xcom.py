"""What one task hands to the next through XCom: small typed values, never data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Self


class XComValue:
    """Base of the frozen dataclasses that travel through XCom. Their fields hold JSON values only."""

    def to_xcom(self) -> dict[str, Any]:
        """By field name; fields at their default are left out, since XCom is for small values."""
        defaults = {field.name: field.default for field in fields(self)}  # type: ignore[arg-type]
        values: dict[str, Any] = asdict(self)  # type: ignore[call-overload]
        return {name: value for name, value in values.items() if value != defaults[name]}

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)
