"""How simulated raters draw: how many, how far from the mask, how wide their habits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_segrobust.ui.widgets.controls import LABEL_WIDTH, Combo, IntBox, buddy, named
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette

_MAX_RATERS = 12
_MAX_SEED = 2**31 - 1


class RaterForm(QWidget):
    """Mask, number, standard deviation, correlation length, seed.

    Parameters
    ----------
    palette : Palette
    """

    #: Name of the mask, how many, SD and correlation length, seed.
    wanted = Signal(str, int, float, float, int)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.masks = named(Combo(), 'Mask of simulated raters', 'The mask that they redraw')
        self.count = named(IntBox(1, _MAX_RATERS, width=36), 'Number of simulated raters', 'How many')
        self.count.setValue(5)
        self.seed = named(IntBox(0, _MAX_SEED, width=44), 'Seed of simulated raters', 'Which group of raters')
        tooltip = 'Standard deviation of how far a border is moved'
        self.sd = SliderRow('SD', 0.1, 5.0, 0.1, tooltip=tooltip, palette=palette)
        tooltip = 'Distance along the border at which the correlation has fallen to a half'
        self.correlation = SliderRow('correlates', 1.0, 40.0, 1.0, tooltip=tooltip, palette=palette)
        words = 'Add them as references with the role of raters; they are no experts'
        self.make = named(QPushButton('Simulate raters'), 'Simulate raters', words)
        self.sd.set_value(1.0)
        self.correlation.set_value(10.0)
        mask_label = buddy('of', self.masks)
        mask_label.setFixedWidth(LABEL_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        lines = (
            ((mask_label, 0), (self.masks, 1)),
            ((buddy('raters', self.count), 0), (self.count, 0), (buddy('seed', self.seed), 0), (self.seed, 0)),
        )
        first, second = (QHBoxLayout() for _ in lines)
        for line, parts in zip((first, second), lines, strict=True):
            for part, stretch in parts:
                line.addWidget(part, stretch)
        second.addWidget(self.make, 1)
        layout.addLayout(first)
        layout.addWidget(self.sd)
        layout.addWidget(self.correlation)
        layout.addLayout(second)
        self.make.clicked.connect(self._tell)

    def set_masks(self, names: Sequence[str], unit: str) -> None:
        """Offer masks by name; lengths are in `unit`."""
        current = self.masks.currentText()
        self.masks.set_items(list(names), current if current in names else next(iter(names), ''))
        self.make.setEnabled(bool(names))
        for row in (self.sd, self.correlation):
            row.set_unit(unit)

    def _tell(self) -> None:
        self.wanted.emit(
            self.masks.currentText(),
            self.count.value(),
            self.sd.value(),
            self.correlation.value(),
            self.seed.value(),
        )
