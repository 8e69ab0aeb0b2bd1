"""Otsu's threshold: the one that parts grey values into the two most uniform groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.segment.classical.method import CHANNEL, SIDE, SMOOTH, Method, amount, scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Voxels above the threshold, or not above it where the object is dark."""
    from skimage.filters import threshold_otsu

    seen = picture.smoothed(values['smooth'])
    threshold = threshold_otsu(seen.grey) + picture.span(values['shift'])
    bright: NDArray[Any] = seen.grey > threshold
    if picture.is_flat:
        return np.zeros_like(bright, np.uint8)
    return (~bright if values['side'] else bright).astype(np.uint8)


METHOD = Method(
    name='otsu',
    title="Otsu's threshold",
    run=run,
    knobs=(
        SIDE,
        amount('shift', 'shift', '%', 0.0, -50.0, 50.0, 1.0, "Added to Otsu's threshold, in percent of the range"),
        SMOOTH,
        scope(words='slice: each slice has its own threshold, by its own histogram. volume: one threshold for all'),
        CHANNEL,
    ),
    source='Otsu 1979, IEEE Trans. Syst. Man Cybern. 9(1); skimage.filters.threshold_otsu',
    use='The threshold that makes grey values on either side of it most alike.',
    limits='Two groups of grey values only, of similar size; knows nothing of place, and shading moves it.',
)
