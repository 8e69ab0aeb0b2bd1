"""One key for each answer, wherever the focus is, while the page is seen; fields that are typed in keep their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QDockWidget, QMainWindow, QShortcut, QWidget

from napari_segrobust.ui.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.ui.review.disputes.work import Work

#: In the order in which they are listed. While a brush is in hand, napari has its keys again, but for the last two.
DISPUTE_KEYS = (
    Key('1 ... 9', 'follow rater A, B, C ...'),
    Key('0', 'consensus'),
    Key('E', 'edit by hand'),
    Key('U', 'undecidable'),
    Key('N', 'next dispute'),
    Key('Shift+N', 'previous dispute'),
    Key('Alt+1 ... Alt+5', 'how sure'),
    Key('Ctrl+Z', 'undo'),
    Key('Ctrl+Shift+Z', 'redo'),
    Key('Return', 'accept the edit'),
    Key('Escape', 'give the edit up'),
)


class DisputeKeys:
    """Binds `DISPUTE_KEYS`. GUI thread.

    Shortcuts of Qt come before the keys of a canvas and after those of a field that is typed in.

    Parameters
    ----------
    page : QWidget
        They work while it is seen.
    work : Work
    sure : callable
        ``sure(n)`` says how sure somebody is.
    """

    def __init__(self, page: QWidget, work: Work, sure: Callable[[int], None]) -> None:
        self._page, self._work = page, work
        stepping: dict[str, Callable[[], object]] = {
            'N': lambda: work.step(1),
            'Shift+N': lambda: work.step(-1),
        }
        deciding: dict[str, Callable[[], object]] = {
            '0': lambda: work.decide('consensus'),
            'E': work.begin_edit,
            'U': lambda: work.decide('undecidable'),
            'Ctrl+Z': work.undo,
            'Ctrl+Shift+Z': work.redo,
            **{str(n): lambda n=n: work.follow(n - 1) for n in range(1, 10)},
            **{f'Alt+{n}': lambda n=n: sure(n) for n in range(1, 6)},
        }
        drawing: dict[str, Callable[[], object]] = {'Return': work.accept_edit, 'Escape': work.give_up_edit}
        self._groups = (stepping, deciding, drawing)
        self._made = self._bind(page)
        self._outside: list[list[QShortcut]] = []

    def sync(self) -> None:
        """Let the keys work that make sense now."""
        work = self._work
        drawing = work.edit is not None
        # A polygon is completed and given up with the same keys.
        free = drawing and work.edit.layer.mode != 'polygon'
        on = (not drawing and bool(work.disputes), work.is_open and not drawing, free)
        window = self._window()
        if window is not None and not self._outside:
            self._outside = self._bind(window)
        for groups, seen in ((self._made, True), (self._outside, window is not None and self._page.isVisible())):
            for shortcuts, wanted in zip(groups, on, strict=False):
                for shortcut in shortcuts:
                    shortcut.setEnabled(wanted and seen)

    def close(self) -> None:
        """Give the keys back. Idempotent."""
        for groups in (self._made, self._outside):
            for shortcuts in groups:
                for shortcut in shortcuts:
                    shortcut.setEnabled(False)
                    shortcut.deleteLater()
        self._made, self._outside = [], []

    def _window(self) -> QMainWindow | None:
        """The window of napari where the dock floats, and is a window of its own."""
        dock = self._page.window()
        found = dock.parent() if isinstance(dock, QDockWidget) else None
        return found if isinstance(found, QMainWindow) else None

    def _bind(self, parent: QWidget) -> list[list[QShortcut]]:
        made = []
        for group in self._groups:
            shortcuts = []
            for key, action in group.items():
                shortcut = QShortcut(QKeySequence(key), parent)
                shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
                shortcut.setAutoRepeat(key in ('N', 'Shift+N'))
                shortcut.activated.connect(action)
                shortcuts.append(shortcut)
            made.append(shortcuts)
        return made
