"""The size of the sliding window, typed per axis or taken from a preset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget

from napari_segrobust.ui.widgets.controls import LABEL_WIDTH, Combo, IntBox, buddy, named

if TYPE_CHECKING:
    from collections.abc import Sequence


_CUSTOM = 'custom'
#: The preset that is no size but a default.
OWN = "the model's own"
_AXES = ('z', 'y', 'x')
_BOX_WIDTH = 31


class SizeRow(QWidget):
    """Window size per axis in voxels, array order, with presets.

    Parameters
    ----------
    label : str
        At the left, ``&`` marks its key.
    tooltip : str
    """

    #: Tuple of sizes in array order: (z, y, x), or (y, x) in 2D.
    size_changed = Signal(tuple)
    #: `OWN` was chosen: whatever size each of them has by itself.
    own_chosen = Signal()

    def __init__(self, label: str, *, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = label.replace('&', '')
        self._size: tuple[int, ...] = ()
        self._presets: dict[str, tuple[int, ...]] = {}
        self.boxes = [
            named(IntBox(1, 9999, width=_BOX_WIDTH), f'{words}, {axis}', f'{tooltip}\nVoxels along {axis}')
            for axis in _AXES
        ]
        self.presets = named(Combo(), f'{words} preset', 'Common sizes')
        self.label = buddy(label, self.boxes[0])
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setToolTip(tooltip)
        self._crosses = [QLabel('\u00d7') for _ in _AXES[1:]]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.label)
        layout.addSpacing(4)
        for index, box in enumerate(self.boxes):
            layout.addWidget(box)
            if index < len(self._crosses):
                self._crosses[index].setProperty('role', 'muted')
                layout.addWidget(self._crosses[index])
        layout.addWidget(self.presets, 1)

        for box in self.boxes:
            box.valueChanged.connect(self._typed)
        self.presets.currentTextChanged.connect(self._chosen)

    def size_voxels(self) -> tuple[int, ...]:
        """Return the size in array order."""
        return self._size

    def set_size(self, size: Sequence[int], presets: Sequence[tuple[str, Sequence[int]]] = ()) -> None:
        """Show `size` (two or three axes, array order) and offer `presets`, without emitting."""
        self._size = tuple(size)
        self._presets = {title: tuple(preset) for title, preset in presets}
        flat = len(self._size) == 2
        for widget in (self.boxes[0], self._crosses[0]):
            widget.setVisible(not flat)
        self.label.setBuddy(self._shown()[0])
        self._show()

    def _shown(self) -> list[IntBox]:
        return self.boxes[len(self.boxes) - len(self._size) :]

    def _show(self) -> None:
        for box, size in zip(self._shown(), self._size, strict=True):
            box.show_value(size)
        title = next((title for title, preset in self._presets.items() if preset == self._size), _CUSTOM)
        self.presets.set_items([*self._presets, _CUSTOM], title)

    def _typed(self) -> None:
        self._take(tuple(box.value() for box in self._shown()))

    def _chosen(self, title: str) -> None:
        if title == OWN:
            self.own_chosen.emit()
        elif title in self._presets:
            self._take(self._presets[title])

    def _take(self, size: tuple[int, ...]) -> None:
        if size != self._size:
            self._size = size
            self._show()
            self.size_changed.emit(size)
