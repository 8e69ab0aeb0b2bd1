"""Trueness and precision of each number over several draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from napari_segrobust.digits import three_digits
from napari_segrobust.ui.widgets.controls import IconButton, IntBox, buddy, clear_grid, named
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette

#: More draws than this take long enough to be done on the command line.
MAX_DRAWS = 50
_WIDTH, _HEIGHT = 580, 330
_HEADINGS = {
    '': '',
    'clean': 'On the clean image',
    'mean': 'Over the draws',
    'bias': 'Trueness: mean minus clean',
    'SD': 'Precision: standard deviation over the draws (n - 1)',
    '2.77 SD': 'Repeatability coefficient: two draws differ by less in 95 of 100 pairs',
    'n': 'Draws for which it is defined',
}


@dataclass(frozen=True, slots=True)
class SpreadLine:
    """One number over several draws; None where it is undefined."""

    title: str
    unit: str
    clean: float | None
    mean: float | None
    bias: float | None
    sd: float | None
    rc: float | None
    n: int


class SpreadCard(QDialog):
    """Small window beside the curve; it stays while the draws are made, Esc closes it.

    Parameters
    ----------
    palette : Palette
    """

    #: How many draws are wanted.
    started = Signal(int)
    stopped = Signal()

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint)
        self.setModal(False)
        self.setAccessibleName('Spread over draws')
        self.setWindowTitle('Spread over draws')
        self.title = QLabel('Over k draws')
        self.title.setProperty('role', 'title')
        self.draws = named(IntBox(2, MAX_DRAWS, width=36), 'Number of draws', 'Seeds 0, 1, 2 ... for the whole stack')
        self.draws.setValue(5)
        self.start = named(QPushButton('Draw'), 'Draw', 'Run the stack once for each seed, in the background')
        self._close = IconButton('close', 'Close the card', 'Close (Esc)', palette=palette)
        self.state = QLabel()
        self.state.setProperty('role', 'muted')
        self.state.setWordWrap(True)
        self._running = False
        holder = QWidget()
        self._grid = QGridLayout(holder)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        scroll = QScrollArea()
        scroll.setWidget(holder)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setAccessibleName('Numbers over the draws')
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        for part in (buddy('draws', self.draws), self.draws, self.start, self._close):
            top.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.state)
        layout.addWidget(scroll, 1)
        self.start.clicked.connect(self._toggle)
        self._close.clicked.connect(self.reject)
        self.apply_palette(palette)

    def set_lines(self, lines: Sequence[SpreadLine]) -> None:
        """Show numbers, one a line."""
        clear_grid(self._grid)
        for column, (word, tooltip) in enumerate(_HEADINGS.items() if lines else ()):
            self._put(0, column, word, tooltip, 'muted')
        for row, line in enumerate(lines, 1):
            unit = f' ({line.unit})' if line.unit else ''
            self._put(row, 0, f'{line.title}{unit}', '', '')
            values = (line.clean, line.mean, line.bias, line.sd, line.rc, line.n)
            for column, value in enumerate(values, 1):
                words = 'undefined' if value is None else three_digits(value)
                self._put(row, column, words, '', '' if value is not None else 'muted')
        self._grid.setRowStretch(len(lines) + 1, 1)
        spoken = [f'{line.title}: bias {_said(line.bias)}, SD {_said(line.sd)}, {_said(line.rc)}' for line in lines]
        self.setAccessibleDescription('. '.join(spoken))

    def lines(self) -> list[list[str]]:
        """Words of each line as they are shown, the headings first."""
        rows = []
        for row in range(self._grid.rowCount()):
            items = [self._grid.itemAtPosition(row, column) for column in range(len(_HEADINGS))]
            if items[0] is not None:
                rows.append([item.widget().text() for item in items])
        return rows

    def set_state(self, words: str, running: bool) -> None:
        """Say what is going on; while draws are made the button stops them."""
        self.state.setText(words)
        self.state.setVisible(bool(words))
        self._running = running
        self.start.setText('Stop' if running else 'Draw')
        self.draws.setEnabled(not running)

    def open_above(self, corner: QPoint) -> None:
        """Show the window with its lower left corner at a place of the screen, moved inside it."""
        screen = QGuiApplication.screenAt(corner) or QGuiApplication.primaryScreen()
        free = screen.availableGeometry()
        self.resize(_WIDTH, _HEIGHT)
        x = max(free.left(), min(corner.x(), free.right() - _WIDTH))
        self.move(x, max(free.top(), corner.y() - _HEIGHT))
        self.show()
        self.raise_()
        self.start.setFocus()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._close.apply_palette(palette)
        self.setStyleSheet(
            style_sheet(palette)
            + f"""
            QDialog {{ background: {palette.foreground}; border: 1px solid {palette.secondary}; }}
            QScrollArea, QScrollArea > QWidget > QWidget {{ background: {palette.foreground}; }}
            """
        )

    def _put(self, row: int, column: int, words: str, tooltip: str, role: str) -> None:
        label = QLabel(words)
        label.setProperty('role', role)
        label.setToolTip(tooltip)
        if column:
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(label, row, column)

    def _toggle(self) -> None:
        if self._running:
            self.stopped.emit()
        else:
            self.started.emit(self.draws.value())


def _said(value: float | None) -> str:
    return 'undefined' if value is None else three_digits(value)
