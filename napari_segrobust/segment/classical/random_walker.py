"""Random walker: to which marks a walker that avoids edges comes first."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.segment.classical.markers import marks, with_border
from napari_segrobust.segment.classical.method import CHANNEL, CLASSES, CLICK, SMOOTH, Method, amount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture

#: A larger slice is walked on a coarser grid: the equations of 512 x 512 take seconds.
_PIXELS = 256 * 256


def run(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Probabilities (K, *spatial) that a walker reaches the marks of each class first."""
    classes = int(values['classes'])
    marked = with_border(marks(picture, classes, values['click']))
    there = np.unique(marked[marked > 0])
    out = np.zeros((classes + 1, *marked.shape), np.float32)
    if len(there) < 2:
        out[int(there[0]) - 1 if len(there) else 0] = 1
        return out
    if marked.all():
        for value in there:
            out[value - 1] = marked == value
        return out
    step = int(np.ceil(np.sqrt(marked.size / _PIXELS))) if marked.size > _PIXELS else 1
    unit = picture.smoothed(values['smooth']).unit
    found = _walk(unit, marked, there, values['edge'], step, picture.spacing)
    for value, probability in zip(there, found, strict=True):
        out[value - 1] = probability
    return out


def _walk(
    unit: NDArray[np.float32],
    marked: NDArray[np.int32],
    there: NDArray[np.int32],
    beta: float,
    step: int,
    spacing: tuple[float, ...],
) -> NDArray[np.float32]:
    """Probability of each value that is there, on the grid of the picture; it was solved on every `step`-th one."""
    from scipy.ndimage import map_coordinates
    from skimage.measure import block_reduce
    from skimage.segmentation import random_walker

    small, numbered = unit, np.searchsorted(there, marked) + 1
    numbered[marked == 0] = 0
    if step > 1:
        small = block_reduce(unit, step, np.mean)
        # Later classes win a coarse pixel: objects are marked more finely than the background.
        numbered = block_reduce(numbered, step, np.max)
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', message='.*', category=UserWarning, module='skimage')
        found: NDArray[np.float32] = np.asarray(
            random_walker(small, numbered, beta=beta, mode='bf', return_full_prob=True, spacing=np.array(spacing)),
            np.float32,
        )
    if step == 1:
        return found
    places = np.meshgrid(*((np.arange(n) + 0.5) / step - 0.5 for n in unit.shape), indexing='ij')
    return np.stack([map_coordinates(one, places, order=1, mode='nearest') for one in found])


METHOD = Method(
    name='random-walker',
    title='Random walker',
    run=run,
    knobs=(
        amount(
            'edge',
            'edges count',
            '',
            130,
            1,
            2000,
            1,
            'How strongly a difference of grey values holds the walker (beta)',
        ),
        CLICK,
        SMOOTH,
        CLASSES,
        CHANNEL,
    ),
    source='Grady 2006, IEEE PAMI 28(11); skimage.segmentation.random_walker, solved exactly',
    use='Each pixel goes to the marks that a walker reaches first; edges are hard to cross. Gives probabilities.',
    limits=(
        'Marks lie on their own slice. Without a mark of the background the border of the slice is background. A slice '
        'above 256 x 256 is solved on a coarser grid.'
    ),
    prompts=('points', 'scribbles'),
)
