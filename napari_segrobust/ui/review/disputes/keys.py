"""One key for each answer, wherever the focus is, while the page is seen; fields that are typed in keep their keys."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QMainWindow, QShortcut

from napari_segrobust.ui.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

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
        self._made: list[list[QShortcut]] = []

    def sync(self) -> None:
        """Let the keys work that make sense now."""
        work, window = self._work, self._window()
        if window is None:
            return
        if not self._made:
            self._made = [self._bind(group, window) for group in self._groups]
        drawing, seen = work.edit is not None, self._page.isVisible()
        # A polygon is completed and given up with the same keys.
        free = drawing and work.edit.layer.mode != 'polygon'
        for shortcuts, wanted in zip(
            self._made, (not drawing and bool(work.disputes), work.is_open and not drawing, free), strict=True
        ):
            for shortcut in shortcuts:
                shortcut.setEnabled(seen and wanted)

    def close(self) -> None:
        """Give the keys back. Idempotent."""
        made, self._made = self._made, []
        for shortcut in itertools.chain.from_iterable(made):
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

    def _bind(self, group: dict[str, Callable[[], object]], window: QMainWindow) -> list[QShortcut]:
        made = []
        for key, action in group.items():
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.setAutoRepeat(key in ('N', 'Shift+N'))
            shortcut.activated.connect(action)
            made.append(shortcut)
        return made
