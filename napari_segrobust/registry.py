"""Registries that fill themselves: every module of a package that defines the asked-for name is an entry."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any


def discover(package: str, attribute: str) -> list[Any]:
    """Import every public module of `package`, and of the packages in it, and collect its `attribute`.

    Adding an entry to a registry is adding one file: nothing lists the files.

    Parameters
    ----------
    package : str
        Dotted name of the package whose modules are the entries.
    attribute : str
        Module-level name that an entry defines. A tuple or list contributes each of its items.

    Returns
    -------
    list
        The collected values in the order of their module names.
    """
    found: list[Any] = []
    for module in sorted(pkgutil.iter_modules(importlib.import_module(package).__path__), key=lambda m: m.name):
        name = f'{package}.{module.name}'
        if module.name.startswith('_'):
            continue
        if module.ispkg:
            found.extend(discover(name, attribute))
            continue
        value = getattr(importlib.import_module(name), attribute, None)
        if value is not None:
            found.extend(value if isinstance(value, (tuple, list)) else [value])
    return found
