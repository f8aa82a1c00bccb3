"""The operators that this package defines, found by looking at its modules."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

from nyc_tlc import operators
from nyc_tlc.operators import base
from nyc_tlc.operators.base import TaxiOperator


def every_operator() -> list[type[TaxiOperator]]:
    """Each once, from the module that defines it."""
    modules = [
        import_module(f"{operators.__name__}.{module.name}")
        for module in pkgutil.iter_modules(operators.__path__)
    ]
    return [
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__
        and issubclass(kind, TaxiOperator)
        and module is not base
    ]
