"""A quiet part of a panel that folds away and then says in one line what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from napari_segrobust.ui.widgets.marks import paint_icon

if TYPE_CHECKING:
    from qtpy.QtGui import QKeyEvent, QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette

_CHEVRON = 16
_GAP = 8


class SectionHeader(QAbstractButton):
    """Title at the left and, while folded, a summary at the right."""

    def __init__(self, title: str, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary = ''
        self._palette = palette
        self.setText(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        font = self.font()
        font.setPointSize(palette.font_size + 1)
        self.setFont(font)
        self.describe()

    def describe(self, summary: str | None = None) -> None:
        """Take `summary`, and tell tooltip and screen reader what is shown."""
        if summary is not None:
            self._summary = summary
        verb = 'Fold' if self.isChecked() else 'Unfold'
        self.setAccessibleName(f'{self.text()} section')
        self.setAccessibleDescription(f'{"unfolded" if self.isChecked() else "folded"}. {self._summary}'.strip())
        self.setToolTip('\n'.join(filter(None, [self._summary, f'{verb} with a click, space, or the arrow keys'])))
        self.update()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.update()

    def sizeHint(self) -> QSize:
        """Return one line of text with air."""
        return QSize(200, self.fontMetrics().height() + 10)

    def minimumSizeHint(self) -> QSize:
        """Return room for the title; the summary gives way."""
        return QSize(_CHEVRON + _GAP + self.fontMetrics().horizontalAdvance(self.text()), self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Unfold with the right arrow, fold with the left one, toggle with space or Enter."""
        folds = {Qt.Key.Key_Right: True, Qt.Key.Key_Left: False}
        if event.key() in folds:
            self.setChecked(folds[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint chevron, title, summary and focus ring; no surface unless the mouse is over it."""
        painter = QPainter(self)
        palette, box = self._palette, self.rect()
        if self.underMouse():
            painter.fillRect(box, QColor(palette.foreground))
        if self.hasFocus():
            painter.setPen(QColor(palette.accent))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
        chevron = QRectF(0, (box.height() - _CHEVRON) / 2, _CHEVRON, _CHEVRON)
        paint_icon(painter, chevron, 'down' if self.isChecked() else 'right', palette.muted)

        font = painter.font()
        font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(palette.text))
        left = box.adjusted(_CHEVRON + 2, 0, 0, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(left, middle | Qt.AlignmentFlag.AlignLeft, self.text())
        if self.isChecked() or not self._summary:
            return
        start = left.left() + painter.fontMetrics().horizontalAdvance(self.text()) + 2 * _GAP
        font.setWeight(font.Weight.Normal)
        font.setPointSize(palette.font_size)
        painter.setFont(font)
        painter.setPen(QColor(palette.muted))
        room = box.adjusted(start, 0, -4, 0)
        words = painter.fontMetrics().elidedText(self._summary, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, words)


class Section(QWidget):
    """Header over a body that folds.

    Parameters
    ----------
    title : str
    palette : Palette
    unfolded : bool
        Whether the body is shown at first.

    Examples
    --------
    >>> section = Section('Case', palette=palette)              # doctest: +SKIP
    >>> section.body.addWidget(roles)                           # doctest: +SKIP
    >>> section.set_summary('brain, T1, 1 x 1 x 1 mm')          # doctest: +SKIP
    """

    #: True when unfolded, False when folded, by hand or by key.
    unfolded_changed = Signal(bool)

    def __init__(self, title: str, *, palette: Palette, unfolded: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._silent = False
        self.palette_ = palette
        self.header = SectionHeader(title, palette)
        self._content = QWidget()
        #: Layout to put widgets into.
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(_CHEVRON, 2, 4, 8)
        self.body.setSpacing(6)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._content)
        self.header.toggled.connect(self._fold)
        self._content.setVisible(False)
        self.set_unfolded(unfolded)

    def unfolded(self) -> bool:
        """Return whether the body is shown."""
        return self.header.isChecked()

    def set_unfolded(self, unfolded: bool) -> None:
        """Fold or unfold without emitting."""
        self._silent = True
        self.header.setChecked(unfolded)
        self._silent = False

    def set_summary(self, summary: str) -> None:
        """Say in one line what the section holds; shown while it is folded."""
        self.header.describe(summary)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`, and keep them for what is made later."""
        self.palette_ = palette
        self.header.apply_palette(palette)

    def _fold(self, unfolded: bool) -> None:
        self._content.setVisible(unfolded)
        self.header.describe()
        if not self._silent:
            self.unfolded_changed.emit(unfolded)
