"""Where a rater looked, from the first to the last index along each axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget

from napari_segrobust.ui.sections.base import button
from napari_segrobust.ui.widgets.controls import IntBox, buddy, named

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 44


class LookedForm(QWidget):
    """One line of numbers for the rater who is asked about."""

    #: First and last index along each axis.
    changed = Signal(tuple)
    done = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.boxes: list[tuple[IntBox, IntBox]] = []
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addWidget(self.words)
        for axis in 'zyx':
            low, high = IntBox(0, 0, width=_WIDTH), IntBox(0, 0, width=_WIDTH)
            for box, end in ((low, 'first'), (high, 'last')):
                named(box, f'{end} {axis}', f'The {end} index along {axis} that the rater looked at, from 0')
                box.valueChanged.connect(self._tell)
            label, until = buddy(axis, low), QLabel('to')
            for part in (label, low, until, high):
                self._layout.addWidget(part)
            self.boxes.append((low, high))
        self.finish = button('Done', 'Close this line', self.done.emit)
        self._layout.addWidget(self.finish)
        self._layout.addStretch(1)
        self._ndim = 3

    def show_spans(self, name: str, spans: Sequence[tuple[int, int]], shape: Sequence[int]) -> None:
        """Show first and last index along each axis, silently."""
        self.words.setText(f'{name} looked at')
        self._ndim = len(shape)
        for index, (low, high) in enumerate(self.boxes):
            axis = index - (3 - self._ndim)
            for at in range(4):
                self._layout.itemAt(1 + 4 * index + at).widget().setVisible(axis >= 0)
            if axis >= 0:
                for box, value in zip((low, high), spans[axis], strict=True):
                    box.blockSignals(True)
                    box.setRange(0, shape[axis] - 1)
                    box.blockSignals(False)
                    box.show_value(value)

    def _tell(self, *_: object) -> None:
        spans = tuple(tuple(sorted((low.value(), high.value()))) for low, high in self.boxes[3 - self._ndim :])
        self.changed.emit(spans)
