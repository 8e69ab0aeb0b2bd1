"""Keys of a page, wherever the focus is, while it is seen; fields that are typed in keep their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QMainWindow, QShortcut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qtpy.QtWidgets import QWidget


class PageKeys:
    """Binds keys in the window of napari. GUI thread.

    Shortcuts of Qt come before the keys of a canvas and after those of a field that is typed in.

    Parameters
    ----------
    page : QWidget
    bound : mapping of str to callable
        What each key does.
    repeats : bool
        Whether a key that is held acts again and again.
    """

    def __init__(self, page: QWidget, bound: Mapping[str, Callable[[], object]], *, repeats: bool = False) -> None:
        self._page, self._bound, self._repeats = page, bound, repeats
        self._made: list[QShortcut] = []

    def sync(self, on: bool) -> None:
        """Let the keys work, or not; never while the page is not seen."""
        window = self._window()
        if window is not None and not self._made:
            self._made = [self._bind(key, action, window) for key, action in self._bound.items()]
        for shortcut in self._made:
            shortcut.setEnabled(on and self._page.isVisible())

    def close(self) -> None:
        """Give the keys back. Idempotent."""
        made, self._made = self._made, []
        for shortcut in made:
            # Where napari's window is gone, so are they.
            if isalive(shortcut):
                shortcut.setEnabled(False)
                shortcut.deleteLater()

    def _window(self) -> QMainWindow | None:
        """The window of napari: its shortcuts hold in a dock that floats too, and never in a dialog."""
        parent = self._page.parentWidget()
        while parent is not None and not isinstance(parent, QMainWindow):
            parent = parent.parentWidget()
        return parent

    def _bind(self, key: str, action: Callable[[], object], window: QMainWindow) -> QShortcut:
        shortcut = QShortcut(QKeySequence(key), window)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.setAutoRepeat(self._repeats)
        shortcut.activated.connect(action)
        return shortcut
