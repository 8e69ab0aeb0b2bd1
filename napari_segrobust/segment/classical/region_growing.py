"""Region growing from clicked seeds, as the lectures have it."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.segment.classical.markers import seeds
from napari_segrobust.segment.classical.method import CHANNEL, CLASSES, SMOOTH, VOLUME, Method, amount, choice, scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Labels of the regions that grow from the seeds of each class.

    Notes
    -----
    A voxel that several classes reach, the background among them, belongs to the one whose seed is nearest in mm.
    """
    smooth = picture.smoothed(values['smooth'])
    found = np.zeros(picture.grey.shape, np.uint8)
    reached: dict[int, NDArray[np.bool_]] = {}
    for label in range(int(values['classes']) + 1):
        starts = seeds(picture, label)
        if starts:
            grow = _confident if values['rule'] else _tolerant
            reached[label] = grow(smooth, starts, values)
    if len(reached) == 1:
        label, region = next(iter(reached.items()))
        found[region] = label
    elif reached:
        _share(picture, reached, found)
    return found


def _tolerant(picture: Picture, starts: list[tuple[int, ...]], values: Mapping[str, float]) -> NDArray[np.bool_]:
    """Connected over faces, within the tolerance of the grey values of the seeds (ITK's ConnectedThreshold)."""
    from scipy.ndimage import label

    grey, tolerance = picture.grey, picture.span(values['tolerance'])
    found = [float(grey[at]) for at in starts]
    # In the precision of the image: a seed lies within its own bounds whatever the tolerance.
    low, high = np.float32(min(found) - tolerance), np.float32(max(found) + tolerance)
    parts, _ = label((grey >= low) & (grey <= high))
    return np.isin(parts, np.unique([parts[at] for at in starts]))


def _confident(picture: Picture, starts: list[tuple[int, ...]], values: Mapping[str, float]) -> NDArray[np.bool_]:
    """Mean and spread of the region so far decide what joins it, several times over (ITK's ConfidenceConnected)."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(picture.grey)
    grown = sitk.ConfidenceConnected(
        image,
        seedList=[tuple(reversed(at)) for at in starts],
        numberOfIterations=int(values['rounds']),
        multiplier=values['spread'],
        initialNeighborhoodRadius=1,
        replaceValue=1,
    )
    found: NDArray[np.bool_] = sitk.GetArrayFromImage(grown).astype(bool)
    return found


def _share(picture: Picture, reached: dict[int, NDArray[np.bool_]], found: NDArray[np.uint8]) -> None:
    """Give each voxel to the class whose seeds are nearest among those that reach it."""
    nearest = np.full(found.shape, np.inf, np.float32)
    for label, region in reached.items():
        distance = _distance(picture, seeds(picture, label))
        closer = region & (distance < nearest)
        nearest[closer] = distance[closer]
        found[closer] = label


def _distance(picture: Picture, starts: list[tuple[int, ...]]) -> NDArray[np.float32]:
    """Squared distance to the nearest seed, in square mm."""
    nearest: NDArray[np.float32] = np.full(picture.grey.shape, np.inf, np.float32)
    axes = [np.arange(size, dtype=np.float32) for size in picture.grey.shape]
    for start in starts:
        squares = [((axis - at) * mm) ** 2 for axis, at, mm in zip(axes, start, picture.spacing, strict=True)]
        np.minimum(nearest, reduce(np.add, np.ix_(*squares)), out=nearest)
    return nearest


METHOD = Method(
    name='region-growing',
    title='Region growing',
    run=run,
    knobs=(
        choice(
            'rule',
            'near',
            ('seed', 'mean'),
            "Within a tolerance of the seeds' grey values, or within some spread of the mean of the region so far",
        ),
        amount('tolerance', 'tolerance', '%', 10.0, 0.0, 100.0, 0.5, 'Around the seeds, in percent of the range'),
        amount('spread', 'spread', 'SD', 2.5, 0.1, 6.0, 0.1, 'Around the mean of the region (near the mean)'),
        amount('rounds', 'rounds', '', 4, 0, 10, 1, 'How often the mean is taken anew (near the mean)'),
        SMOOTH,
        CLASSES,
        scope(VOLUME, 'volume: grows through slices. slice: grows only on slices that bear a seed'),
        CHANNEL,
    ),
    source='Adams and Bischof 1994, IEEE PAMI 16(6), in the form of ConnectedThreshold and ConfidenceConnected of ITK',
    use='All voxels like the clicked ones that are connected with them over faces.',
    limits='Leaks through any gap; hangs on the seed, and on noise under it. Seeds on the background hold it back.',
    prompts=('points',),
)
