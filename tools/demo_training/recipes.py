"""What each demo model learns from, for how long, and from which seed. Its architecture stands in its spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo_training import heads, phantoms, textures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from demo_training.heads import Example


@dataclass(frozen=True, slots=True)
class Recipe:
    """Examples, batches and seed of one training.

    Attributes
    ----------
    examples : callable
        Endless examples (image, labels) from a random generator; no example comes twice.
    steps, size : int
        Number of batches, and examples in each.
    rate : float
        Highest learning rate.
    seed : int
        Of weights and examples.
    """

    examples: Callable[[np.random.Generator], Iterator[Example]]
    steps: int
    size: int = 8
    rate: float = 3e-3
    seed: int = 1


RECIPES = {
    'brain-unet': Recipe(heads.slices, 1200),
    'brain-noskip': Recipe(heads.slices, 1500),
    'brain-attention': Recipe(heads.slices_and_blanks, 600, rate=1e-2),
    'brain-unet3d': Recipe(heads.windows, 400, size=4),
    'lesion-unet3d': Recipe(phantoms.windows, 180),
    'lesion-noskip3d': Recipe(phantoms.windows, 400, rate=6e-3),
    'texture-unet': Recipe(textures.images, 400),
    'texture-noskip': Recipe(textures.images, 300),
    'texture-attention': Recipe(textures.images, 250, rate=1e-2),
    'texture-unetr': Recipe(textures.images, 400, rate=1e-2),
    'texture-twopathways': Recipe(textures.images, 300, rate=1e-2),
    'texture-dilated': Recipe(textures.images, 300, rate=1e-2),
    'texture-transposed': Recipe(textures.images, 300, rate=1e-2),
    'texture-interpolated': Recipe(textures.images, 300, rate=1e-2),
}
