"""Training batches of generated heads: axial slices, or windows of whole heads."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.samples._heads import Anatomy, Contrast, tissue_maps, with_background

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Example = tuple[NDArray[np.float32], NDArray[np.uint8]]

maps = cache(tissue_maps)


def zscore(image: NDArray[np.float32], mean: float | None = None, sd: float | None = None) -> NDArray[np.float32]:
    """Bring an image to mean 0 and standard deviation 1, as the networks' specs say; a constant one becomes 0."""
    mean = float(image.mean()) if mean is None else mean
    sd = float(image.std()) if sd is None else sd
    return (image - mean) / max(sd, 1e-6)


def axial_slice(rng: np.random.Generator) -> Example:
    """Draw an axial slice of a new head: image (233, 197) after zscore, labels (233, 197)."""
    stack = maps()
    brain = (0, 158) if rng.random() < 0.95 else (0, stack.shape[1])
    tissue = stack[:, rng.integers(*brain)]
    bent = Anatomy.draw(rng, tissue.shape[1:], rng.uniform(4, 12)).apply(tissue)
    image = Contrast.draw(rng, 2).render(bent, rng)
    return zscore(image), with_background(bent).argmax(axis=0).astype(np.uint8)
