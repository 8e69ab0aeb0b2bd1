"""Perturb: the stack, one row for each entry, in the order of application."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segrobust.perturb import Perturbation, Region, amounts, get_spec, perturbations
from napari_segrobust.perturb.record import MAX_SEVERITY
from napari_segrobust.perturb.spec import RANGE
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, named
from napari_segrobust.ui.widgets.parameter_form import ParameterField
from napari_segrobust.ui.widgets.severity_row import SeverityRow

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

#: First line of the list of perturbations: choosing another one adds it.
ADD = 'add ...'


class PerturbSection(BoundSection):
    """Rows bound to `ExploreState.stack`."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Perturb', explorer, palette)
        self.rows: list[SeverityRow] = []
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.add = named(Combo(), 'Add a perturbation', 'Add a perturbation at the end of the stack')
        self.titles = {spec.title: spec.name for spec in perturbations().values()}
        self.add.set_items([ADD, *self.titles], ADD)
        self.add.currentTextChanged.connect(self._add)
        self.reset = button('Reset to clean', 'Set every severity to 0; the stack stays', self.session.reset)
        self.empty = quiet('Nothing is changed. Add a perturbation, then drag its slider.')
        self.still = quiet('A mask that was given does not follow the slider.')
        words = 'Shift, dilate, drag or roughen the shown prediction; every number follows'
        self.edit = button('Edit the prediction', words, self._edit)
        self.body.addWidget(self.empty)
        self.body.addWidget(holder)
        self.body.addWidget(self.still)
        self.body.addWidget(line((self.add, 1), self.reset))
        self.body.addWidget(self.edit)
        self.links.add(self.session.state.events.stack, self.sync)
        self.links.add(self.session.state.events.lanes, self._show_still)
        self.links.add(self.session.case_changed, self.sync)
        self.sync()

    def sync(self, *_: object) -> None:
        """Show the state's stack; rows are re-made only where the names differ."""
        stack = self.session.state.stack
        if [row.property('perturbation') for row in self.rows] != [p.name for p in stack]:
            self._rebuild()
        for index, (row, record) in enumerate(zip(self.rows, stack, strict=True)):
            self._show(index, row, record)
        self.empty.setVisible(not stack)
        self._show_still()
        self.reset.setEnabled(any(p.severity > 0 for p in stack))
        acting = [f'{get_spec(p.name).title} {p.severity:g}' for p in stack if p.enabled and p.severity > 0]
        self.set_summary(', '.join(acting) or 'clean')

    def _show_still(self, *_: object) -> None:
        """Say why nothing but the image moves where no lane is a model."""
        lanes = self.session.state.lanes
        self.edit.setEnabled(bool(lanes))
        self.still.setVisible(bool(lanes and self.session.state.stack) and all(lane.given for lane in lanes))

    def _edit(self) -> None:
        from napari_segrobust.ui.lab.own import edit_prediction

        edit_prediction(self.explorer)

    def _show(self, index: int, row: SeverityRow, record: Perturbation) -> None:
        spec = get_spec(record.name)
        row.set_severity(record.severity)
        row.set_enabled(record.enabled)
        row.set_seed(record.seed)
        row.set_position(index, len(self.rows))
        choices = self._regions()
        shown = next((text for text, region in choices.items() if region == record.region), 'whole')
        row.set_region(shown, list(choices))
        values = amounts(record)
        first = spec.parameters[0]
        row.set_amount(f'{first.title} {_amount(values[first.name], first.unit)}')
        row.set_parameters(
            [
                ParameterField(
                    p.name, p.title, p.unit, p.minimum, p.maximum, values[p.name], p.name in record.parameters
                )
                for p in spec.parameters
            ]
        )

    def _regions(self) -> dict[str, Region]:
        """Regions by their words: the whole image, the reference's foreground, its background, each label."""
        case = self.session.case
        regions = {'whole': Region()}
        if case is None or not case.references:
            return regions
        regions['foreground'] = Region(kind='foreground')
        regions['background'] = Region(kind='background')
        named_labels = sorted(case.labels) if len(case.labels) <= 60 else []
        regions.update({case.label_name(value): Region(kind='label', label=value) for value in named_labels if value})
        return regions

    def _rebuild(self) -> None:
        for row in self.rows:
            self._column.removeWidget(row)
            row.deleteLater()
        self.rows = []
        for index, record in enumerate(self.session.state.stack):
            spec = get_spec(record.name)
            row = SeverityRow(spec.title, spec.summary, palette=self.palette_, maximum=MAX_SEVERITY)
            row.setProperty('perturbation', record.name)
            row.severity_changed.connect(partial(self._change, index, 'severity'))
            row.dragging_changed.connect(self.commit)
            row.enabled_changed.connect(partial(self._settle, index, 'enabled'))
            row.seed_changed.connect(partial(self._settle, index, 'seed'))
            row.region_changed.connect(partial(self._set_region, index))
            row.parameter_changed.connect(partial(self._set_parameter, index))
            row.moved.connect(partial(self._move, index))
            row.removed.connect(partial(self._remove, index))
            self._column.addWidget(row)
            self.rows.append(row)

    def _change(self, index: int, name: str, value: object) -> None:
        self.session.state.set_perturbation(index, **{name: value})

    def _settle(self, index: int, name: str, value: object) -> None:
        self._change(index, name, value)
        self.commit()

    def _set_region(self, index: int, text: str) -> None:
        self._settle(index, 'region', self._regions().get(text, Region()))

    def _set_parameter(self, index: int, name: str, value: float | None) -> None:
        parameters = dict(self.session.state.stack[index].parameters)
        if value is None:
            parameters.pop(name, None)
        else:
            parameters[name] = value
        self._settle(index, 'parameters', parameters)

    def _add(self, title: str) -> None:
        if title not in self.titles:
            return
        self.add.set_items([ADD, *self.titles], ADD)
        stack = (*self.session.state.stack, Perturbation(name=self.titles[title]))
        self.session.state.update({'stack': stack, 'focus': len(stack) - 1})
        self.commit()

    def _move(self, index: int, step: int) -> None:
        stack = list(self.session.state.stack)
        stack.insert(index + step, stack.pop(index))
        self.session.state.update({'stack': tuple(stack), 'focus': index + step})
        self.commit()

    def _remove(self, index: int) -> None:
        stack = self.session.state.stack[:index] + self.session.state.stack[index + 1 :]
        self.session.state.update({'stack': stack, 'focus': max(0, len(stack) - 1)})
        self.commit()


def _amount(value: float, unit: str) -> str:
    """A physical value with its unit; a fraction of the intensity range in percent of it."""
    return f'{100 * value:.3g} % of range' if unit == RANGE else f'{value:.3g} {unit}'.rstrip()
