"""What a reference is like: size in volume and in voxel layers, objects, thinness, balance, doubt, contrast."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import compare
from napari_segrobust.compare.counts import as_labels
from napari_segrobust.lab.contrast import Contrast, contrast
from napari_segrobust.perturb.edits import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case


@dataclass(frozen=True)
class Facts:
    """What a recommendation is made from.

    Attributes
    ----------
    ndim, voxels : int
        Axes of the image; size of the reference.
    volume, volume_unit, length_unit : float, str, str
        Its size in ml (mm^2 in 2D; voxels or px^2 without spacing); unit of lengths.
    largest_step : float
        Largest voxel spacing.
    layers : int
        How many voxel layers can be taken off before nothing is left.
    layer_cost : float
        How much Dice the loss of the outermost one costs.
    objects : int
        Connected objects (8 or 26 neighbours).
    largest_share : float
        Share of the volume in the largest object.
    elongation : float
        Longest side of the largest object's box over the diameter of the largest ball inside: 1 for a ball.
    foreground_share : float
        Of the image.
    raters : int
        Masks of the same structure by several people.
    rater_distance : float or None
        Median over their pairs of the average surface distance.
    contrast : Contrast or None
        Where an image is given.
    round_trip : float or None
        Dice of the reference taken to the model's grid and back: no model on that grid scores higher but by chance.
    """

    ndim: int
    voxels: int
    volume: float
    volume_unit: str
    length_unit: str
    largest_step: float
    layers: int
    layer_cost: float
    objects: int
    largest_share: float
    elongation: float
    foreground_share: float
    raters: int
    rater_distance: float | None
    contrast: Contrast | None
    round_trip: float | None


def look(
    reference: NDArray[Any],
    spacing: Sequence[float] | None = None,
    label: int = 1,
    raters: Sequence[NDArray[Any]] = (),
    image: NDArray[Any] | None = None,
    model_spacing: Sequence[float] | None = None,
) -> Facts:
    """Look at a reference.

    Parameters
    ----------
    reference : ndarray of int or bool, shape ([Z,] Y, X)
    spacing : sequence of float, optional
        In mm in array order.
    label : int
    raters : sequence of ndarray
        All raters' masks of the structure, where there are several.
    image : ndarray, shape ([Z,] Y, X), optional
        One channel.
    model_spacing : sequence of float, optional
        Voxel size of the model's grid, in mm in array order; needs `spacing`.

    Returns
    -------
    Facts
    """
    labels = as_labels(reference)
    steps = None if spacing is None else tuple(float(step) for step in spacing)
    piece = Piece.cut(labels, label, steps or (1.0,) * labels.ndim)
    pair = compare(labels, labels, steps, labels=[label], metrics=['reference_volume_ml']).pairs[label]
    layers, inner = _layers(piece)
    objects, share, elongation = _objects(piece)
    size = pair.reference_size
    return Facts(
        ndim=labels.ndim,
        voxels=size,
        volume=size * pair.voxel_volume,
        volume_unit=pair.volume_unit,
        length_unit=pair.length_unit,
        largest_step=max(
            step for step, n in zip(piece.spacing, labels.shape, strict=True) if n > 1 or labels.size == 1
        ),
        layers=layers,
        layer_cost=1 - 2 * inner / (size + inner) if size else 0.0,
        objects=objects,
        largest_share=share,
        elongation=elongation,
        foreground_share=size / labels.size,
        raters=len(raters),
        rater_distance=_rater_distance(raters, steps, label),
        contrast=None if image is None else contrast(image, labels, label, steps),
        round_trip=_round_trip(labels, label, steps, model_spacing) if steps and model_spacing and size else None,
    )


def look_at_case(
    case: Case, label: int = 1, reference: str | None = None, model_spacing: Sequence[float] | None = None
) -> Facts:
    """Look at a reference of a case, with its first channel and with its raters.

    Parameters
    ----------
    case : Case
        With at least one reference.
    label : int
    reference : str, optional
        Name of a reference; the first by default.
    model_spacing : sequence of float, optional
        See `look`.
    """
    name = reference or next(iter(case.references))
    raters = [case.references[rater] for rater in case.raters if rater in case.references]
    return look(case.references[name], case.geometry.spacing_mm, label, raters, case.image[0], model_spacing)


def _layers(piece: Piece) -> tuple[int, int]:
    """How many layers of face neighbours there are, and how many voxels lie under the first."""
    from scipy.ndimage import distance_transform_cdt

    if piece.empty:
        return 0, 0
    depth = distance_transform_cdt(piece.widened(0).mask, 'taxicab')
    return int(depth.max()), int((depth > 1).sum())


def _objects(piece: Piece) -> tuple[int, float, float]:
    """Number of objects, share of the largest, and its elongation."""
    from scipy.ndimage import label

    if piece.empty:
        return 0, 0.0, 0.0
    inside = piece.widened(0)
    found, number = label(inside.mask, np.ones((3,) * inside.mask.ndim))
    sizes = np.bincount(found.ravel())[1:]
    largest = inside.with_mask(found == 1 + int(sizes.argmax()))
    # The ball ends between the deepest voxel's centre and the nearest one outside.
    width = 2 * float(largest.depth().max()) - min(piece.spacing)
    extent = max(
        np.ptp(np.flatnonzero(largest.mask.any(axis=tuple(a for a in range(largest.mask.ndim) if a != axis)))) * step
        + step
        for axis, step in enumerate(piece.spacing)
    )
    return number, float(sizes.max() / sizes.sum()), float(extent) / width


def _rater_distance(raters: Sequence[NDArray[Any]], spacing: tuple[float, ...] | None, label: int) -> float | None:
    found = []
    for one, other in combinations(raters, 2):
        value = compare(one, other, spacing, labels=[label], metrics=['assd']).metrics[label]['assd'].value
        if isinstance(value, float):
            found.append(value)
    return float(np.median(found)) if found else None


def _round_trip(
    labels: NDArray[Any], label: int, spacing: tuple[float, ...], model_spacing: Sequence[float]
) -> float | None:
    """Dice after nearest-neighbour resampling to another voxel size and back."""
    maps = []
    for size, step, other in zip(labels.shape, spacing, model_spacing, strict=True):
        there = np.floor((np.arange(size) + 0.5) * step / other)
        back = np.floor((there + 0.5) * other / step).astype(int)
        maps.append(np.clip(back, 0, size - 1))
    returned = labels[np.ix_(*maps)]
    value = compare(labels, returned, labels=[label], metrics=['dice']).metrics[label]['dice'].value
    return value if isinstance(value, float) else None
