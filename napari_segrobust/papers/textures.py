"""The texture task of Kamath 2023 and 2025 as it is trained and tested: blends, the five levels, fine speckle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_segrobust.cases import load_sample
from napari_segrobust.perturb import Clean, new_perturbation, perturb_block, preset_stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.perturb import Perturbation

    Example = tuple[NDArray[np.float32], NDArray[np.uint8]]

Blended = Literal['foreground', 'background']
#: Blends of the test, as in the paper's code: larger is harder. (The MICCAI text prints the opposite direction.)
ALPHAS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.82, 0.85, 0.88, 0.9, 0.92, 0.95, 0.98)
#: Levels of the preset `kamath-2025`, from the least alike textures to the most alike ones.
LEVELS = ('easiest', 'easier', 'clean', 'harder', 'hardest')
#: Variances of speckle below the paper's 0.1, where the networks part.
FINE = (0.0, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05)

#: First word of the seed of every training stream; the sample draws from another.
_STREAM = 0x626C6F62
#: First sample seed of the test; those of the training begin with 1.
_TEST = 1001


@dataclass(frozen=True, slots=True)
class TextureTask:
    """Textures, and how they are mixed.

    Attributes
    ----------
    blended : {'foreground', 'background'}
        Which takes the other in.
    alpha : float
        Of the training images.
    foreground, background : str
        Photographs of scikit-image.
    """

    blended: Blended = 'foreground'
    alpha: float = 0.1
    foreground: str = 'brick'
    background: str = 'grass'


@lru_cache(maxsize=512)
def example(task: TextureTask, seed: int, alpha: float) -> Example:
    """Image (256, 256) float32, scaled from 0 to 1, and its mask; blob and crops depend on `seed` alone."""
    case = load_sample(
        'texture', seed=seed, alpha=alpha, foreground=task.foreground, background=task.background, blended=task.blended
    )
    image, mask = scaled(case.image[0]), next(iter(case.references.values()))
    image.flags.writeable = mask.flags.writeable = False
    return image, mask


def scaled(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """The image from 0 to 1, as the paper scales every image that a network sees; a constant one becomes 0."""
    low, high = float(image.min()), float(image.max())
    return ((image - low) / ((high - low) or 1.0)).astype(np.float32)


def exam_images(task: TextureTask, count: int, alpha: float | None = None) -> list[Example]:
    """Draw the test images, the same for all networks; the trained blend where `alpha` is None."""
    return [example(task, _TEST + number, task.alpha if alpha is None else alpha) for number in range(count)]


def at_level(image: NDArray[np.float32], mask: NDArray[np.uint8], level: str, seed: int) -> NDArray[np.float32]:
    """Perturb an image exactly as one level of the preset `kamath-2025`, then scale it.

    Parameters
    ----------
    image : ndarray, shape (Y, X), float32
        From 0 to 1.
    mask : ndarray, shape (Y, X)
        Blur acts outside it.
    level : str
        One of `LEVELS`.
    seed : int
        Of the noise.
    """
    return _perturbed(image, mask, preset_stack('kamath-2025', 'texture', level, seed=seed))


def with_speckle(
    image: NDArray[np.float32], mask: NDArray[np.uint8], variance: float, seed: int
) -> NDArray[np.float32]:
    """Perturb an image with speckle of a variance; the draw depends on `seed` alone, so variances share it."""
    if variance == 0:
        return image
    entry = new_perturbation(
        'speckle', 1.0, seed, parameters={'sigma': float(np.sqrt(variance))}, scale='minmax', clip=True
    )
    return _perturbed(image, mask, (entry,))


def crop_batches(examples: Sequence[Example], seed: int, size: int, crop: int) -> Iterator[Example]:
    """Draw batches without end: parts of images, half of them turned by 90, 180 or 270 degrees.

    Parameters
    ----------
    examples : sequence of (image, mask)
    seed : int
    size : int
        Examples in a batch.
    crop : int
        Edge of a part, pixels.

    Yields
    ------
    images, labels : ndarray, shape (B, 1, crop, crop), float32 and uint8
    """
    rng = np.random.default_rng([_STREAM, seed])
    while True:
        images, labels = [], []
        for number in rng.choice(len(examples), size, replace=len(examples) < size):
            image, mask = examples[number]
            top, left = rng.integers(0, np.array(image.shape) - crop + 1)
            turns = int(rng.integers(1, 4)) if rng.random() < 0.5 else 0
            part = np.s_[top : top + crop, left : left + crop]
            images.append(np.rot90(image[part], turns))
            labels.append(np.rot90(mask[part], turns))
        yield np.stack(images)[:, None], np.stack(labels)[:, None]


def _perturbed(
    image: NDArray[np.float32], mask: NDArray[np.uint8], stack: Sequence[Perturbation]
) -> NDArray[np.float32]:
    clean = Clean(np.ascontiguousarray(image[None]), (0.0, 1.0), references={'blob': mask})
    whole = tuple(slice(0, n) for n in image.shape)
    return scaled(perturb_block(clean, stack, block=whole)[0])
