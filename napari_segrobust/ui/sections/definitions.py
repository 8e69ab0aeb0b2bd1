"""What the definitions of metrics depend on, as small rows that fold; each is printed with the numbers it changes."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal

from napari_segrobust.compare import MetricSettings
from napari_segrobust.compare.settings import setting_words
from napari_segrobust.ui.sections.base import line
from napari_segrobust.ui.widgets.controls import Combo, FloatBox, IntBox, buddy, named
from napari_segrobust.ui.widgets.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qtpy.QtWidgets import QWidget

    from napari_segrobust.ui.widgets.palette import Palette

#: Smallest and largest value of each number, and its step.
RANGES: dict[str, tuple[float, float, float]] = {
    'boundary_width_mm': (0.1, 50.0, 0.5),
    'beta': (0.1, 10.0, 0.5),
    'error_weights': (0.01, 10.0, 0.1),
    'bins': (1, 100, 1),
    'roi_margin_mm': (0.0, 100.0, 1.0),
    'detection_threshold_ml': (0.0, 100.0, 0.1),
    'lesion_overlap': (0.0, 0.99, 0.05),
    'lesion_minimum_ml': (0.0, 100.0, 0.01),
}
CONNECTIVITIES = {'full': 'all neighbours', 'face': 'faces only'}
_DEFAULTS: dict[str, Any] = {
    field.name: field.default for field in fields(MetricSettings) if field.name != 'tolerance_mm'
}


class Definitions(Section):
    """Rows of all settings but the tolerance, which has a slider of its own.

    Parameters
    ----------
    palette : Palette
    """

    #: Settings that are not the default, by name.
    changed = Signal(dict)

    def __init__(self, *, palette: Palette) -> None:
        super().__init__('Definitions', palette=palette, unfolded=False)
        self._chosen: dict[str, Any] = {}
        self.editors: dict[str, tuple[QWidget, ...]] = {}
        words = setting_words()
        for name in _DEFAULTS:
            self.editors[name] = self._make(name, words[name])
            self.body.addWidget(line((buddy(_label(name), self.editors[name][0]), 1), *self.editors[name]))
        self.show_settings({}, 'mm', 'ml')

    def show_settings(self, chosen: Mapping[str, Any], length: str, volume: str) -> None:
        """Show what was chosen, and the defaults of all others, without emitting.

        Parameters
        ----------
        chosen : mapping of str to value
        length, volume : str
            Units of this case.
        """
        self._chosen = dict(chosen)
        for name, editors in self.editors.items():
            value = self._chosen.get(name, _DEFAULTS[name])
            for editor, part in zip(editors, value if isinstance(value, list | tuple) else (value,), strict=True):
                if isinstance(editor, Combo):
                    editor.set_items(list(CONNECTIVITIES.values()), CONNECTIVITIES[part])
                else:
                    unit = length if name.endswith('_mm') else volume if name.endswith('_ml') else ''
                    editor.setSuffix(f' {unit}' if unit else '')
                    editor.show_value(part)
        words = ', '.join(f'{_label(name)} {_text(value)}' for name, value in self._chosen.items())
        self.set_summary(words or 'as published')

    def _make(self, name: str, words: str) -> tuple[QWidget, ...]:
        take = partial(self._take, name)
        if name == 'connectivity':
            combo = named(Combo(), _label(name), words)
            combo.currentTextChanged.connect(take)
            return (combo,)
        low, high, step = RANGES[name]
        count = len(_DEFAULTS[name]) if isinstance(_DEFAULTS[name], tuple) else 1
        boxes = []
        for number in range(count):
            box = IntBox(int(low), int(high), width=72) if name == 'bins' else FloatBox(low, high, step, width=72)
            ordinal = f' {number + 1}' if count > 1 else ''
            box.valueChanged.connect(take)
            boxes.append(named(box, f'{_label(name)}{ordinal}', words))
        return tuple(boxes)

    def _take(self, name: str, _value: object) -> None:
        editors = self.editors[name]
        if isinstance(editors[0], Combo):
            value: Any = next(key for key, words in CONNECTIVITIES.items() if words == editors[0].currentText())
        else:
            parts = tuple(editor.value() for editor in editors)
            value = parts if len(parts) > 1 else parts[0]
        chosen = {key: kept for key, kept in self._chosen.items() if key != name}
        if value != _DEFAULTS[name]:
            chosen[name] = value
        self.changed.emit(chosen)


def _label(name: str) -> str:
    return name.removesuffix('_mm').removesuffix('_ml').replace('_', ' ')


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ' and '.join(f'{part:g}' for part in value)
    return f'{value:g}' if isinstance(value, int | float) else str(value)
