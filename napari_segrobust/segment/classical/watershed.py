"""Watershed from marks: water rises from them over the edges, and borders stand where waters meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.segment.classical.markers import marks, with_border
from napari_segrobust.segment.classical.method import CHANNEL, CLASSES, CLICK, Method, amount, scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Labels of the basins."""
    from scipy.ndimage import gaussian_gradient_magnitude
    from skimage.segmentation import watershed

    marked = with_border(marks(picture, int(values['classes']), values['click']))
    if not marked.any():
        return np.zeros(marked.shape, np.uint8)
    slope = gaussian_gradient_magnitude(picture.unit, picture.voxels(values['scale']))
    basins: NDArray[Any] = watershed(slope, marked, compactness=values['compact'])
    return (basins - 1).clip(0).astype(np.uint8)


METHOD = Method(
    name='watershed',
    title='Watershed from marks',
    run=run,
    knobs=(
        amount('scale', 'edge scale', 'mm', 1.0, 0.1, 5.0, 0.1, 'Standard deviation of the Gaussian in the gradient'),
        amount('compact', 'compactness', '', 0.0, 0.0, 0.1, 0.001, 'Rounder basins, less true to edges'),
        CLICK,
        CLASSES,
        scope(words='slice: marks act on their own slice. volume: they fill it, in one to three seconds'),
        CHANNEL,
    ),
    source='Beucher and Lantuejoul 1979; Neubert and Protzel 2014 (compact); skimage.segmentation.watershed',
    use='Floods the gradient from marks; borders stand where waters meet.',
    limits='Weak edges are crossed. Without a mark of the background the border of the image is background.',
    prompts=('points', 'scribbles'),
)
