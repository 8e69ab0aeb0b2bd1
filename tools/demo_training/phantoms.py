"""Training examples of the lesion phantom: windows around lesions and elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from demo_training.heads import zscore
from napari_segrobust.cases.samples.lesion import RELATIVE_SIZES, SHAPE, dress, head, insert, lesions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo_training.heads import Example

#: Narrow on purpose: scalp is 0.7 and air 0.
NOISE = 0.02
WINDOW = (32, 64, 64)
PER_PHANTOM = 8


def windows(rng: np.random.Generator) -> Iterator[Example]:
    """Draw windows of new phantoms, three in four of them around a lesion."""
    while True:
        bodies = lesions(
            rng, rng.uniform(8, 32), rng.uniform(1, 3), rng.uniform(0, 1), int(rng.integers(2, len(RELATIVE_SIZES) + 1))
        )
        clean, masks, fraction = insert(head(rng), bodies)
        image = zscore(dress(clean, rng, rng.uniform(0, NOISE)))
        labels = (fraction >= 0.5).astype(np.uint8)
        for k in range(PER_PHANTOM):
            if k % 4:
                inside = np.argwhere(masks[k % len(masks)])
                aim = inside[rng.integers(len(inside))] if len(inside) else np.array(SHAPE) // 2
            else:
                aim = rng.integers(0, SHAPE)
            corner = [int(np.clip(a - rng.integers(w), 0, n - w)) for a, w, n in zip(aim, WINDOW, SHAPE, strict=True)]
            part = tuple(slice(a, a + w) for a, w in zip(corner, WINDOW, strict=True))
            yield image[part], labels[part]
