"""Context: through what the model sees: the window, how windows are joined, and the box around all of them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox

from napari_segrobust.context import foreground_fraction
from napari_segrobust.segment.protocols import WholeSegmenter
from napari_segrobust.ui.canvas.window_alone import alone_words
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.range_row import RangeRow
from napari_segrobust.ui.widgets.size_row import OWN, SizeRow
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from napari_segrobust.context import Context
    from napari_segrobust.explore.state import Lane
    from napari_segrobust.segment import ModelSpec
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

PRESETS = (32, 48, 64, 80, 96)
ALL = 'all models'
GRIDS = {'monai': 'MONAI', 'nnunet': 'nnU-Net'}
BLENDINGS = ('gaussian', 'constant')
PADDINGS = ('constant', 'reflect', 'replicate')
#: Where the window is another than the network's own.
MOVED = 'Fixed weights, unlike the published experiments.'
_MOVED_WHY = (
    'The network keeps the weights that it learnt at its own window. In the published comparisons of windows each one\n'
    'was trained at its window, which changes what is learnt: what is seen here is sensitivity, not their finding.'
)


class ContextSection(BoundSection):
    """Bound to the contexts of the lanes.

    Window, overlap, blending, grid, padding and mirroring are those of one model, or of all of them at once; the
    context box is one for all lanes, so that their numbers are about the same voxels.
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Context', explorer, palette)
        self._axis: int | None = None
        #: The lane that is shown and changed; None is every lane that has a model.
        self.lane: int | None = None
        self.models = named(Combo(), 'Models of the context', 'Whose window and overlap; the box is for all')
        self.size_row = SizeRow('window', tooltip='Tile of the sliding window, in voxels, z y x')
        self.overlap = SliderRow(
            'overlap', 0.0, 0.9, 0.05, tooltip='Share of a window that its neighbours see too', palette=palette
        )
        self.blending = named(Combo(), 'Blending', 'Weights of a window where windows overlap')
        self.grid = named(Combo(), 'Grid', 'Whose steps the windows take, and whose Gaussian weighs them')
        words = 'How a window is filled up where the image, or the context box, is smaller than it'
        self.padding = named(Combo(), 'Padding', words)
        words = 'Average over mirror images along these axes of the model; each axis doubles the time'
        self.mirror = named(Combo(), 'Mirroring', words)
        self.moved = quiet(MOVED)
        self.moved.setToolTip(_MOVED_WHY)
        words = 'Drag a box (key W): outside it no model sees anything, and nothing is counted'
        words = 'Draw the windows that see the shown slice; point at one for its numbers, click it to see it alone'
        self.windows = named(QCheckBox('window grid'), 'Window grid', words)
        words = 'Every window: Dice against foreground fraction, seams, distance to the edge, sampling'
        self.lab = button('Window lab', words, self._show_lab)
        self.said = quiet()
        self.box = button('Draw context box', words, self._draw)
        self.clear = button('Whole image', 'Take the context box away', self._clear)
        self.slices = RangeRow('slices', tooltip='How far the context box reaches over slices', palette=palette)
        self.share = quiet()
        self.reason = quiet()
        self._models_line = line(buddy('for', self.models), (self.models, 1))
        self.settings = (self.size_row, self.overlap, self.blending, self.grid, self.padding, self.mirror)
        self._lay_out()
        self._connect()
        self._say_window()
        self.sync()

    def _lay_out(self) -> None:
        self.body.addWidget(self._models_line)
        self.body.addWidget(self.size_row)
        self.body.addWidget(self.overlap)
        blending, padding = buddy('blending', self.blending), buddy('padding', self.padding)
        self.body.addWidget(line(blending, (self.blending, 1), buddy('grid', self.grid), (self.grid, 1)))
        self.body.addWidget(line(padding, (self.padding, 1), buddy('mirror', self.mirror), (self.mirror, 1)))
        self.body.addWidget(self.moved)
        self.body.addWidget(self.reason)
        self.body.addWidget(line((self.windows, 1), self.lab))
        self.body.addWidget(self.said)
        self.body.addWidget(line((self.box, 1), self.clear))
        self.body.addWidget(self.slices)
        self.body.addWidget(self.share)

    def _connect(self) -> None:
        explorer, events = self.explorer, self.session.state.events
        self.models.currentTextChanged.connect(self._choose)
        self.size_row.size_changed.connect(lambda size: self._change(window=tuple(size)))
        self.size_row.own_chosen.connect(lambda: self._change(window=None))
        self.overlap.value_changed.connect(lambda value: self._change(commit=False, overlap=value))
        self.overlap.dragging_changed.connect(self.commit)
        self.blending.currentTextChanged.connect(lambda text: self._change(blending=text))
        self.grid.currentTextChanged.connect(lambda text: self._change(grid=_key(GRIDS, text)))
        self.padding.currentTextChanged.connect(lambda text: self._change(padding=text))
        self.mirror.currentTextChanged.connect(self._set_mirror)
        self.slices.range_changed.connect(self._set_slices)
        self.windows.toggled.connect(explorer.window_grid.set_on)
        lab, alone = explorer.windows, explorer.window_alone
        for signal in (lab.changed, lab.selected_changed, lab.hovered_changed, alone.changed):
            self.links.add(signal, self._say_window)
        self.links.add(events.lanes, self.sync)
        self.links.add(self.session.case_changed, self.sync)
        self.links.add(self.session.lanes_ready, self.sync)
        self.links.add(self.session.volume_ready, self._show_share)
        self.links.add(events.label, self._show_share)
        self.links.add(events.plane, self._follow_plane)
        self.links.add(explorer.lane_changed, self._follow_lane)

    def sync(self, *_: object) -> None:
        """Show the context of the chosen lane, or what all of them share."""
        case, lanes = self.session.case, self.session.state.lanes
        fitting = self._with_model()
        if self.lane not in fitting or len(fitting) == 1:
            self.lane = None
        titles = [self._title(index) for index in fitting]
        self.models.set_items([ALL, *titles], ALL if self.lane is None else self._title(self.lane))
        self._models_line.setVisible(len(fitting) > 1)
        self._sync_box()
        chosen = self._chosen()
        specs = [
            self.session.models[lanes[n].model_id].spec for n in chosen if lanes[n].model_id in self.session.models
        ]
        ready = case is not None and 0 < len(specs) == len(chosen)
        for widget in self.settings:
            widget.setEnabled(ready)
        if case is None or not ready:
            self._say(self._why_not() if case is not None and lanes and not fitting else '')
            self.moved.setVisible(False)
            self.set_summary('')
            return
        seen = [_seen(lanes[n].context, spec, case.shape) for n, spec in zip(chosen, specs, strict=True)]
        self._show(seen[0])
        self.moved.setVisible(any(one.window != one.own for one in seen))
        mixed = len({len(one.window) for one in seen}) > 1
        self.size_row.setEnabled(not mixed)
        self.mirror.setEnabled(not mixed)
        if mixed:
            self._say('2D and 3D models share no window: choose one.')
        elif len(set(seen)) > 1:
            self._say(f'Shown is {self._title(chosen[0])}; others differ. A change sets all.')
        else:
            self._say('A 2D model: one slice at a time.' if len(seen[0].window) == 2 and case.ndim == 3 else '')
        words = ' x '.join(str(n) for n in seen[0].window) if len(set(seen)) == 1 else 'differs by model'
        whose = '' if self.lane is None else f'{self._title(self.lane)}: '
        self.set_summary(whose + words + (', box' if lanes[0].context.box else ''))

    def _show(self, seen: _Seen) -> None:
        """Show what one model sees through."""
        size, shape = seen.window, self.session.case.shape
        presets = [(f'{n} cubed' if len(size) == 3 else f'{n} squared', (n,) * len(size)) for n in PRESETS]
        whole = ('whole slice' if len(size) == 2 else 'whole volume', shape[-len(size) :])
        self.size_row.set_size(size, [(OWN, seen.own), whole, *presets])
        self.overlap.set_value(seen.overlap)
        self.blending.set_items(BLENDINGS, seen.blending)
        self.grid.set_items(list(GRIDS.values()), GRIDS[seen.grid])
        self.padding.set_items(PADDINGS, seen.padding)
        choices = [axes for count in range(len(size) + 1) for axes in combinations(range(len(size)), count)]
        self.mirror.set_items([mirror_words(axes, len(size)) for axes in choices], mirror_words(seen.mirror, len(size)))

    def _sync_box(self) -> None:
        """Show the box of all lanes."""
        case, lanes = self.session.case, self.session.state.lanes
        box = lanes[0].context.box if lanes else None
        there = case is not None and bool(lanes)
        self.box.setEnabled(there)
        self.box.setText('Draw context box' if len(lanes) < 2 else 'Draw box of all lanes')
        self.clear.setEnabled(there and box is not None)
        self._axis = self.explorer.context_box.axis
        depth = 1 if case is None or self._axis is None else case.shape[self._axis]
        has_slices = box is not None and depth > 1
        self.slices.setVisible(has_slices)
        if box is not None and has_slices:
            self.slices.set_range(*box[self._axis], depth)
        self._show_share()

    def _follow_plane(self, *_: object) -> None:
        """The slices of another plane lie along another axis."""
        if self.explorer.context_box.axis != self._axis:
            self._sync_box()

    def _show_share(self, *_: object) -> None:
        """Share of the foreground in what the models see: of the reference, and of each chosen lane's prediction."""
        case, state, volume = self.session.case, self.session.state, self.session.volume
        self.share.setText('')
        if case is None or not state.lanes:
            return
        box, words = state.lanes[0].context.box, []
        name = state.reference or next(iter(case.references), None)
        if name is not None:
            words.append(f'reference {100 * foreground_fraction(case.references[name], box, state.label):.3g} %')
        if volume is not None and self.session.is_current(volume.request):
            chosen = self._chosen() or range(len(state.lanes))
            found = [view for view in volume.lanes if view.index in chosen]
            shares = [f'{100 * foreground_fraction(view.labels, box, state.label):.3g}' for view in found]
            whose = 'prediction' if len(state.lanes) == 1 else 'predictions'
            if len(found) == 1 < len(state.lanes):
                whose = self._title(found[0].index)
            words += [f'{whose} {", ".join(shares)} %'] if shares else []
        where = 'box' if box else 'image'
        self.share.setText(f'foreground in {where}: {", ".join(words)}' if words else '')

    def _say_window(self, *_: object) -> None:
        """Say which windows are drawn, and what is known of the one that is meant."""
        lab, alone, grid = self.explorer.windows, self.explorer.window_alone, self.explorer.window_grid
        with QSignalBlocker(self.windows):
            self.windows.setChecked(grid.is_on)
        meant = lab.selected if lab.hovered is None else lab.hovered
        words = lab.why if grid.is_on else ''
        if meant is not None:
            words = lab.words(meant)
            if meant == lab.selected:
                more = alone_words(alone.found) if alone.found is not None else alone.message
                words = '. '.join(filter(None, (words, 'asking it alone ...' if alone.is_busy else more)))
        elif grid.is_on and lab.layout is not None:
            words = f'{len(lab.layout):,} windows: point at one'
        self.said.setText(words)
        self.said.setVisible(bool(words))

    # -- which lanes ----------------------------------------------------------------------------------------------

    def _with_model(self) -> list[int]:
        """Lanes whose model looks through windows of ours."""
        models, lanes = self.session.models, self.session.state.lanes
        whole = {name for name, model in models.items() if isinstance(model, WholeSegmenter)}
        return [index for index, lane in enumerate(lanes) if not lane.given and lane.model_id not in whole]

    def _why_not(self) -> str:
        if all(lane.given for lane in self.session.state.lanes):
            return 'A mask that was given has no window.'
        return 'It decides itself on what it sees: there is no window to set.'

    def _chosen(self) -> list[int]:
        return self._with_model() if self.lane is None else [self.lane]

    def _title(self, index: int) -> str:
        return f'{index + 1} {self.session.state.lanes[index].title}'

    def _choose(self, text: str) -> None:
        self.lane = next((index for index in self._with_model() if self._title(index) == text), None)
        if self.lane is not None:
            self.explorer.set_lane(self.lane)  # what is changed is what one looks at
        self.sync()

    def _follow_lane(self, lane: int) -> None:
        """Another lane is looked at: where one model is changed alone, it is this one."""
        if self.lane is not None and lane in self._with_model():
            self.lane = lane
            self.sync()

    # -- changing -------------------------------------------------------------------------------------------------

    def _say(self, words: str) -> None:
        self.reason.setText(words)
        self.reason.setVisible(bool(words))

    def _change(self, *, commit: bool = True, **changes: object) -> None:
        state, chosen = self.session.state, self._chosen()
        state.lanes = tuple(
            _changed(lane, changes) if index in chosen else lane for index, lane in enumerate(state.lanes)
        )
        if commit:
            self.commit()

    def _set_mirror(self, words: str) -> None:
        count = len(self.size_row.size_voxels())
        chosen = [axis for axis, name in enumerate('zyx'[-count:]) if name in words.partition(',')[0].split()]
        self._change(mirror=tuple(chosen))

    def _set_slices(self, start: int, stop: int) -> None:
        self.explorer.context_box.set_slice_range(start, stop)

    def _show_lab(self) -> None:
        from napari_segrobust.ui.windows.room import show_windows  # it imports the explorer, which makes this panel

        show_windows(self.explorer.viewer)

    def _draw(self) -> None:
        self.explorer.context_box.start()

    def _clear(self) -> None:
        self.explorer.context_box.clear()


class _Seen(NamedTuple):
    """Through what a model sees, its own where nothing else was asked for, and its own window."""

    window: tuple[int, ...]
    own: tuple[int, ...]
    overlap: float
    blending: str
    grid: str
    padding: str
    mirror: tuple[int, ...]


def mirror_words(axes: tuple[int, ...], count: int) -> str:
    """Words for mirrored axes out of `count`: "none", "y x, 4 times the work"."""
    names = ' '.join('zyx'[-count:][axis] for axis in axes)
    return f'{names}, {2 ** len(axes)} times the work' if axes else 'none'


def _key(titles: dict[str, str], text: str) -> str:
    return next(key for key, title in titles.items() if title == text)


def _changed(lane: Lane, changes: dict[str, object]) -> Lane:
    context = type(lane.context).model_validate({**lane.context.model_dump(), **changes})
    return lane.model_copy(update={'context': context})


def _seen(context: Context, spec: ModelSpec, shape: tuple[int, ...]) -> _Seen:
    own = spec.window or shape[-spec.dimensions :]
    mirror = spec.mirror_axes if context.mirror is None else context.mirror
    return _Seen(
        window=context.window or own,
        own=own,
        overlap=spec.overlap if context.overlap is None else context.overlap,
        blending=context.blending or spec.blending,
        grid=context.grid or spec.grid,
        padding=context.padding,
        mirror=tuple(axis for axis in mirror if axis < spec.dimensions),
    )
