"""A labelled range of slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QWidget
from superqt import QRangeSlider

from napari_segrobust.ui.widgets.controls import LABEL_WIDTH, CalmWheel, IntBox, buddy, named

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.palette import Palette

_BOX_WIDTH = 36


class CalmRange(CalmWheel, QRangeSlider):
    """Range slider that leaves the wheel to the panel."""


class RangeRow(QWidget):
    """Half-open range ``[start, stop)`` of slices, shown as first and last slice inside.

    Parameters
    ----------
    label : str
        At the left, ``&`` marks its key.
    tooltip : str
    palette : Palette
    """

    #: start, stop: half-open, live while dragging.
    range_changed = Signal(int, int)

    def __init__(self, label: str, *, tooltip: str, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = label.replace('&', '')
        self._start, self._stop = 0, 1
        self.first = named(IntBox(0, 0, width=_BOX_WIDTH), f'{words}, first', f'{tooltip}\nFirst slice inside')
        self.last = named(IntBox(0, 0, width=_BOX_WIDTH), f'{words}, last', f'{tooltip}\nLast slice inside')
        self.slider = named(CalmRange(Qt.Orientation.Horizontal), words, tooltip)
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.slider.setMinimumWidth(60)
        self.label = buddy(label, self.first)
        self.label.setFixedWidth(LABEL_WIDTH)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.label)
        layout.addWidget(self.first)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.last)

        self.slider.valueChanged.connect(lambda ends: self._take(ends[0], ends[1] + 1))
        self.first.valueChanged.connect(lambda first: self._take(first, max(self._stop, first + 1)))
        self.last.valueChanged.connect(lambda last: self._take(min(self._start, last), last + 1))
        self.apply_palette(palette)

    def range(self) -> tuple[int, int]:
        """Return the half-open range ``(start, stop)``."""
        return self._start, self._stop

    def set_range(self, start: int, stop: int, count: int) -> None:
        """Show ``[start, stop)`` of `count` slices without emitting."""
        self._start, self._stop = start, stop
        with QSignalBlocker(self.slider), QSignalBlocker(self.first), QSignalBlocker(self.last):
            for control in (self.slider, self.first, self.last):
                control.setRange(0, count - 1)
            self._show()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self.setStyleSheet(f'QRangeSlider {{ qproperty-barColor: {palette.accent}; }}')

    def _show(self) -> None:
        self.slider.setValue((self._start, self._stop - 1))
        self.first.setValue(self._start)
        self.last.setValue(self._stop - 1)

    def _take(self, start: int, stop: int) -> None:
        if (start, stop) == (self._start, self._stop):
            return
        self._start, self._stop = start, stop
        with QSignalBlocker(self.slider), QSignalBlocker(self.first), QSignalBlocker(self.last):
            self._show()
        self.range_changed.emit(start, stop)
