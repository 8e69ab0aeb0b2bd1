"""Where a number comes from, painted on the image: the voxels that decided it, or the two points of a maximum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Labels, Shapes
from napari.utils.colormaps import DirectLabelColormap
from psygnal import Signal

from napari_segrobust.compare import compare
from napari_segrobust.compare.witness import has_witness, witness
from napari_segrobust.digits import three_digits
from napari_segrobust.ui.canvas.colors import GREY, LABEL_COLORS, PINK, SKY, WHITE, Chip
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.canvas.settled import Masks, Settled

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from napari_segrobust.compare.witness import Witness

NAME = f'{PREFIX}witness'
#: Code and colour of each part: outlines and errors have others.
PARTS = {
    'reference': (1, SKY),
    'prediction': (2, PINK),
    'both': (3, WHITE),
    'missed': (4, GREY),
    'spurious': (5, '#7A5195'),
}
#: Matched objects have codes from here on, and as many colours.
_FIRST_OBJECT = 6
#: What the parts of a metric are, by the beginning of its key.
WORDS = {'nsd': 'outside tolerance', 'boundary': 'band', 'cl_dice': 'skeleton'}
_LINE_PIXELS = 2.0


@dataclass(frozen=True, eq=False)
class Pair:
    """Two points whose distance is the value.

    Attributes
    ----------
    ends : ndarray of int, shape (2, ndim)
        In the reference and in the prediction, in voxels of the volume.
    words : str
        Their distance with its unit.
    """

    ends: NDArray[np.intp]
    words: str


@dataclass(frozen=True, eq=False)
class Voxels:
    """Voxels that decided the value.

    Attributes
    ----------
    points : ndarray of int, shape (N, ndim)
    codes : ndarray of uint8, shape (N,)
    parts : tuple of str
        Those that there are.
    """

    points: NDArray[np.intp]
    codes: NDArray[np.uint8]
    parts: tuple[str, ...]


class WitnessLayer(Settled):
    """Paints where the chosen metric comes from, in one layer. GUI thread."""

    name: ClassVar[str] = NAME
    #: Key of the metric that is shown, or "".
    changed: ClassVar[Signal] = Signal(str)

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.metric = ''
        self._fly = False

    def show_metric(self, key: str) -> None:
        """Show where a metric comes from; "" for none."""
        if key != self.metric:
            self.metric, self._fly = key, bool(key)
            self.follow()
            self.changed.emit(key)

    def wanted(self) -> Hashable:
        """Return the metric, if there is anything to show of it."""
        return self.metric if has_witness(self.metric) else None

    def job(self, masks: Masks, wanted: str) -> Pair | Voxels | None:
        """Find the voxels."""
        pair = compare(
            masks.reference,
            masks.prediction,
            masks.spacing,
            labels=[masks.label],
            metrics=(),
            valid=masks.valid,
            settings=masks.settings,
        ).pairs[masks.label]
        found = witness(pair, wanted, masks.settings)
        if found is None:
            return None
        if wanted.startswith('hd'):
            ends = np.concatenate([found.parts['reference'], found.parts['prediction']])
            length = float(np.linalg.norm((ends[0] - ends[1]) * np.array(pair.steps)))
            return Pair(masks.place(ends), f'{three_digits(length)} {pair.length_unit}')
        return _voxels(found, masks)

    def show(self, made: Pair | Voxels | None) -> None:
        """Paint it, and go to the slice of a pair that was just asked for."""
        if made is None:
            return
        chips = self._chips(made)
        if isinstance(made, Pair):
            self._show_pair(made)
        else:
            self._show_voxels(made)
        self._overlays.add_chips(self.name, chips)

    # -- painting -------------------------------------------------------------------------------------------

    def _show_voxels(self, made: Voxels) -> None:
        case, layer = self._session.case, self._layer
        if not isinstance(layer, Labels) or layer.data.shape != case.shape or self.layer is None:
            layer = Labels(np.zeros(case.shape, np.uint8), opacity=0.9, colormap=_colormap(), **self.options)
            self.put(layer)
        layer.data[...] = 0
        layer.data[tuple(made.points.T)] = made.codes
        layer.visible = True
        layer.refresh()
        if self._fly and len(made.points):
            self._show_slice(made.points)

    def _show_pair(self, made: Pair) -> None:
        layer, ndim = self._layer, made.ends.shape[1]
        if not isinstance(layer, Shapes) or layer.ndim != ndim or self.layer is None:
            layer = Shapes(ndim=ndim, opacity=1.0, **self.options)
            self.put(layer)
        if self._fly:
            self._show_slice(made.ends[:1])
        lines = self._lines(made.ends)
        scale, zoom = np.abs(layer.scale), self._viewer.scene.camera.zoom
        layer.data = []
        layer.add_lines(lines, edge_color=PINK, edge_width=_LINE_PIXELS / zoom / float(scale[-1]))
        # Beside the line, not on it: in the corner of its box through which it does not run.
        rows, columns = (made.ends[1] - made.ends[0])[np.array(self._viewer.dims.displayed[-2:]) - self._offset(ndim)]
        corner = 'upper_right' if rows * columns > 0 else 'upper_left'
        layer.text = {'string': {'constant': made.words}, 'color': PINK, 'size': 11, 'anchor': corner}
        layer.visible = True

    def _lines(self, ends: NDArray[np.intp]) -> list[NDArray[np.float64]]:
        """One line; in 2D views its projection, on every slice from one end to the other."""
        dims, line = self._viewer.dims, ends.astype(float)
        offset = self._offset(line.shape[1])
        hidden = [axis - offset for axis in dims.not_displayed if axis >= offset]
        if not hidden:
            return [line]
        lines = []
        for index in range(int(line[:, hidden[0]].min()), int(line[:, hidden[0]].max()) + 1):
            lines.append(line.copy())
            lines[-1][:, hidden[0]] = index
        return lines

    def _offset(self, ndim: int) -> int:
        """Axes that the viewer has before those of the image."""
        return int(self._viewer.dims.ndim - ndim)

    def _show_slice(self, points: NDArray[np.intp]) -> None:
        """Turn to the slice with most of the points; once, when they were asked for."""
        self._fly = False
        dims = self._viewer.dims
        offset = self._offset(points.shape[1])
        for axis in dims.not_displayed:
            if axis >= offset and not np.any(points[:, axis - offset] == dims.current_step[axis]):
                dims.set_current_step(axis, int(np.bincount(points[:, axis - offset]).argmax()))

    def _chips(self, made: Pair | Voxels) -> tuple[Chip, ...]:
        if isinstance(made, Pair):
            return (Chip(PINK, f'farthest, {made.words}', '\u2015'),)
        words = next((words for start, words in WORDS.items() if self.metric.startswith(start)), 'object')
        chips = [Chip(PARTS[part][1], f'{words}: {part}', '\u25a0') for part in made.parts if part in PARTS]
        if 'matched' in made.parts:
            chips.insert(0, Chip(LABEL_COLORS[1], 'matched objects', '\u25a0'))
        return tuple(chips)


def _voxels(found: Witness, masks: Masks) -> Voxels:
    points, codes, parts = [], [], []
    for part, where in found.parts.items():
        if not len(where):
            continue
        if part in found.numbers:
            code = (_FIRST_OBJECT + (found.numbers[part] - 1) % len(LABEL_COLORS)).astype(np.uint8)
        else:
            code = np.full(len(where), PARTS[part][0], np.uint8)
        points.append(masks.place(where))
        codes.append(code)
        parts.append('matched' if part in found.numbers else part)
    if parts == ['reference', 'prediction']:
        shared = _shared(points[0], points[1])
        points.append(shared)
        codes.append(np.full(len(shared), PARTS['both'][0], np.uint8))
        parts += ['both'] if len(shared) else []
    empty = np.zeros((0, masks.reference.ndim + (masks.plane is not None)), np.intp)
    return Voxels(np.concatenate([empty, *points]), np.concatenate([np.zeros(0, np.uint8), *codes]), tuple(parts))


def _shared(one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.intp]:
    """Points that are in both lists."""
    extent = tuple(np.maximum(one.max(axis=0), other.max(axis=0)) + 1)
    both = np.intersect1d(np.ravel_multi_index(tuple(one.T), extent), np.ravel_multi_index(tuple(other.T), extent))
    return np.stack(np.unravel_index(both, extent), axis=1)


def _colormap() -> DirectLabelColormap:
    table: dict[int | None, str] = {None: 'transparent', 0: 'transparent'}
    table.update(dict(PARTS.values()))
    table.update({_FIRST_OBJECT + i: color for i, color in enumerate(LABEL_COLORS)})
    return DirectLabelColormap(color_dict=table)
