"""Otsu's thresholds for several groups of grey values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.segment.classical.method import CHANNEL, SMOOTH, Method, amount, choice, scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """One of the groups, counted from the brightest; empty where there are fewer grey values than groups."""
    from skimage.filters import threshold_multiotsu

    grey, groups = picture.smoothed(values['smooth']).grey, int(values['groups'])
    first = grey.ravel()[:4096]
    few = len(np.unique(first)) < groups and len(np.unique(grey)) < groups
    if few or values['band'] >= groups:
        return np.zeros(grey.shape, np.uint8)
    thresholds = threshold_multiotsu(grey, groups)
    found: NDArray[Any] = np.digitize(grey, thresholds) == groups - 1 - int(values['band'])
    return found.astype(np.uint8)


METHOD = Method(
    name='multi-otsu',
    title="Otsu's thresholds, several groups",
    run=run,
    knobs=(
        amount('groups', 'groups', '', 3, 2, 4, 1, 'Into how many groups grey values are parted'),
        choice(
            'band', 'object is', ('brightest', 'second', 'third', 'fourth'), 'Which group, counted from the brightest'
        ),
        SMOOTH,
        scope(words='slice: thresholds of each slice, by its own histogram. volume: the same for all'),
        CHANNEL,
    ),
    source='Liao, Chen and Chung 2001, J. Inf. Sci. Eng. 17; skimage.filters.threshold_multiotsu',
    use='Thresholds between three or four groups of grey values; one group is the object.',
    limits='Knows nothing of place; small groups are swallowed by large ones, and shading moves the thresholds.',
)
