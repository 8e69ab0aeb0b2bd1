"""Training examples of the texture task: brick on grass or gravel, easy blends only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.samples.texture import blend, blob, crop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo_training.heads import Example

#: Narrow: the grey scale runs from 0 to 1.
NOISE = 0.06
HARDEST_ALPHA = 0.2
CROP = 160


def images(rng: np.random.Generator) -> Iterator[Example]:
    """Draw part of a new image, again and again: scaled whole to 0 to 1, then cropped."""
    while True:
        background = crop(rng, 'grass' if rng.integers(2) else 'gravel')
        blended = 'foreground' if rng.integers(2) else 'background'
        mask = blob(rng)
        image = blend(mask, crop(rng, 'brick'), background, rng.uniform(0, HARDEST_ALPHA), blended)
        image = image + rng.uniform(0, NOISE) * rng.standard_normal(image.shape, dtype=np.float32)
        image = (image - image.min()) / (image.max() - image.min())
        top, left = rng.integers(0, np.array(image.shape) - CROP + 1)
        part = np.s_[top : top + CROP, left : left + CROP]
        yield image[part], mask[part].astype(np.uint8)
