"""Knobs: the parameters of a model that can be adjusted, live, each gesture undone as one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segrobust.segment.protocols import AdjustableSegmenter
from napari_segrobust.ui.sections.base import BoundSection, button, line
from napari_segrobust.ui.sections.parts import ModelPart
from napari_segrobust.ui.widgets.controls import LABEL_WIDTH, Combo, buddy, named
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from napari_segrobust.segment.protocols import Knob
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

#: Pixels beside the longest title.
_AIR = 8


class KnobsSection(BoundSection):
    """Bound to the parameters of one lane: the chosen one, or the first whose model can be adjusted.

    It hides where no lane has such a model. Knobs that the case leaves no choice in, such as the channel of a grey
    image, are not shown.
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Knobs', explorer, palette)
        #: The lane whose knobs are shown; None where there are none.
        self.lane: int | None = None
        self.rows: dict[str, SliderRow | Combo] = {}
        self._knobs: tuple[Knob, ...] = ()
        self.models = named(Combo(), 'Model of the knobs', 'Whose knobs these are')
        self.models.currentTextChanged.connect(self._choose)
        self._models_line = line(buddy('of', self.models), (self.models, 1))
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(3)
        self.reset = button('Defaults', 'All knobs of this model back to where they were', self._reset)
        self.body.addWidget(self._models_line)
        self.body.addWidget(holder)
        self.body.addWidget(line((QWidget(), 1), self.reset))
        for event in (
            self.session.state.events.lanes,
            self.session.case_changed,
            self.session.lanes_ready,
            explorer.lane_changed,
        ):
            self.links.add(event, self.sync)
        self.sync()

    def sync(self, *_: object) -> None:
        """Show the knobs of the lane, where they stand."""
        lanes, adjustable = self.session.state.lanes, self._adjustable()
        chosen = self.explorer.lane if self.explorer.lane in adjustable else next(iter(adjustable), None)
        self.lane = chosen
        self.setVisible(chosen is not None)
        if chosen is None:
            return
        titles = [self._title(index) for index in adjustable]
        self.models.set_items(titles, self._title(chosen))
        self._models_line.setVisible(len(adjustable) > 1)
        knobs = tuple(knob for knob in adjustable[chosen].parameters if self._is_open(knob))
        if knobs != self._knobs:
            self._rebuild(knobs)
        given = lanes[chosen].parameters
        for knob in knobs:
            row, value = self.rows[knob.name], given.get(knob.name, knob.default)
            if isinstance(row, Combo):
                row.set_items(knob.choices, knob.choices[int(value)])
            else:
                row.set_value(value)
        self.reset.setEnabled(bool(given))
        moved = ', '.join(_words(knob, given[knob.name]) for knob in knobs if knob.name in given)
        self.set_summary(f'{lanes[chosen].title}: {moved or "defaults"}')

    def _adjustable(self) -> dict[int, AdjustableSegmenter]:
        models = self.session.models
        found = {}
        for index, lane in enumerate(self.session.state.lanes):
            model = None if lane.given else models.get(lane.model_id)
            if isinstance(model, AdjustableSegmenter):
                found[index] = model
        return found

    def _is_open(self, knob: Knob) -> bool:
        """Whether the case leaves a choice in it."""
        case = self.session.case
        if case is None:
            return True
        return {'channel': len(case.image) > 1, 'scope': case.ndim == 3}.get(knob.name, True)

    def _title(self, index: int) -> str:
        return f'{index + 1} {self.session.state.lanes[index].title}'

    def _choose(self, text: str) -> None:
        index = next((index for index in self._adjustable() if self._title(index) == text), None)
        if index is not None:
            self.explorer.set_lane(index)

    def _rebuild(self, knobs: tuple[Knob, ...]) -> None:
        while (item := self._column.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        self.rows, self._knobs = {}, knobs
        titles = (self.fontMetrics().horizontalAdvance(knob.title) + _AIR for knob in knobs)
        width = max(LABEL_WIDTH, *titles)
        for knob in knobs:
            if knob.choices:
                combo = named(Combo(), knob.title, knob.words)
                combo.currentTextChanged.connect(partial(self._take_choice, knob))
                label = buddy(knob.title, combo)
                label.setFixedWidth(width)
                label.setToolTip(knob.words)
                self.rows[knob.name] = combo
                self._column.addWidget(line(label, (combo, 1)))
                continue
            row = SliderRow(
                knob.title,
                knob.minimum,
                knob.maximum,
                knob.step,
                unit=knob.unit,
                tooltip=knob.words,
                palette=self.palette_,
            )
            row.label.setFixedWidth(width)
            row.value_changed.connect(partial(self._take, knob))
            row.dragging_changed.connect(self.commit)
            self.rows[knob.name] = row
            self._column.addWidget(row)

    def _take_choice(self, knob: Knob, text: str) -> None:
        if text in knob.choices:
            self._take(knob, float(knob.choices.index(text)))
            self.commit()

    def _take(self, knob: Knob, value: float) -> None:
        """Put a value into the lane; what stands at its default is left out of the record."""
        lane = self.lane
        if lane is None:
            return
        given = {**self.session.state.lanes[lane].parameters, knob.name: value}
        if value == knob.default:
            del given[knob.name]
        self.session.state.set_lane(lane, parameters=given)

    def _reset(self) -> None:
        if self.lane is not None:
            self.session.state.set_lane(self.lane, parameters={})
            self.commit()


def _words(knob: Knob, value: float) -> str:
    told = knob.choices[int(value)] if knob.choices else f'{value:g} {knob.unit}'.strip()
    return f'{knob.title} {told}'


PART = ModelPart(10, KnobsSection)
