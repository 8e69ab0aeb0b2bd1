"""Context: through what the model sees: the window, its overlap, and the box outside which there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.context import foreground_fraction
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.range_row import RangeRow
from napari_segrobust.ui.widgets.size_row import SizeRow
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from napari_segrobust.context import Context
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

PRESETS = (32, 48, 64, 80, 96)


class ContextSection(BoundSection):
    """Bound to the context of the first lane; a change goes to every lane that has a model."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Context', explorer, palette)
        self.window = SizeRow('window', tooltip='Tile of the sliding window, in voxels, z y x', palette=palette)
        self.overlap = SliderRow(
            'overlap', 0.0, 0.75, 0.05, tooltip='Share of a window that its neighbours see too', palette=palette
        )
        self.blending = named(Combo(), 'Blending', 'Weights of a window where windows overlap')
        self.box = button('Draw context box', 'Drag a box (key W): outside it the model sees nothing', self._draw)
        self.clear = button('Whole image', 'Take the context box away', self._clear)
        self.slices = RangeRow('slices', tooltip='How far the context box reaches over slices', palette=palette)
        self.share = quiet()
        self.reason = quiet()
        self.body.addWidget(self.window)
        self.body.addWidget(self.overlap)
        self.body.addWidget(line(buddy('blending', self.blending), (self.blending, 1)))
        self.body.addWidget(line((self.box, 1), self.clear))
        self.body.addWidget(self.slices)
        self.body.addWidget(self.share)
        self.body.addWidget(self.reason)
        self.window.size_changed.connect(lambda size: self._change(window=tuple(size)))
        self.overlap.value_changed.connect(lambda value: self._change(commit=False, overlap=value))
        self.overlap.dragging_changed.connect(self.commit)
        self.blending.currentTextChanged.connect(lambda text: self._change(blending=text))
        self.slices.range_changed.connect(self._set_slices)
        self.links.add(self.session.state.events.lanes, self.sync)
        self.links.add(self.session.case_changed, self.sync)
        self.links.add(self.session.lanes_ready, self.sync)
        self.links.add(self.session.volume_ready, self._show_share)
        self.sync()

    def sync(self, *_: object) -> None:
        """Show the first model lane's context."""
        case = self.session.case
        lane = next((lane for lane in self.session.state.lanes if not lane.given), None)
        model = None if lane is None else self.session.models.get(lane.source)
        fits = case is not None and lane is not None and model is not None
        for widget in (self.window, self.overlap, self.blending, self.box, self.clear, self.slices):
            widget.setEnabled(fits)
        if case is None or lane is None or model is None:
            self.reason.setText('' if case is None else 'A mask that was given has no window.')
            self.set_summary('')
            return
        spec, context = model.spec, lane.context
        size = context.window or spec.window or case.shape[-spec.dimensions :]
        presets = [(f'{n} cubed' if spec.dimensions == 3 else f'{n} squared', (n,) * spec.dimensions) for n in PRESETS]
        whole = ('whole slice' if spec.dimensions == 2 else 'whole volume', case.shape[-spec.dimensions :])
        self.window.set_size(size, [whole, *presets])
        self.overlap.set_value(spec.overlap if context.overlap is None else context.overlap)
        self.blending.set_items(['gaussian', 'constant'], context.blending or spec.blending)
        depth = case.shape[0] if case.ndim == 3 else 1
        start, stop = context.box[0] if context.box is not None and case.ndim == 3 else (0, depth)
        self.slices.set_range(start, stop, depth)
        self.slices.setVisible(context.box is not None and case.ndim == 3)
        self.clear.setEnabled(context.box is not None)
        per_slice = spec.dimensions == 2 and case.ndim == 3
        self.reason.setText('A 2D model: one slice at a time.' if per_slice else '')
        self.reason.setVisible(per_slice)
        self.set_summary(' x '.join(str(n) for n in size) + (', box' if context.box else ''))
        self._show_share()

    def _show_share(self, *_: object) -> None:
        """Share of the foreground in what the model sees, of the reference and of the prediction."""
        case = self.session.case
        lane = next((lane for lane in self.session.state.lanes if not lane.given), None)
        if case is None or lane is None:
            self.share.setText('')
            return
        where = 'box' if lane.context.box else 'image'
        label = self.session.state.label
        words = []
        name = self.session.state.reference or next(iter(case.references), None)
        if name is not None:
            words.append(f'reference {100 * foreground_fraction(case.references[name], lane.context.box, label):.3g} %')
        volume = self.session.volume
        if volume is not None and self.session.is_current(volume.request) and volume.lanes:
            share = foreground_fraction(volume.lanes[0].labels, lane.context.box, label)
            words.append(f'prediction {100 * share:.3g} %')
        self.share.setText(f'foreground in {where}: {", ".join(words)}' if words else '')

    def _change(self, *, commit: bool = True, **changes: object) -> None:
        state = self.session.state
        state.lanes = tuple(
            lane if lane.given else lane.model_copy(update={'context': _changed(lane.context, changes)})
            for lane in state.lanes
        )
        if commit:
            self.commit()

    def _set_slices(self, start: int, stop: int) -> None:
        self.explorer.context_box.set_slice_range(start, stop)

    def _draw(self) -> None:
        self.explorer.context_box.start()

    def _clear(self) -> None:
        self._change(box=None)


def _changed(context: Context, changes: dict[str, object]) -> Context:
    return type(context).model_validate({**context.model_dump(), **changes})
