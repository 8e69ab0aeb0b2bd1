"""Packages that are also verbs: ``sr.compare`` is a room of the house and ``sr.compare(a, b)`` what is done there."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallableModule(ModuleType):
    """A module that hands calls to its own function of the same name."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, self.__name__.rpartition('.')[2])(*args, **kwargs)


def make_callable(name: str) -> None:
    """Let the package `name` be called like its function of the same name.

    Importing a subpackage binds it in its parent, over any function there; so the package itself answers.
    """
    sys.modules[name].__class__ = _CallableModule
