"""Two thresholds: what is surely bright, and what is fairly bright and touches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.segment.classical.method import CHANNEL, SIDE, SMOOTH, Method, amount, scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Voxels above the lower threshold that are connected with one above the higher."""
    from skimage.filters import apply_hysteresis_threshold

    if picture.is_flat:
        return np.zeros(picture.grey.shape, np.uint8)
    sign = -1.0 if values['side'] else 1.0
    low, high = (sign * picture.at(100 - p if values['side'] else p) for p in (values['low'], values['high']))
    grey = sign * picture.smoothed(values['smooth']).grey
    found: NDArray[Any] = apply_hysteresis_threshold(grey, min(low, high), high)
    return found.astype(np.uint8)


METHOD = Method(
    name='hysteresis',
    title='Hysteresis threshold',
    run=run,
    knobs=(
        amount('low', 'fairly', '%', 50.0, 0.0, 100.0, 0.5, 'Grows down to here; from the dark end for dark objects'),
        amount('high', 'surely', '%', 75.0, 0.0, 100.0, 0.5, 'Must hold one voxel as bright as this'),
        SIDE,
        SMOOTH,
        scope(words='slice: connected within a slice, percent of its own range. volume: connected across slices'),
        CHANNEL,
    ),
    source='Canny 1986, IEEE PAMI 8(6); skimage.filters.apply_hysteresis_threshold',
    use='What is surely bright, and everything fairly bright that touches it.',
    limits='A bridge of fairly bright voxels leaks into the neighbour; shading moves both thresholds.',
)
