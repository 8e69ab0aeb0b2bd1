"""Chan and Vese's contour without edges: two regions, each near its own mean, and a short border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.segment.classical.method import CHANNEL, SIDE, SMOOTH, Method, amount
from napari_segrobust.segment.classical.smoothing import begin_smoothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """The brighter, or the darker, of the two regions."""
    from skimage.segmentation import chan_vese

    unit = picture.smoothed(values['smooth']).unit
    if picture.is_flat or min(unit.shape) < 2:
        return np.zeros(unit.shape, np.uint8)
    inside = chan_vese(unit.astype(float), mu=values['border'], max_num_iter=int(values['rounds']))
    return _object(unit, inside, values['side'])


def run_morphological(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """The same by dilation and erosion in place of a differential equation."""
    from skimage.segmentation import morphological_chan_vese

    unit = picture.smoothed(values['smooth']).unit
    if picture.is_flat or min(unit.shape) < 2:
        return np.zeros(unit.shape, np.uint8)
    begin_smoothing()
    inside = morphological_chan_vese(
        unit, int(values['rounds']), smoothing=int(values['border']), iter_callback=lambda _: checkpoint()
    ).astype(bool)
    return _object(unit, inside, values['side'])


def _object(unit: NDArray[np.float32], inside: NDArray[np.bool_], side: float) -> NDArray[Any]:
    """Whichever of the two regions is the bright one is the object, or the other; empty where there is one alone."""
    if inside.all() or not inside.any():
        return np.zeros(unit.shape, np.uint8)
    is_bright = unit[inside].mean() > unit[~inside].mean()
    return (inside if is_bright == (not side) else ~inside).astype(np.uint8)


METHOD = (
    Method(
        name='chan-vese',
        title='Chan-Vese',
        run=run,
        knobs=(
            amount('border', 'smoothness', '', 0.25, 0.0, 1.0, 0.01, 'Price of a longer border (mu)'),
            amount('rounds', 'rounds', '', 20, 1, 200, 1, 'Steps at most: 24 ms each on 512 x 512'),
            SIDE,
            SMOOTH,
            CHANNEL,
        ),
        source='Chan and Vese 2001, IEEE TIP 10(2); Getreuer 2012, IPOL 2; skimage.segmentation.chan_vese',
        use='Two regions, each as near its own mean as can be, with a short border between them.',
        limits='One mean for all that is inside and one for all outside: shading across the image breaks it.',
    ),
    Method(
        name='morphological-chan-vese',
        title='Morphological Chan-Vese',
        run=run_morphological,
        knobs=(
            amount('border', 'smoothness', '', 1, 0, 4, 1, 'Smoothings of the border after each step'),
            amount('rounds', 'rounds', '', 30, 1, 200, 1, 'Steps: 17 ms each on 512 x 512'),
            SIDE,
            SMOOTH,
            CHANNEL,
        ),
        source='Marquez-Neila et al. 2014, IEEE PAMI 36(1), MorphACWE; skimage.segmentation.morphological_chan_vese',
        use='Chan-Vese by dilation and erosion: two regions, each near its own mean.',
        limits='As Chan-Vese: one mean for all that is inside; shading breaks it. It stops after its steps.',
    ),
)
