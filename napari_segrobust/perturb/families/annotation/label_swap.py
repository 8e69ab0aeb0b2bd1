"""Label swap: labels that were exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.families.annotation._mask import mask_spec
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Spacing


def edit(labels: NDArray[Any], amounts: Mapping[str, float], seed: int, spacing: Spacing) -> NDArray[Any]:
    """Exchange pairs of labels; the seed says which."""
    found = np.unique(labels)
    found = found[found != 0]
    if len(found) < 2:
        why = f'the mask has {len(found)} label(s)'
        raise PerturbationError('Label swap unusable', why, 'Use a reference with two labels or more.')
    order = generator('label_swap', seed).permutation(found)
    table = np.arange(int(found.max()) + 1, dtype=labels.dtype)
    for pair in range(min(round(amounts['pairs']), len(order) // 2)):
        one, other = order[2 * pair : 2 * pair + 2]
        table[one], table[other] = other, one
    return np.asarray(table[labels])


SPEC = mask_spec(
    'label_swap',
    'label swap',
    (Parameter('pairs', 'pairs', '', (0, 1, 2, 3, 4, 5), 0, 1000, 'chosen: one pair more with each step', steps=True),),
    edit,
    summary='Exchanges the values of two labels, as left and right kidney are; with more steps of more pairs.',
    model='labels a and b change places; the seed draws the pairs',
    seeded=True,
)
