"""Change a mask: the edits of one prediction, a row for each, in the order of application."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_segrobust.lab import MaskEdit, mask_edits
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, IconButton, buddy, named
from napari_segrobust.ui.widgets.section import Section
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from napari_segrobust.lab import EditSpec
    from napari_segrobust.ui.lab.state import Lab
    from napari_segrobust.ui.widgets.palette import Palette

#: First line of the list of edits: choosing another one adds it.
ADD = 'add ...'
_AXES = ('z', 'y', 'x')
_MAX_SEED = 2**31 - 1
#: Furthest that a slider moves along an axis, in mm.
_REACH = 20.0


class EditRow(QWidget):
    """One edit: a slider for its amount, or for each axis that it moves along, and for its radius.

    Parameters
    ----------
    spec : EditSpec
    ndim : int
        Of the mask.
    unit : str
        Of lengths.
    palette : Palette
    """

    #: Fields of the record that changed, by name.
    changed = Signal(dict)
    removed = Signal()

    def __init__(self, spec: EditSpec, ndim: int, unit: str, palette: Palette) -> None:
        super().__init__()
        self.spec = spec
        self._edit = MaskEdit(name=spec.name)
        self.title = QLabel(spec.title)
        self.title.setToolTip(spec.summary)
        self.draw = IconButton('die', f'{spec.title}, new draw', 'New draw: another seed', palette=palette)
        self.draw.setVisible(spec.seed)
        self.remove = IconButton('close', f'Remove {spec.title}', 'Remove this edit', palette=palette)
        self.axes: list[SliderRow] = []
        self.amount: SliderRow | None = None
        self.radius: SliderRow | None = None
        whole = spec.unit in ('objects', 'doublings')
        if spec.offset:
            for name in _AXES[-ndim:]:
                self.axes.append(
                    SliderRow(name, -_REACH, _REACH, 0.5, unit=unit, tooltip=f'Along {name}', palette=palette)
                )
        elif spec.unit != 'switch':
            span = spec.amount
            what = {'objects': 'number', 'doublings': 'doublings'}.get(spec.unit, 'amount')
            self.amount = SliderRow(
                what,
                span.minimum,
                span.maximum,
                1 if whole else 0.1,
                unit='' if whole else unit,
                tooltip=f'{span.title}. {spec.summary}',
                palette=palette,
            )
        if spec.radius is not None:
            span = spec.radius
            self.radius = SliderRow(
                'radius', span.minimum, span.maximum, 0.5, unit=unit, tooltip=span.title, palette=palette
            )
        self._lay_out()
        self.draw.clicked.connect(lambda _checked=False: self.changed.emit({'seed': (self._edit.seed + 1) % _MAX_SEED}))
        self.remove.clicked.connect(lambda _checked=False: self.removed.emit())

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(2)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.draw)
        top.addWidget(self.remove)
        layout.addLayout(top)
        for slider in self.axes:
            slider.value_changed.connect(self._move)
            layout.addWidget(slider)
        if self.amount is not None:
            self.amount.value_changed.connect(lambda value: self.changed.emit({'amount': value}))
            layout.addWidget(self.amount)
        if self.radius is not None:
            self.radius.value_changed.connect(lambda value: self.changed.emit({'radius': value}))
            layout.addWidget(self.radius)

    def show_edit(self, edit: MaskEdit) -> None:
        """Show a record without emitting."""
        self._edit = edit
        for slider, length in zip(self.axes, edit.offset or (0.0,) * len(self.axes), strict=True):
            slider.set_value(edit.amount * length)
        if self.amount is not None:
            self.amount.set_value(edit.amount)
        if self.radius is not None:
            self.radius.set_value(self.spec.radius_of(edit))

    def _move(self, _value: float) -> None:
        offset = tuple(slider.value() for slider in self.axes)
        self.changed.emit({'offset': offset, 'amount': float(any(offset))})


class EditSection(Section):
    """Bound to the edits of the chosen pane.

    Parameters
    ----------
    lab : Lab
    palette : Palette
    """

    def __init__(self, lab: Lab, palette: Palette) -> None:
        super().__init__('Change a mask', palette=palette)
        self.lab = lab
        self.rows: list[EditRow] = []
        self._shape: tuple[object, ...] = ()
        self.pane = named(Combo(), 'Prediction to change', 'Which prediction is changed; a click on its picture too')
        self.add = named(Combo(), 'Add an edit', 'Add an edit of this prediction')
        self.titles = {spec.title: spec.name for spec in mask_edits().values()}
        self.add.set_items([ADD, *self.titles], ADD)
        self.reset = button('As it was', 'Undo every change of this scene', lab.bench.reset)
        self.hint = quiet('Add an edit, or drag a part of a prediction with the mouse.')
        self.fault = quiet()
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.body.addWidget(line(buddy('change', self.pane), (self.pane, 1)))
        self.body.addWidget(self.hint)
        self.body.addWidget(holder)
        self.body.addWidget(self.fault)
        self.body.addWidget(line((self.add, 1), self.reset))
        self.pane.currentIndexChanged.connect(lab.choose)
        self.add.currentTextChanged.connect(self._add)
        self._links = Connections()
        events = lab.bench.events
        for signal in (events.edits, events.settings, events.outer_contours, lab.computed, lab.looked):
            self._links.add(signal, self.sync)
        self.sync()

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def sync(self, *_: object) -> None:
        """Show the edits of the chosen pane; rows are made anew only where their names differ."""
        lab, found = self.lab, self.lab.found
        if found is None or not found.panes or found.scene is not lab.bench.scene:
            return
        names = [f'{i + 1}  {pane.name} {pane.case}'.strip() for i, pane in enumerate(found.panes)]
        self.pane.set_items(names, names[lab.chosen])
        edits = lab.bench.edits.get(lab.chosen, ())
        pane = found.panes[lab.chosen]
        unit = 'mm' if pane.spacing is not None else 'px'
        shape = (pane.reference.ndim, unit, *(edit.name for edit in edits))
        if shape != self._shape:
            self._shape = shape
            self._rebuild(edits, pane.reference.ndim, unit)
        for row, edit in zip(self.rows, edits, strict=True):
            row.show_edit(edit)
        self.hint.setVisible(not edits)
        self.fault.setText(found.fault)
        self.fault.setVisible(bool(found.fault))
        self.reset.setEnabled(lab.bench.changed or bool(lab.bench.edits))
        self.set_summary(', '.join(row.spec.title for row in self.rows) or 'as drawn')

    def _rebuild(self, edits: tuple[MaskEdit, ...], ndim: int, unit: str) -> None:
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for index, edit in enumerate(edits):
            row = EditRow(mask_edits()[edit.name], ndim, unit, self.palette_)
            row.changed.connect(partial(self._change, index))
            row.removed.connect(partial(self._remove, index))
            self._column.addWidget(row)
            self.rows.append(row)

    def _add(self, title: str) -> None:
        if title not in self.titles or self.lab.found is None:
            return
        self.add.set_items([ADD, *self.titles], ADD)
        spec = mask_edits()[self.titles[title]]
        # What it adds is seen at once: its usual amount, and a direction where it needs one.
        ndim = self.lab.found.panes[self.lab.chosen].reference.ndim
        offset = (*(0.0,) * (ndim - 1), 1.0) if spec.offset else None
        self.lab.bench.add(self.lab.chosen, MaskEdit(name=spec.name, amount=spec.amount.default, offset=offset))

    def _change(self, index: int, fields: dict[str, object]) -> None:
        self.lab.bench.change(self.lab.chosen, index, **fields)

    def _remove(self, index: int) -> None:
        self.lab.bench.remove(self.lab.chosen, index)
