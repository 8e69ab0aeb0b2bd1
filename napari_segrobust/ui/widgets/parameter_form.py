"""Explicit physical parameters: each follows severity until someone fixes it, or is a setting of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from napari_segrobust.ui.widgets.controls import Combo, ElidingCheckBox, FloatBox, buddy, clear_grid, named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BOX_WIDTH = 88
_COMBO_WIDTH = 130


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
    driven : bool
        Whether severity drives it; what it leaves alone is a plain setting.
    choices : mapping of str to float, or None
        Values by their words, where it is one of a few.
    """

    name: str
    title: str
    unit: str
    minimum: float
    maximum: float
    value: float
    fixed: bool = False
    driven: bool = True
    choices: Mapping[str, float] | None = None


class ParameterForm(QWidget):
    """One line per parameter: a check box that fixes it, or its name, and its value."""

    #: Name, and the fixed value or None where it follows severity again.
    parameter_changed = Signal(str, object)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, tuple[QWidget, FloatBox | Combo]] = {}
        self._shape: tuple[object, ...] = ()
        self._choices: dict[str, Mapping[str, float]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)

    def set_parameters(self, fields: Sequence[ParameterField]) -> None:
        """Show `fields` without emitting; rows are re-made only where names, kinds or ranges differ."""
        shape = tuple((f.name, f.minimum, f.maximum, f.unit, f.driven, f.choices is None) for f in fields)
        if shape != self._shape:
            self._rebuild(fields)
            self._shape = shape
        for field in fields:
            fix, control = self._rows[field.name]
            if isinstance(fix, QCheckBox):
                with QSignalBlocker(fix):
                    fix.setChecked(field.fixed)
                control.setEnabled(field.fixed)
            if isinstance(control, Combo):
                self._choices[field.name] = choices = field.choices or {}
                words = next((words for words, value in choices.items() if value == field.value), f'{field.value:g}')
                control.set_items(list(choices), words)
            else:
                control.show_value(field.value)

    def _rebuild(self, fields: Sequence[ParameterField]) -> None:
        clear_grid(self._grid)
        self._rows = {}
        for line, field in enumerate(fields):
            words = f'{field.title}, {field.unit}' if field.unit else field.title
            control = self._control(field, words)
            if field.driven:
                tooltip = f'{field.title}: fix this value; otherwise it follows severity'
                fix = named(ElidingCheckBox(field.title), f'Fix {words}', tooltip)
                fix.toggled.connect(lambda fixed, name=field.name: self._fix(name, fixed))
                title: QLabel | QCheckBox = fix
            else:
                title = buddy(field.title, control, role='')
                title.setWordWrap(True)
                title.setToolTip(f'{field.title}: severity leaves it alone')
            self._grid.addWidget(title, line, 0)
            self._grid.addWidget(control, line, 1)
            self._rows[field.name] = (title, control)

    def _control(self, field: ParameterField, words: str) -> FloatBox | Combo:
        name = field.name
        if field.choices is not None:
            combo = named(Combo(), words, f'{field.title}: one of the list')
            combo.setFixedWidth(_COMBO_WIDTH)
            combo.currentTextChanged.connect(lambda text: self._choose(name, text))
            return combo
        tooltip = f'{field.title}: {field.minimum:g} to {field.maximum:g} {field.unit}'.strip()
        box = named(FloatBox(field.minimum, field.maximum, unit=field.unit, width=_BOX_WIDTH), words, tooltip)
        box.valueChanged.connect(lambda value: self.parameter_changed.emit(name, value))
        return box

    def _choose(self, name: str, text: str) -> None:
        if text in self._choices.get(name, {}):
            self.parameter_changed.emit(name, float(self._choices[name][text]))

    def _fix(self, name: str, fixed: bool) -> None:
        control = self._rows[name][1]
        control.setEnabled(fixed)
        value = self._choices[name].get(control.currentText()) if isinstance(control, Combo) else control.value()
        self.parameter_changed.emit(name, value if fixed else None)
