"""A contour that grows from a click or a box and stops at edges, by dilation and erosion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.segment.classical.markers import around, start
from napari_segrobust.segment.classical.method import CHANNEL, Method, amount, choice
from napari_segrobust.segment.classical.smoothing import begin_smoothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture

#: Pixels that a contour can move in one step, at most: one by the balloon, one by edges, one by smoothing.
_REACH = 3


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Inside of the contour after its steps."""
    from skimage.segmentation import inverse_gaussian_gradient, morphological_geodesic_active_contour

    first = start(picture, values['radius'])
    found = np.zeros(picture.grey.shape, np.uint8)
    if not first.any() or min(first.shape) < 2:
        return found
    rounds, smoothing = int(values['rounds']), int(values['border'])
    sigma = max(values['scale'] / min(picture.spacing), 0.1)
    stops = inverse_gaussian_gradient(picture.unit.astype(float), values['edge'], sigma)
    begin_smoothing()
    block = around(first, (float((_REACH + smoothing) * rounds),) * first.ndim)
    inside = morphological_geodesic_active_contour(
        stops[block],
        rounds,
        first[block].astype(np.int8),
        smoothing=smoothing,
        threshold=values['stop'],
        balloon=values['balloon'] - 1,
        iter_callback=lambda _: checkpoint(),
    )
    found[block] = inside
    return found


METHOD = Method(
    name='geodesic-snakes',
    title='Geodesic active contour',
    run=run,
    knobs=(
        choice('balloon', 'pressure', ('shrinks', 'none', 'grows'), 'Which way the contour goes where no edge is', 2),
        amount(
            'radius',
            'start',
            'mm',
            3.0,
            0.5,
            30.0,
            0.5,
            'Radius of the ball around a click; a box is the start as it is',
        ),
        amount('rounds', 'rounds', '', 30, 1, 200, 1, 'Steps; the contour moves a pixel in each'),
        amount(
            'stop', 'stops at', '', 0.8, 0.0, 1.0, 0.01, 'Where the edge map is below this; 1 is flat, 0 a sharp edge'
        ),
        amount('edge', 'edges count', '', 50, 1, 500, 1, 'How steeply the edge map falls (alpha)'),
        amount(
            'scale', 'edge scale', 'mm', 1.5, 0.1, 5.0, 0.1, 'Standard deviation of the Gaussian before the gradient'
        ),
        amount('border', 'smoothness', '', 1, 0, 4, 1, 'Smoothings of the border after each step'),
        CHANNEL,
    ),
    source='Caselles et al. 1997, IJCV 22(1); Marquez-Neila et al. 2014, IEEE PAMI 36(1); skimage.segmentation',
    use='Grows from a click or a box until it meets edges.',
    limits='Leaks where the edge is weak, stops at any other edge, and after its steps. On its slices alone.',
    prompts=('points', 'boxes'),
)
