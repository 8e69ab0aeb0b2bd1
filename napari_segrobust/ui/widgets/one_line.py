"""One line of muted words that give way where there is no room for them; the tooltip says them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent


class OneLine(QLabel):
    """A label that never asks for more than one line, nor for the width of its words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ''
        self.setProperty('role', 'muted')
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, words: str, more: str = '') -> None:
        """Show `words`; the tooltip says `more` below them."""
        self.words = words
        self.setToolTip('\n'.join(filter(None, (words, more))))
        self.setAccessibleName(words)
        self._write()

    def minimumSizeHint(self) -> QSize:
        """Return room for a short word."""
        return QSize(64, self.fontMetrics().height() + 2)

    def sizeHint(self) -> QSize:
        """Return one line."""
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as much as there is room for."""
        super().resizeEvent(event)
        self._write()

    def _write(self) -> None:
        self.setText(self.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, self.width() - 2))
