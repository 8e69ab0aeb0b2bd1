"""Sliders of a sample's parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_segrobust.cases.samples import Range
from napari_segrobust.ui.widgets.controls import LABEL_WIDTH, Combo, IconButton, IntBox, buddy, named
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.cases.samples import Choice, SampleSpec
    from napari_segrobust.ui.widgets.palette import Palette

#: Whole numbers over a wider range than this are seeds: nobody drags them, one throws them.
_MOST_TICKS = 1000
_SEED_WIDTH = 72


class SampleForm(QWidget):
    """One line per parameter: a slider, a choice, or a seed with a die.

    Parameters
    ----------
    palette : Palette
    """

    #: All parameters by name, live while dragging.
    changed = Signal(dict)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette = palette
        self._spec: SampleSpec | None = None
        self._values: dict[str, Any] = {}
        self.rows: dict[str, QWidget] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)

    def show_sample(self, spec: SampleSpec | None, values: Mapping[str, Any]) -> None:
        """Show the parameters of a sample with `values`, without emitting; nothing for None."""
        if spec is not self._spec:
            self._rebuild(spec)
        self._values = {} if spec is None else spec.accept({n: v for n, v in values.items() if n != 'name'})
        for name, value in self._values.items():
            _show(self.rows[name], value)
        self.setVisible(bool(self._values))

    def _rebuild(self, spec: SampleSpec | None) -> None:
        while (item := self._column.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        self._spec = spec
        self.rows = {}
        for parameter in spec.parameters if spec is not None else ():
            self.rows[parameter.name] = row = self._row(parameter)
            self._column.addWidget(row)
        self._straighten()

    def _straighten(self) -> None:
        """Give all names the width of the longest one."""
        width = max((row.label.sizeHint().width() for row in self.rows.values()), default=0)
        for row in self.rows.values():
            row.label.setFixedWidth(max(LABEL_WIDTH, width))

    def _row(self, parameter: Range | Choice) -> QWidget:
        words = '\n'.join(filter(None, [parameter.title, parameter.source]))
        take = partial(self._take, parameter)
        if not isinstance(parameter, Range):
            row = _ChoiceRow(parameter, words)
            row.combo.currentTextChanged.connect(take)
        elif parameter.whole and parameter.maximum - parameter.minimum > _MOST_TICKS:
            row = _SeedRow(parameter, words, self._palette)
            row.box.valueChanged.connect(take)
        else:
            step = 1 if parameter.whole else (parameter.maximum - parameter.minimum) / 100
            span = (parameter.minimum, parameter.maximum, step)
            row = SliderRow(parameter.name, *span, unit=parameter.unit, tooltip=words, palette=self._palette)
            row.value_changed.connect(take)
        return row

    def _take(self, parameter: Range | Choice, value: Any) -> None:
        if isinstance(parameter, Range) and parameter.whole:
            value = round(value)
        if self._values.get(parameter.name) != value:
            self._values[parameter.name] = value
            self.changed.emit(dict(self._values))


class _ChoiceRow(QWidget):
    def __init__(self, parameter: Choice, words: str) -> None:
        super().__init__()
        self.choices = parameter.choices
        self.combo = named(Combo(), parameter.title, words)
        self.label = _lay_out(self, parameter.name, self.combo, stretch=1)


class _SeedRow(QWidget):
    def __init__(self, parameter: Range, words: str, palette: Palette) -> None:
        super().__init__()
        box = IntBox(int(parameter.minimum), int(parameter.maximum), width=_SEED_WIDTH)
        self.box = named(box, parameter.title, words)
        self.die = IconButton('die', f'Another {parameter.title.lower()}', 'Draw another one', palette=palette)
        top = int(parameter.maximum)
        self.die.clicked.connect(lambda: self.box.setValue(int(np.random.default_rng().integers(top))))
        self.label = _lay_out(self, parameter.name, self.box, self.die)


def _lay_out(row: QWidget, label: str, *controls: QWidget, stretch: int = 0) -> QLabel:
    """Name and controls in one line; gives back the name."""
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    word = buddy(label, controls[0])
    layout.addWidget(word)
    for control in controls:
        layout.addWidget(control, stretch)
    if not stretch:
        layout.addStretch(1)
    return word


def _show(row: QWidget, value: Any) -> None:
    if isinstance(row, _ChoiceRow):
        row.combo.set_items(row.choices, value)
    elif isinstance(row, _SeedRow):
        row.box.show_value(value)
    else:
        row.set_value(value)
