"""Which metric to look at: what was found out about the case, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_segrobust.ui.widgets.controls import IconButton, clear_grid, named
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette

_WIDTH = 440


@dataclass(frozen=True, slots=True)
class AdviceRow:
    """One recommendation or warning.

    Attributes
    ----------
    word : str
        "look at", "beware of".
    metrics : tuple of (str, str)
        Key and title of each metric it is about.
    text : str
        The reason, with its figure.
    """

    word: str
    metrics: tuple[tuple[str, str], ...]
    text: str


class AdviceCard(QDialog):
    """Small window with advice; a click on a metric puts it into the table. Esc, or a click elsewhere, closes it.

    Parameters
    ----------
    palette : Palette
    """

    #: Key of the metric that was clicked.
    metric_chosen = Signal(str)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFixedWidth(_WIDTH)
        self.setWindowTitle('Which metric should I look at?')
        title = QLabel(self.windowTitle())
        title.setProperty('role', 'title')
        self._close = IconButton('close', 'Close the advice', 'Close (Esc)', palette=palette)
        self._close.clicked.connect(self.reject)
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(10)
        self._rows.setVerticalSpacing(2)
        self._rows.setColumnStretch(1, 1)
        self.facts = QLabel()
        self.facts.setProperty('role', 'muted')
        self.facts.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 14)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addLayout(self._rows)
        layout.addWidget(self.facts)
        self.apply_palette(palette)

    def show_advice(self, rows: Sequence[AdviceRow], facts: str, at: QPoint) -> None:
        """Show `rows`, and below them `facts`, with the corner at the screen point `at`, moved inside the screen."""
        clear_grid(self._rows)
        for number, row in enumerate(rows):
            word, reason = QLabel(row.word), QLabel(row.text)
            word.setProperty('role', 'muted')
            word.setAlignment(Qt.AlignmentFlag.AlignTop)
            reason.setWordWrap(True)
            self._rows.addWidget(word, 2 * number, 0)
            self._rows.addWidget(self._buttons(row), 2 * number, 1)
            self._rows.addWidget(reason, 2 * number + 1, 1)
        self.facts.setText(facts)
        self.facts.setVisible(bool(facts))
        words = '. '.join(f'{row.word} {", ".join(title for _, title in row.metrics)}: {row.text}' for row in rows)
        self.setAccessibleDescription(f'{words}. {facts}')
        self.ensurePolished()
        self.layout().activate()
        self.resize(_WIDTH, self.layout().totalHeightForWidth(_WIDTH))
        self.move(self._inside(at))
        self.show()
        self.raise_()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._close.apply_palette(palette)
        self.setStyleSheet(
            style_sheet(palette)
            + f"""
            QDialog {{ background: {palette.foreground}; border: 1px solid {palette.secondary}; }}
            QWidget#metrics {{ background: transparent; }}
            QPushButton {{ background: {palette.background}; border: 1px solid {palette.secondary}; padding: 1px 6px; }}
            QPushButton:focus {{ border-color: {palette.accent}; }}
            """
        )

    def _buttons(self, row: AdviceRow) -> QWidget:
        holder = QWidget()
        holder.setObjectName('metrics')
        layout = QHBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for key, title in row.metrics:
            made = named(QPushButton(title), title, 'Put it into the table, and say what it means')
            made.clicked.connect(lambda _checked=False, key=key: self._choose(key))
            layout.addWidget(made)
        layout.addStretch(1)
        return holder

    def _choose(self, key: str) -> None:
        self.accept()
        self.metric_chosen.emit(key)

    def _inside(self, at: QPoint) -> QPoint:
        screen = QGuiApplication.screenAt(at) or QGuiApplication.primaryScreen()
        free = screen.availableGeometry()
        x = max(free.left(), min(at.x(), free.right() - self.width()))
        y = max(free.top(), min(at.y(), free.bottom() - self.height()))
        return QPoint(x, y)
