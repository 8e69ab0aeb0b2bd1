"""No widget hides a method of Qt behind an attribute: Qt calls `metric` of every widget by its name, and crashes."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap

import pytest
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QLabel, QWidget

from napari_segrobust import ui


class Hiding(QWidget):
    """What is not allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.metric = QLabel('fine'), QLabel('not fine')

    @property
    def window(self) -> str:
        """Nor is this."""
        return 'not fine'


def attributes(kind: type) -> set[str]:
    """Names of what a class keeps in its instances, and of its properties."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    kept = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == 'self'
    }
    return kept | {name for name, value in vars(kind).items() if isinstance(value, property)}


def hidden(kind: type) -> set[str]:
    """Names of a class that its nearest class of Qt has too."""
    of_qt = next(base for base in kind.__mro__ if base.__module__.startswith(('PySide6', 'PyQt6')))
    return {name for name in attributes(kind) if hasattr(of_qt, name)}


def test_what_is_not_allowed_is_found():
    assert hidden(Hiding) == {'metric', 'window'}


@pytest.mark.parametrize('module', [found.name for found in pkgutil.walk_packages(ui.__path__, f'{ui.__name__}.')])
def test_nothing_of_qt_is_hidden(module):
    for name, kind in vars(importlib.import_module(module)).items():
        if inspect.isclass(kind) and issubclass(kind, QObject) and kind.__module__ == module:
            assert not hidden(kind), name
