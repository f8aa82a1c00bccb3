"""A taxi's canonical columns, as data: the ``.toml`` files of this folder, one a taxi."""

from __future__ import annotations

from nyc_tlc.contract.matching import ColumnMatch, match_columns
from nyc_tlc.contract.model import Column, ColumnType, Contract, load_contract

__all__ = ["Column", "ColumnMatch", "ColumnType", "Contract", "load_contract", "match_columns"]
