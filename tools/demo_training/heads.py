"""Training examples of generated heads: axial slices, and windows of whole heads."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.samples._heads import Anatomy, Contrast, tissue_maps, with_background

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Example = tuple[NDArray[np.float32], NDArray[np.uint8]]

#: Narrow on purpose; white matter is 1. Windows see less of it, because a 3D network averages more away.
SLICE_NOISE = 0.04
WINDOW_NOISE = 0.03
#: Axial slices of the atlas that hold brain.
BRAIN = (0, 158)
SLICE_CROP = (176, 160)
WINDOW = (64, 64, 64)

maps = cache(tissue_maps)


def zscore(image: NDArray[np.float32], over: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Bring an image to mean 0 and standard deviation 1 `over` itself or another; a constant one becomes 0."""
    over = image if over is None else over
    return (image - over.mean()) / (over.std() or np.float32(1))


def padded(array: NDArray, multiple: int = 8) -> NDArray:
    """Pad symmetrically with zeros to a multiple, as the sliding plan does."""
    short = [-n % multiple for n in array.shape]
    return np.pad(array, [(s // 2, s - s // 2) for s in short])


def slices(rng: np.random.Generator) -> Iterator[Example]:
    """Draw part of an axial slice of a new head, again and again: normalised whole and padded, then cropped."""
    while True:
        tissue = maps()[:, rng.integers(*(BRAIN if rng.random() < 0.95 else (0, maps().shape[1])))]
        bent = Anatomy.draw(rng, tissue.shape[1:], rng.uniform(4, 12)).apply(tissue)
        image = padded(zscore(Contrast.draw(rng, 2, SLICE_NOISE).render(bent, rng)))
        labels = padded(with_background(bent).argmax(axis=0).astype(np.uint8))
        corner = [int(rng.integers(0, n - c + 1)) for n, c in zip(image.shape, SLICE_CROP, strict=True)]
        part = tuple(slice(a, a + c) for a, c in zip(corner, SLICE_CROP, strict=True))
        yield image[part], labels[part]


def slices_and_blanks(rng: np.random.Generator) -> Iterator[Example]:
    """Draw as `slices`, with one in thirty constant: beside a skull-stripped brain a volume is exactly empty."""
    blank = np.zeros(SLICE_CROP, np.float32), np.zeros(SLICE_CROP, np.uint8)
    for example in slices(rng):
        yield blank if rng.random() < 1 / 30 else example


def windows(rng: np.random.Generator) -> Iterator[Example]:
    """Draw a window of a new head, again and again; only the window and every sixth voxel of the head are computed.

    The sparse head gives mean and standard deviation of the whole, which the window is normalised by. Every window
    has a head of its own: batch norm would learn the contrast of a head that fills a batch.
    """
    shape = maps().shape[1:]
    while True:
        anatomy, contrast = Anatomy.draw(rng, shape, rng.uniform(4, 12)), Contrast.draw(rng, 3, WINDOW_NOISE)
        whole = contrast.render(anatomy.apply(maps(), [slice(0, n, 6) for n in shape]), rng)
        corner = [int(rng.integers(0, n - w + 1)) for n, w in zip(shape, WINDOW, strict=True)]
        part = [slice(a, a + w) for a, w in zip(corner, WINDOW, strict=True)]
        bent = anatomy.apply(maps(), part)
        positions = [np.arange(p.start, p.stop) / (n - 1) for p, n in zip(part, shape, strict=True)]
        image = contrast.render(bent, rng, positions)
        yield zscore(image, whole), with_background(bent).argmax(axis=0).astype(np.uint8)
