"""Explicit physical parameters: each follows severity until someone fixes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QWidget

from napari_segrobust.ui.widgets.controls import FloatBox, clear_grid, named
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette

_BOX_WIDTH = 88


@dataclass(frozen=True, slots=True)
class ParameterField:
    """One physical parameter.

    Attributes
    ----------
    name, title, unit : str
        Key; words and unit on screen ("" where there is none).
    minimum, maximum, value : float
    fixed : bool
        Whether `value` was set by hand rather than by severity.
    """

    name: str
    title: str
    unit: str
    minimum: float
    maximum: float
    value: float
    fixed: bool = False


class ParameterForm(QWidget):
    """One line per parameter: a check box that fixes it, and its value."""

    #: Name, and the fixed value or None where it follows severity again.
    parameter_changed = Signal(str, object)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, tuple[QCheckBox, FloatBox]] = {}
        self._shape: tuple[tuple[str, float, float], ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)
        self.apply_palette(palette)

    def set_parameters(self, fields: Sequence[ParameterField]) -> None:
        """Show `fields` without emitting; rows are re-made only where names or ranges differ."""
        shape = tuple((field.name, field.minimum, field.maximum) for field in fields)
        if shape != self._shape:
            self._rebuild(fields)
            self._shape = shape
        for field in fields:
            fix, box = self._rows[field.name]
            with QSignalBlocker(fix):
                fix.setChecked(field.fixed)
            box.setEnabled(field.fixed)
            box.show_value(field.value)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self.setStyleSheet(style_sheet(palette))

    def _rebuild(self, fields: Sequence[ParameterField]) -> None:
        clear_grid(self._grid)
        self._rows = {}
        for line, field in enumerate(fields):
            words = f'{field.title}, {field.unit}' if field.unit else field.title
            fix = named(QCheckBox(field.title), f'Fix {words}', 'Fix this value; otherwise it follows severity')
            tooltip = f'{field.title}: {field.minimum:g} to {field.maximum:g} {field.unit}'.strip()
            box = named(FloatBox(field.minimum, field.maximum, unit=field.unit, width=_BOX_WIDTH), words, tooltip)
            self._grid.addWidget(fix, line, 0)
            self._grid.addWidget(box, line, 1)
            self._rows[field.name] = (fix, box)
            fix.toggled.connect(lambda fixed, name=field.name: self._fix(name, fixed))
            box.valueChanged.connect(lambda value, name=field.name: self.parameter_changed.emit(name, value))

    def _fix(self, name: str, fixed: bool) -> None:
        box = self._rows[name][1]
        box.setEnabled(fixed)
        self.parameter_changed.emit(name, box.value() if fixed else None)
