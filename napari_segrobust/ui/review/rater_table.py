"""The raters one below the other: include, name, label, volume, reading, where they looked, state, file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QLineEdit, QWidget
from superqt import QElidingLabel

from napari_segrobust.review.marks import color_of, dashes_of, letter_of
from napari_segrobust.ui.review.rater_rows import EVERYWHERE, NOBODY
from napari_segrobust.ui.sections.checks import Sign
from napari_segrobust.ui.widgets.controls import Combo, FloatBox, clear_grid, named
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.ui.review.rater_rows import RaterRow
    from napari_segrobust.ui.widgets.palette import Palette

VOLUME = 'volume'
HEADINGS = ('', 'rater', 'means by the label', VOLUME, 'reading of', 'looked', '', '', 'from')
#: Choice that asks for numbers.
FROM_TO = 'from ... to ...'
_WHERE = 'where {} is drawn'
_MOST_ML = 1e6
RENAME = 'Change it here: it changes everywhere'


class RaterTable(QWidget):
    """A grid of raters, each of whose cells can be changed by hand."""

    #: Name, and whether the rater takes part.
    included = Signal(str, bool)
    #: Old name, new name.
    renamed = Signal(str, str)
    #: Name, value.
    label_chosen = Signal(str, int)
    #: Name, the rater whose further reading it is, or "".
    reading_chosen = Signal(str, str)
    #: Name, and a choice: `EVERYWHERE`, `FROM_TO`, or the name of a mask.
    looked_chosen = Signal(str, str)
    #: Name, ml.
    volume_said = Signal(str, float)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self.rows: dict[str, _Cells] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        for column, stretch in ((1, 3), (2, 2), (4, 2), (5, 2), (7, 4), (8, 3)):
            self._grid.setColumnStretch(column, stretch)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette` for rows that are made later."""
        self._palette = palette

    def set_rows(self, rows: Sequence[RaterRow], masks: Sequence[str]) -> None:
        """Show `rows` without emitting; `masks` may say where a rater looked."""
        if [(row.name, row.ml is None) for row in rows] != [(n, c.ml is None) for n, c in self.rows.items()]:
            self._rebuild(rows)
        raters = [row.name for row in rows if row.ml is None]
        for row in rows:
            self._show(self.rows[row.name], row, raters, masks)

    def _rebuild(self, rows: Sequence[RaterRow]) -> None:
        clear_grid(self._grid)
        self.rows = {}
        for column, heading in enumerate(HEADINGS):
            label = QLabel(heading)
            label.setProperty('role', 'muted')
            if heading == VOLUME:
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(label, 0, column)
        for line, row in enumerate(rows, start=1):
            cells = self.rows[row.name] = _Cells(row, self._palette)
            for column, widget in enumerate(cells.widgets()):
                if widget is not None:
                    self._grid.addWidget(widget, line, column)
            self._connect(row.name, cells)

    def _connect(self, name: str, cells: _Cells) -> None:
        cells.tick.toggled.connect(lambda on: self.included.emit(name, on))
        cells.name.editingFinished.connect(lambda: self._rename(name, cells))
        cells.label.activated.connect(
            lambda _i: self.label_chosen.emit(name, int(cells.label.currentText().split()[0]))
        )
        cells.reading.activated.connect(
            lambda i: self.reading_chosen.emit(name, '' if i == 0 else cells.reading.currentText())
        )
        cells.looked.activated.connect(lambda i: self.looked_chosen.emit(name, cells.choices[i]))
        if cells.ml is not None:
            cells.ml.valueChanged.connect(lambda ml: self.volume_said.emit(name, ml))

    def _rename(self, name: str, cells: _Cells) -> None:
        new = cells.name.text().strip()
        if new != name and cells.name.isModified():
            cells.name.setModified(False)
            self.renamed.emit(name, new)

    def _show(self, cells: _Cells, row: RaterRow, raters: Sequence[str], masks: Sequence[str]) -> None:
        with QSignalBlocker(cells.tick):
            cells.tick.setChecked(row.included)
        if not cells.name.hasFocus():
            cells.name.setText(row.title)
            cells.name.setToolTip(f'{row.title}\n{RENAME}')
            cells.name.setCursorPosition(0)
        cells.sign.set_level(row.level)
        cells.state.setText(row.state)
        cells.state.setToolTip(row.state)
        if cells.ml is not None:
            cells.ml.show_value(row.ml or 0.0)
            return
        words = dict(row.values)
        cells.label.set_items(list(words.values()), words[row.value])
        cells.volume.setText(row.volume)
        cells.reading.set_items([NOBODY, *(name for name in raters if name != row.name)], row.reading_of)
        others = [name for name in masks if name != row.name]
        known = [EVERYWHERE, FROM_TO, *(_WHERE.format(name) for name in others)]
        own = [row.looked] if row.looked not in known else []
        cells.looked.set_items([*known, *own], row.looked)
        cells.choices = (EVERYWHERE, FROM_TO, *others, *(FROM_TO for _ in own))
        cells.file.setText(row.file)
        cells.file.setToolTip(row.path or row.file)
        for part in (cells.label, cells.reading, cells.looked):
            part.setEnabled(row.included)


class _Cells:
    """The widgets of one row."""

    def __init__(self, row: RaterRow, palette: Palette) -> None:
        self.tick = named(QCheckBox(), f'{row.name} takes part', 'Whether this rater takes part')
        self.tick.setText(letter_of(row.index) if row.index >= 0 else '')
        self.line = RaterLine(row.index, palette) if row.index >= 0 else None
        self.name = named(QLineEdit(), f'Name of {row.name}', RENAME)
        self.name.setMinimumWidth(170)
        self.label = named(Combo(), f'Label of {row.name}', 'Which of the values of this mask is meant')
        self.volume = QLabel()
        self.volume.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        words = 'Whose further reading this is: it does not vote, and gives intra-rater agreement'
        self.reading = named(Combo(), f'Reading of {row.name}', words)
        words = 'Where the rater looked; elsewhere nothing is said, which is not background'
        self.looked = named(Combo(), f'Where {row.name} looked', words)
        for combo in (self.label, self.reading, self.looked):
            combo.setMinimumWidth(98)
        self.choices: tuple[str, ...] = ()
        self.sign = StateSign(palette)
        self.state, self.file = QElidingLabel(), QElidingLabel()
        for label in (self.state, self.file):
            label.setMinimumWidth(60)
            label.setProperty('role', 'muted')
        self.file.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.ml = None
        if row.ml is not None:
            self.ml = named(FloatBox(0, _MOST_ML, unit='ml', width=84), f'Volume of {row.name}', 'What the rater said')
            self.ml.setDecimals(3)

    def widgets(self) -> tuple[QWidget | None, ...]:
        """From left to right, under `HEADINGS`."""
        if self.ml is not None:
            return self.tick, self.name, None, self.ml, None, None, self.sign, self.state, None
        tick = QWidget()
        layout = QGridLayout(tick)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.tick, 0, 0)
        layout.addWidget(self.line, 0, 1)
        return tick, self.name, self.label, self.volume, self.reading, self.looked, self.sign, self.state, self.file


class RaterLine(Painted):
    """The line by which a rater is drawn: its colour and its dashes."""

    def __init__(self, index: int, palette: Palette) -> None:
        super().__init__(palette)
        self._index = index
        self.setFixedSize(26, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        painter = QPainter(self)
        pen = QPen(QColor(self._palette.ink(color_of(self._index))), 2.4)
        dashes = dashes_of(self._index)
        if dashes:
            pen.setDashPattern([float(length) / 1.2 for length in dashes])
        painter.setPen(pen)
        painter.drawLine(2, 7, 24, 7)


class StateSign(Sign):
    """A sign that may be none."""

    def __init__(self, palette: Palette) -> None:
        super().__init__('', palette)

    def set_level(self, level: str) -> None:
        """Show another sign."""
        self.level = level
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sign where there is one."""
        if self.level:
            super().paintEvent(event)
