"""The layers of one explorer: made once, found again, made again if someone deletes them.

A layer is known by its role and its cell. A cell is a lane, or `CLEAN`, the clean run that stands beside lane 0.
Cells share arrays where they show the same thing.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels
from napari.utils.transforms import Affine

from napari_segrobust.compare import ErrorCode
from napari_segrobust.compare.maps import CHANGE_NAMES, DRIFT_NAMES, ERROR_NAMES
from napari_segrobust.explore.picture import PALE
from napari_segrobust.explore.state import MAX_LANES
from napari_segrobust.ui.canvas.colors import (
    CHANGE_COLORS,
    DRIFT_COLORS,
    ERROR_COLORS,
    REFERENCE_COLOR,
    code_colormap,
    label_colormap,
    one_label_colormap,
    recolor,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case, Label
    from napari_segrobust.explore.resolve import Request

PREFIX = '[sr] '
IMAGE, SOFT, PROBABILITY, ERROR, CHANGE, OUTSIDE, REFERENCE, PREDICTION = (
    'image', 'soft reference', 'probability', 'errors', 'change', 'outside context', 'reference', 'prediction',
)  # fmt: skip
#: From the bottom of the list to its top: an error of one voxel is not hidden by the outline that runs through it.
ROLES = (IMAGE, SOFT, PROBABILITY, REFERENCE, PREDICTION, OUTSIDE, CHANGE, ERROR)
#: The cell of the clean run, after every lane.
CLEAN = MAX_LANES
#: Roles whose voxels are the same in every cell, and those that differ in the clean run alone.
_SHARED, _SHARED_BUT_CLEAN = (SOFT, OUTSIDE), (IMAGE, REFERENCE)
_MAP_OPACITY = 0.75

Key = tuple[str, int]


@dataclass(frozen=True)
class Placement:
    """Where layers lie in the world: the transforms of a napari layer.

    Attributes
    ----------
    transforms : mapping
        ``scale``, ``translate``, ``rotate``, ``shear``, ``affine``, ``units`` and ``axis_labels`` as layers take them.
    """

    transforms: Mapping[str, Any]

    @classmethod
    def of_case(cls, case: Case) -> Placement:
        """Scaled by the spacing, unrotated: napari cannot slice a rotated grid."""
        geometry = case.geometry
        unit = 'mm' if geometry.has_spacing else 'pixel'
        return cls(
            {
                'scale': geometry.spacing,
                'units': (unit,) * geometry.ndim,
                'axis_labels': ('z', 'y', 'x')[-geometry.ndim :],
            }
        )

    @classmethod
    def of_layer(cls, layer: Layer) -> Placement:
        """All transforms of a layer that someone else made."""
        names = ('scale', 'translate', 'rotate', 'shear', 'affine', 'units', 'axis_labels')
        return cls({name: getattr(layer, name) for name in names})

    def within(self, origin: Sequence[float], scale: Sequence[float]) -> Placement:
        """Where another grid lies, whose origin and voxel size are in voxels of a layer that is placed so."""
        mine = self.transforms
        frame = Affine(**{name: mine[name] for name in ('scale', 'translate', 'rotate', 'shear') if name in mine})
        return Placement({**mine, 'scale': np.array(mine['scale']) * scale, 'translate': frame(np.array(origin))})

    def equals(self, other: Placement) -> bool:
        """Whether both lie in the same place."""
        mine, its = self.transforms, other.transforms
        return mine.keys() == its.keys() and all(np.array_equal(mine[name], its[name]) for name in mine)


class LayerSet:
    """Our layers in one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    case : Case
    placement : Placement
    """

    def __init__(self, viewer: Any, case: Case, placement: Placement) -> None:
        self.viewer = viewer
        self.case = case
        self.placement = placement
        self.channel = 0
        self.correct = False
        self.rgb = _is_rgb(case)
        # napari slices in 3D before it tells anyone; that masks are filled there needs no notification.
        warnings.filterwarnings('ignore', 'Contours are not displayed during 3D rendering', UserWarning)
        self._classes: dict[int, Label] = {}
        self._shown: tuple[int | None, tuple[str, ...]] = (None, (REFERENCE_COLOR,))
        self._layers: dict[Key, Layer] = {}
        self._arrays: dict[Key, NDArray] = {}
        self._limits = case.intensity_range

    # -- what there is --------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[tuple[Key, Layer]]:
        """Layers that are in the viewer, bottom first."""
        alive = [(key, layer) for key, layer in self._layers.items() if layer in self.viewer.layers]
        return iter(sorted(alive, key=lambda entry: _rank(entry[0])))

    def __contains__(self, key: Key) -> bool:
        return key in self._layers and self._layers[key] in self.viewer.layers

    def of_role(self, *roles: str) -> list[Layer]:
        """Layers of these roles in every cell."""
        return [layer for (role, _), layer in self if role in roles]

    def get(self, role: str, cell: int, name: str, **options: Any) -> Layer:
        """The layer of a role and cell; made now, from the voxels it had, if it is not in the viewer."""
        key = (role, cell)
        if key not in self:
            self._layers[key] = self._make(role, cell, {'name': PREFIX + name, **options})
            self._insert(key)
        return self._layers[key]

    def array(self, role: str, cell: int) -> NDArray:
        """Voxels of a role and cell, as they are painted into; shared between cells that show the same."""
        key = (role, 0 if _is_shared(role, cell) else cell)
        if key not in self._arrays:
            self._arrays[key] = self.picture(self.case.image) if key == (IMAGE, CLEAN) else self._fresh(role)
        return self._arrays[key]

    def remove(self, keys: Iterable[Key]) -> None:
        """Take layers away, and their voxels unless other cells share them."""
        for key in keys:
            layer = self._layers.pop(key, None)
            if layer is not None and layer in self.viewer.layers:
                self.viewer.layers.remove(layer)
            if not _is_shared(*key):
                self._arrays.pop(key, None)

    def rename(self, name: Callable[[str, int], str]) -> None:
        """Call every layer by its role and cell."""
        for key, layer in self:
            layer.name = PREFIX + name(*key)

    def blank(self, cell: int) -> None:
        """Empty the masks and maps of a cell that is painted no more, so that nothing stale comes back with it."""
        for role in (PREDICTION, ERROR, CHANGE, PROBABILITY):
            if (role, cell) in self._arrays:
                self._arrays[role, cell][...] = 0

    def clear(self) -> None:
        """Take all layers away."""
        self.remove(list(self._layers))
        self._arrays.clear()

    def anew(self, case: Case, placement: Placement) -> LayerSet:
        """Take these layers away for those of a case that does not fit; the same image keeps its grey values."""
        made = LayerSet(self.viewer, case, placement)
        if case.image is self.case.image:
            made._limits = self.shades()['limits']
        self.clear()
        return made

    def fits(self, case: Case, placement: Placement) -> bool:
        """Whether another case can be shown in the same layers: same grid, same types, same kinds of codes."""
        old = self.case
        return (
            case.image.shape == old.image.shape
            and _is_rgb(case) == _is_rgb(old)
            and _mask_type(case) == _mask_type(old)
            and bool(case.references) == bool(old.references)
            and placement.equals(self.placement)
        )

    def exchange(self, case: Case) -> None:
        """Show another case that `fits`: making layers anew takes napari as long as computing what is in them."""
        old, self.case, self._limits = self.case, case, case.intensity_range
        self.__dict__.pop('values', None)
        # The clean cell shows the old case's own voxels.
        self.remove([key for key in self._layers if key[1] == CLEAN])
        for (role, _), array in self._arrays.items():
            if role == IMAGE:
                array[...] = self.picture(case.image)
            elif role != OUTSIDE:
                array[...] = 0
        for (role, _), layer in self:
            if role == IMAGE and not self.rgb and case.intensity_range != old.intensity_range:
                layer.contrast_limits = case.intensity_range
            elif role in (REFERENCE, PREDICTION) and case.labels != old.labels:
                layer.features = self._words(role)
            layer.refresh()

    def show_channel(self, channel: int | None) -> None:
        """Show one channel of the image, or with None three channels as RGB; image layers must be made again."""
        self.remove([key for key in self._layers if key[0] == IMAGE])
        self._arrays = {key: array for key, array in self._arrays.items() if key[0] != IMAGE}
        self.rgb, self.channel = channel is None, channel or 0

    def picture(self, image: NDArray[np.float32]) -> NDArray:
        """What is shown of an image (C, ...): one channel, or RGB (..., 3) uint8."""
        if self.rgb:
            return np.moveaxis(image, 0, -1).clip(0, 255).astype(np.uint8)
        return image[self.channel]

    def shades(self) -> dict[str, Any]:
        """How the image is shown: limits of its grey values, channel, whether in colour."""
        limits = self.case.intensity_range
        if (IMAGE, 0) in self and not self.rgb:
            low, high = self._layers[IMAGE, 0].contrast_limits
            limits = (float(low), float(high))
        return {'limits': limits, 'channel': self.channel, 'rgb': self.rgb}

    # -- making ---------------------------------------------------------------------------------------------

    def _fresh(self, role: str) -> NDArray:
        case = self.case
        if role == IMAGE:
            return np.array(self.picture(case.image))
        if role in (PROBABILITY, SOFT):
            return np.zeros(case.shape, np.float32)
        if role in (REFERENCE, PREDICTION):
            return np.zeros(case.shape, _mask_type(case))
        return np.zeros(case.shape, np.uint8)

    def _make(self, role: str, cell: int, options: dict[str, Any]) -> Layer:
        options = {**self.placement.transforms, **options}
        array = self.array(role, cell)
        if role == IMAGE:
            limits = None if self.rgb else self._limits
            return Image(array, rgb=self.rgb, contrast_limits=limits, **options)
        if role in (PROBABILITY, SOFT):
            return Image(array, contrast_limits=(0.0, 1.0), colormap='viridis', opacity=0.6, **options)
        layer = Labels(array, opacity=_MAP_OPACITY, colormap=self._colormap(role), **options)
        layer.features = self._words(role)
        if role in (REFERENCE, PREDICTION):
            layer.contour = self.contour
            layer.opacity = 1.0
        if role == OUTSIDE:
            layer.opacity = 0.55
        layer.editable = False
        return layer

    def _insert(self, key: Key) -> None:
        """Put a layer directly above those of ours that belong below it."""
        below = [self.viewer.layers.index(layer) for other, layer in self if _rank(other) < _rank(key) and other != key]
        above = [self.viewer.layers.index(layer) for other, layer in self if _rank(other) > _rank(key)]
        place = max(below) + 1 if below else min(above, default=len(self.viewer.layers))
        active = self.viewer.layers.selection.active
        self.viewer.layers.insert(place, self._layers[key])
        if active is not None and (key[0] not in (IMAGE, ERROR) or self._is_drawn_on(active)):
            self.viewer.layers.selection.active = active

    def _is_drawn_on(self, layer: Layer) -> bool:
        """Whether it is a layer of ours for boxes, seeds or scribbles: the hand that draws on it is not interrupted."""
        return layer.name.startswith(PREFIX) and layer not in self._layers.values()

    # -- colours and words ----------------------------------------------------------------------------------

    def show_label(self, label: int | None, predictions: tuple[str, ...]) -> None:
        """Outline one label in the colours of reference and lanes, or all labels each in its own colour."""
        self._shown = label, predictions
        for (role, cell), layer in self:
            if role in (REFERENCE, PREDICTION):
                color = predictions[cell if cell < len(predictions) else 0] if role == PREDICTION else REFERENCE_COLOR
                recolor(layer, self._colormap(role) if label is None else one_label_colormap(label, color))

    def take_classes(self, request: Request) -> None:
        """Name and colour labels as the models of a request do, where the case does not."""
        lanes = reversed(request.lanes)
        found = {value: label for lane in lanes for value, label in lane.now.classes.items()}
        if found != self._classes:
            self._classes = found
            self.show_label(*self._shown)
            for layer in self.of_role(REFERENCE, PREDICTION):
                layer.features = self._words(PREDICTION)

    @property
    def contour(self) -> int:
        """Width of outlines; in 3D masks are filled."""
        return 1 if self.viewer.dims.ndisplay == 2 else 0

    def follow_ndisplay(self) -> None:
        """Outline masks in 2D, fill them in 3D."""
        for layer in self.of_role(REFERENCE, PREDICTION):
            layer.contour = self.contour

    def show_correct(self, on: bool) -> None:
        """Draw the thin rim of correct voxels, or leave it to the outlines of the masks."""
        self.correct = on
        for layer in self.of_role(ERROR):
            recolor(layer, self._colormap(ERROR))

    def _colormap(self, role: str) -> Any:
        case = self.case
        if role == ERROR:
            hidden = () if self.correct else (ErrorCode.TRUE_POSITIVE,)
            return code_colormap({code: color for code, color in ERROR_COLORS.items() if code not in hidden})
        if role == CHANGE:
            return code_colormap(CHANGE_COLORS if case.references else DRIFT_COLORS)
        if role == OUTSIDE:
            return one_label_colormap(1, '#000000')
        known = [(v, case.labels.get(v), self._classes.get(v)) for v in sorted({*self.values, *self._classes})]
        return label_colormap({v: (a and a.color) or (b and b.color) or None for v, a, b in known})

    @cached_property
    def values(self) -> list[int]:
        """Label values that have a name or occur in a mask that came with the case."""
        masks = [*self.case.references.values(), *self.case.predictions.values()]
        present = np.zeros(1 + np.iinfo(np.uint16).max, bool)
        for mask in masks:
            present[mask] = True
        return sorted(({int(v) for v in np.flatnonzero(present)} | set(self.case.labels)) - {0}) or [1, 2, 3]

    def _words(self, role: str) -> dict[str, list[Any]]:
        """Features table: what the status bar says of the voxel under the pointer."""
        if role in (ERROR, CHANGE):
            drift = role == CHANGE and not self.case.references
            names = ERROR_NAMES if role == ERROR else DRIFT_NAMES if drift else CHANGE_NAMES
            words = {int(code) + shade: word for shade in (PALE, 0) for code, word in names.items()}
        elif role == OUTSIDE:
            words = {0: 'inside the context box', 1: 'outside the context box'}
        else:
            mine = {v: label.name for v, label in self._classes.items() if v not in self.case.labels}
            words = {0: 'background'} | {value: self.case.label_name(value) for value in self.values} | mine
        return {'index': list(words), 'name': list(words.values())}


def _rank(key: Key) -> tuple[int, int]:
    role, cell = key
    return cell, ROLES.index(role)


def _is_shared(role: str, cell: int) -> bool:
    """Whether a cell shows the voxels of the first one."""
    return role in _SHARED or (role in _SHARED_BUT_CLEAN and cell != CLEAN)


def _is_rgb(case: Case) -> bool:
    return case.image.shape[0] == 3 and case.provenance.get('dtype') == 'uint8'


def _mask_type(case: Case) -> type[np.unsignedinteger[Any]]:
    masks = [*case.references.values(), *case.predictions.values()]
    wide = any(mask.dtype.itemsize > 1 for mask in masks) or max(case.labels, default=0) > 255
    return np.uint16 if wide else np.uint8
