"""After the network: threshold and steps on the labels, of one model or of all, and whether they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox

from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.segment.post import Post, size_unit
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.sections.parts import ModelPart
from napari_segrobust.ui.widgets.controls import Combo, ElidingCheckBox, FloatBox, buddy, named
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from napari_segrobust.explore.state import Lane
    from napari_segrobust.segment import ModelSpec
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

EVERY = 'every model'
AS_TOLD = 'as the model says'


class PostSection(BoundSection):
    """Bound to threshold and steps of `ExploreState.lanes`."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('After the network', explorer, palette, unfolded=False)
        self.whose = named(Combo(), 'Whose steps', 'Change the chosen lane alone, or every model')
        self.whose.set_items([EVERY], EVERY)
        words = 'Probability from which a voxel belongs to the label; of a majority the share of votes to exceed'
        self.threshold = SliderRow('threshold', 0.0, 1.0, 0.01, tooltip=words, palette=palette)
        words = 'Of each label keep the largest component'
        self.largest = named(ElidingCheckBox('largest component'), 'Largest component', words)
        words = 'Background that a label encloses becomes that label'
        self.holes = named(QCheckBox('fill holes'), 'Fill holes', words)
        self.minimum = named(FloatBox(0.0, 10_000.0, width=84), 'Smallest component', 'Smaller components go')
        self.minimum.setDecimals(3)
        self.reset = button(AS_TOLD, "Back to the model's own threshold and steps", self._reset)
        words = 'Open the next case with this model, threshold, steps and parameters'
        self.keep = named(ElidingCheckBox('keep for the next case'), 'Keep for the next case', words)
        self.words = quiet()
        self._whose_line = line(buddy('of', self.whose), (self.whose, 1))
        steps = line((self.largest, 1), self.holes)
        sizes = line(buddy('from', self.minimum), self.minimum, (self.reset, 1))
        for part in (self._whose_line, self.threshold, steps, sizes, self.keep, self.words):
            self.body.addWidget(part)
        self._connect()
        self.sync()

    def _connect(self) -> None:
        session = self.session
        self.whose.currentTextChanged.connect(self.sync)
        self.threshold.value_changed.connect(self._set_threshold)
        self.threshold.dragging_changed.connect(self.commit)
        self.largest.toggled.connect(lambda on: self._set_post(largest_component=on))
        self.holes.toggled.connect(lambda on: self._set_post(fill_holes=on))
        self.minimum.valueChanged.connect(lambda value: self._set_post(minimum_ml=value))
        self.keep.toggled.connect(self._set_keep)
        for signal in (session.state.events.lanes, session.case_changed, session.lanes_ready):
            self.links.add(signal, self.sync)
        self.links.add(self.explorer.lane_changed, self.sync)

    def sync(self, *_: object) -> None:
        """Show the state of the first lane that is meant."""
        lanes = self.session.state.lanes
        networks = [index for index, lane in enumerate(lanes) if not lane.given]
        chosen = self._chosen(networks)
        every = self.whose.currentText() == EVERY or len(networks) < 2
        titles = lane_titles(self.session)
        named_lane = [] if chosen is None else [f'lane {chosen + 1}, {titles[chosen]}']
        self.whose.set_items([EVERY, *named_lane], EVERY if every or not named_lane else named_lane[0])
        self._whose_line.setVisible(len(networks) > 1)
        meant = self._meant()
        self.setVisible(bool(meant))
        if not meant:
            return
        lane, spec = lanes[meant[0]], self._spec(lanes[meant[0]])
        usable = spec is not None and (spec.activation != 'softmax' or len(spec.classes) == 2)
        self.threshold.setVisible(usable)
        if usable and spec is not None:
            self.threshold.set_value(spec.threshold if lane.threshold is None else lane.threshold)
        post = self._post(lane)
        for box, on in ((self.largest, post.largest_component), (self.holes, post.fill_holes)):
            with QSignalBlocker(box):
                box.setChecked(on)
        self._sync_size(post)
        self._sync_kept([lanes[index] for index in meant])
        told = all(lanes[index].threshold is None and lanes[index].post is None for index in meant)
        self.reset.setEnabled(not told)
        self.set_summary(AS_TOLD if told else self._described(lane))

    def _sync_size(self, post: Post) -> None:
        case = self.session.case
        if case is None:
            return
        unit = size_unit(case.ndim, case.geometry.spacing_mm)
        self.minimum.setSuffix(f' {unit}')
        self.minimum.show_value(post.minimum_ml)
        known = case.geometry.spacing_mm is not None
        self.minimum.setToolTip(
            f'Smaller components go{"" if known else "; the spacing is unknown: counted in " + unit}'
        )

    def _sync_kept(self, lanes: list[Lane]) -> None:
        kept = [self.explorer.keeper.get(lane.source) for lane in lanes]
        with QSignalBlocker(self.keep):
            self.keep.setChecked(all(kept))
        words = dict.fromkeys(f'{self._described(k.lane)}: chosen on {k.chosen_on}' for k in kept if k is not None)
        self.words.setText('\n'.join(words))
        self.words.setVisible(bool(words))

    # -- what is meant --------------------------------------------------------------------------------------

    def _chosen(self, networks: list[int]) -> int | None:
        """The chosen lane if it is a network, else the first network."""
        return self.explorer.lane if self.explorer.lane in networks else next(iter(networks), None)

    def _meant(self) -> list[int]:
        """Lanes that are changed, the shown one first."""
        networks = [index for index, lane in enumerate(self.session.state.lanes) if not lane.given]
        chosen = self._chosen(networks)
        if chosen is None or self.whose.currentText() != EVERY:
            return [] if chosen is None else [chosen]
        return [chosen, *(index for index in networks if index != chosen)]

    def _spec(self, lane: Lane) -> ModelSpec | None:
        model = self.session.models.get(lane.model_id)
        return None if model is None else model.spec

    def _post(self, lane: Lane) -> Post:
        spec = self._spec(lane)
        return lane.post or (Post() if spec is None else spec.post)

    def _described(self, lane: Lane) -> str:
        """Threshold and steps in words."""
        case, spec = self.session.case, self._spec(lane)
        unit = 'ml' if case is None else size_unit(case.ndim, case.geometry.spacing_mm)
        threshold = lane.threshold if lane.threshold is not None or spec is None else spec.threshold
        usable = threshold is not None and (spec is None or spec.activation != 'softmax' or len(spec.classes) == 2)
        parts = [f'threshold {threshold:.2f}'] if usable else []
        return ', '.join([*parts, self._post(lane).words(unit) or 'no steps'])

    # -- changing -------------------------------------------------------------------------------------------

    def _change(self, **changes: dict[int, object]) -> None:
        """Give lanes new values, by field and lane, in one go."""
        lanes = list(self.session.state.lanes)
        for field, values in changes.items():
            for index, value in values.items():
                lanes[index] = lanes[index].model_copy(update={field: value})
        self.session.state.lanes = tuple(lanes)

    def _set_threshold(self, value: float) -> None:
        self._change(threshold=dict.fromkeys(self._meant(), value))

    def _set_post(self, **step: bool | float) -> None:
        lanes = self.session.state.lanes
        self._change(post={index: self._post(lanes[index]).model_copy(update=step) for index in self._meant()})
        self.commit()

    def _reset(self) -> None:
        nothing = dict.fromkeys(self._meant())
        self._change(threshold=nothing, post=nothing)
        self.commit()

    def _set_keep(self, on: bool) -> None:
        for index in self._meant():
            self.explorer.keeper.keep(self.session.state.lanes[index], on)
        self.sync()


PART = ModelPart(30, PostSection)
