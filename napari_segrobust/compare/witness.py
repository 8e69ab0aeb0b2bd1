"""Where a number comes from: the voxels that decided it, for painting them on the image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.bands import coco_bands, mm_bands
from napari_segrobust.compare.components import components
from napari_segrobust.compare.lesions import matches
from napari_segrobust.compare.metrics.boundary import within
from napari_segrobust.compare.skeleton import skeleton
from napari_segrobust.compare.surfaces import border_distances, voxel_distances

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.surfaces import Surface

    Points = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Witness:
    """Voxels that show where a number comes from.

    Attributes
    ----------
    parts : mapping of str to ndarray of int, shape (N, ndim)
        Index in the image of the voxels of each part, by what the part is.
    numbers : mapping of str to ndarray of int, shape (N,)
        For parts made of several objects, the object of each voxel; objects that belong together have one number.
    """

    parts: Mapping[str, Points]
    numbers: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def mask(self, part: str, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return a part as a mask of the whole image."""
        result = np.zeros(shape, bool)
        result[tuple(self.parts[part].T)] = True
        return result


def witness(pair: MaskPair, key: str, settings: MetricSettings) -> Witness | None:
    """Return what decided a metric.

    Parameters
    ----------
    pair : MaskPair
    key : str
        Of the metric.
    settings : MetricSettings

    Returns
    -------
    Witness or None
        None for a metric without such voxels, and where there are none because a mask is empty. The parts are
        called ``reference`` and ``prediction``, and mean

        - hd, hd_all_voxels: the one voxel of each whose distance is the value;
        - nsd: the border voxels outside the tolerance;
        - boundary_iou, boundary_iou_coco: the bands;
        - cl_dice: the skeletons;
        - panoptic_quality and the other metrics of matched objects: the matched objects, numbered alike, with
          ``missed`` and ``spurious`` objects as further parts.
    """
    make = _WITNESSES.get(key)
    return None if make is None else make(pair, settings)


def has_witness(key: str) -> bool:
    """Whether `witness` knows what to show of a metric."""
    return key in _WITNESSES


def _points(surface: Surface, mask: NDArray[np.bool_]) -> Points:
    """Index in the image of the voxels of a mask on the crop of a surface."""
    if surface.empty:
        return np.zeros((0, len(surface.origin)), np.intp)
    return np.argwhere(mask) + surface.origin


def _sides(pair: MaskPair, reference: NDArray[np.bool_], prediction: NDArray[np.bool_]) -> Witness:
    """Return a mask on the crop of the reference and one on that of the prediction."""
    parts = {'reference': _points(pair.reference, reference), 'prediction': _points(pair.prediction, prediction)}
    return Witness(parts)


def _farthest(
    pair: MaskPair,
    distances: Callable[[Surface, Surface, tuple[float, ...]], NDArray[np.float64]],
    elements: Callable[[Surface], NDArray[np.bool_]],
) -> Witness | None:
    """Return the voxel that is farthest from the other border, and that voxel of the other border which is nearest."""
    if pair.status != 'ok':
        return None
    there = distances(pair.reference, pair.prediction, pair.steps)
    back = distances(pair.prediction, pair.reference, pair.steps)
    forward = there.max() >= back.max()
    start, target = (pair.reference, pair.prediction) if forward else (pair.prediction, pair.reference)
    first = _points(start, elements(start))[int((there if forward else back).argmax())]
    goals = _points(target, elements(target))
    second = goals[int((((goals - first) * np.array(pair.steps)) ** 2).sum(axis=1).argmin())]
    reference, prediction = (first, second) if forward else (second, first)
    return Witness({'reference': reference[None], 'prediction': prediction[None]})


def _hd_all_voxels(pair: MaskPair, _: MetricSettings) -> Witness | None:
    def distances(start: Surface, target: Surface, steps: tuple[float, ...]) -> NDArray[np.float64]:
        found = voxel_distances(start, target, steps)
        inside = pair.masks[0] & pair.masks[1]
        box = tuple(slice(s.start - b.start, s.stop - b.start) for s, b in zip(start.box, pair.box, strict=True))
        found[inside[box][start.mask]] = 0
        return found

    return _farthest(pair, distances, lambda surface: surface.mask)


def _outside_tolerance(pair: MaskPair, settings: MetricSettings) -> Witness:
    limit = within(settings.tolerance_mm)
    parts = {}
    for name, own, other in (
        ('reference', pair.reference, pair.prediction),
        ('prediction', pair.prediction, pair.reference),
    ):
        points = _points(own, own.border)
        if not own.empty and not other.empty:
            points = points[border_distances(own, other, pair.steps) > limit]
        parts[name] = points
    return Witness(parts)


def _matched(pair: MaskPair, settings: MetricSettings) -> Witness:
    found = matches(pair, settings.connectivity)
    parts, numbers = {}, {}
    for name, rest, surface, index in (
        ('reference', 'missed', pair.reference, found.reference),
        ('prediction', 'spurious', pair.prediction, found.prediction),
    ):
        objects = components(surface, settings.connectivity)
        partner = np.zeros(len(objects) + 1, np.int64)
        partner[index + 1] = np.arange(1, len(index) + 1)
        points = _points(surface, surface.mask)
        number = partner[objects.numbers[surface.mask]]
        parts[name], numbers[name] = points[number > 0], number[number > 0]
        parts[rest] = points[number == 0]
    return Witness(parts, numbers)


_WITNESSES: dict[str, Callable[[MaskPair, MetricSettings], Witness | None]] = {
    'hd': lambda pair, _: _farthest(pair, border_distances, lambda surface: surface.border),
    'hd_all_voxels': _hd_all_voxels,
    'nsd': _outside_tolerance,
    'boundary_iou': lambda pair, settings: _sides(
        pair, *(band.voxels for band in mm_bands(pair, settings.boundary_width_mm))
    ),
    'boundary_iou_coco': lambda pair, _: _sides(pair, *(band.voxels for band in coco_bands(pair))),
    'cl_dice': lambda pair, _: _sides(pair, skeleton(pair.reference), skeleton(pair.prediction)),
    'panoptic_quality': _matched,
    'segmentation_quality': _matched,
    'recognition_quality': _matched,
    'objects_tp': _matched,
    'objects_fp': _matched,
    'objects_fn': _matched,
}
