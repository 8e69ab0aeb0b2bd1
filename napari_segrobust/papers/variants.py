"""One network, trained in different ways, and what it is tested under: the rows and columns of the training matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.papers.textures import TextureTask, exam_images, example, scaled
from napari_segrobust.perturb import perturb, virtual_raters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from napari_segrobust.papers.textures import Example
    from napari_segrobust.papers.training import Loss

Labels = Literal['reference', 'one rater', 'mean of raters']

TASK = TextureTask('foreground', 0.1)
#: How far simulated raters move the border, and over which length they do it together, in pixels.
SPREAD, ALONG = 4.0, 30.0
#: Raters whose mean is a soft label.
COUNT = 5
_STREAM = 0x6D617472


@dataclass(frozen=True, slots=True)
class Variant:
    """A way of training.

    Attributes
    ----------
    title : str
    words : str
        What is changed against the first one.
    images : {'clean', 'noise', 'contrast'}
        What is done to each example, anew each time.
    labels : str
        See `labels_of`.
    loss : str
        See `training.loss_of`.
    """

    title: str
    words: str
    images: Literal['clean', 'noise', 'contrast'] = 'clean'
    labels: Labels = 'reference'
    loss: Loss = 'dice_cross_entropy'


VARIANTS: Mapping[str, Variant] = {
    'clean': Variant('clean', 'clean images, soft Dice and cross-entropy'),
    'noise': Variant('texture noise', 'speckle of variance 0 to 0.1 or Gaussian noise of sigma 0 to 0.2', 'noise'),
    'contrast': Variant('wide contrast', 'gamma of 0.4 to 2.5, and every second image inverted', 'contrast'),
    'labels': Variant('noisy labels', 'each mask redrawn by one simulated rater (4 pixels)', labels='one rater'),
    'entropy': Variant('cross-entropy', 'cross-entropy alone', loss='cross_entropy'),
    'dice': Variant('soft Dice', 'soft Dice alone', loss='dice_sigmoid'),
    'semimetric': Variant(
        'Dice semimetric', 'soft labels, the mean of five raters, with the Dice semimetric loss',
        labels='mean of raters', loss='dice_semimetric',
    ),
}  # fmt: skip

#: Key of a test to its words, and what is done to the images: (perturbation, parameters), a blend, or a texture.
TESTS: Mapping[str, tuple[str, Any]] = {
    'clean': ('clean', None),
    'speckle': ('speckle 0.02', ('speckle', {'sigma': 0.02**0.5})),
    'harder': ('speckle 0.1', ('speckle', {'sigma': 0.1**0.5})),
    'gaussian': ('Gaussian 0.1', ('gaussian_noise', {'sigma': 0.1})),
    'dark': ('gamma 2.5', ('gamma', {'gamma': 2.5})),
    'bright': ('gamma 0.4', ('gamma', {'gamma': 0.4})),
    'inverted': ('inverted', 'inverted'),
    'blur': ('blur 2 px', ('gaussian_blur', {'sigma': 2.0})),
    'blend': ('alpha 0.5', 0.5),
    'texture': ('on gravel', 'gravel'),
}


@lru_cache(maxsize=len(TESTS))
def exam(key: str, count: int) -> list[Example]:
    """Test images of a key of `TESTS`, the same for all networks; masks are the reference, never a rater's."""
    how = TESTS[key][1]
    if isinstance(how, float):
        return exam_images(TASK, count, how)
    if how == 'gravel':
        return exam_images(TextureTask(TASK.blended, TASK.alpha, background='gravel'), count, None)
    clean = exam_images(TASK, count, None)
    if how is None:
        return clean
    if how == 'inverted':
        return [(1 - image, mask) for image, mask in clean]
    name, parameters = how
    return [(_perturbed(image, name, parameters, number), mask) for number, (image, mask) in enumerate(clean)]


@lru_cache(maxsize=512)
def labels_of(kind: Labels, seed: int) -> NDArray[np.float32]:
    """Label of a training image: the reference, the mask of one simulated rater, or the mean of five (soft)."""
    mask = example(TASK, seed, TASK.alpha)[1]
    if kind == 'reference':
        return mask.astype(np.float32)
    count = 1 if kind == 'one rater' else COUNT
    raters = virtual_raters(mask, count, sd_mm=SPREAD, correlation_mm=ALONG, seed=seed)
    mean: NDArray[np.float32] = np.stack(list(raters.values())).mean(axis=0, dtype=np.float32)
    return mean


def batches(
    variant: Variant, images: int, seed: int, size: int, crop: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Draw batches without end; seed by seed, all variants see the same parts of the same images.

    Parameters
    ----------
    variant : Variant
    images : int
        Training images.
    seed : int
    size, crop : int
        Examples in a batch, and their edge in pixels.

    Yields
    ------
    images, labels : ndarray, shape (B, 1, crop, crop), float32
    """
    places, changes = np.random.default_rng([_STREAM, seed]), np.random.default_rng([_STREAM, seed, 1])
    while True:
        found = []
        for number in places.choice(images, size, replace=images < size) + 1:
            image, label = example(TASK, int(number), TASK.alpha)[0], labels_of(variant.labels, int(number))
            top, left = places.integers(0, np.array(image.shape) - crop + 1)
            turns = int(places.integers(4))
            part = np.s_[top : top + crop, left : left + crop]
            changed = _changed(variant, image, changes)
            found.append((np.rot90(changed[part], turns), np.rot90(label[part], turns)))
        yield np.stack([image for image, _ in found])[:, None], np.stack([label for _, label in found])[:, None]


def _changed(variant: Variant, image: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The image as a variant shows it: by short formulas of numpy, for a training draws thousands of them."""
    if variant.images == 'noise':
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        if rng.random() < 0.5:
            changed = image * (1 + np.float32(np.sqrt(rng.uniform(0, 0.1))) * noise)
        else:
            changed = image + np.float32(rng.uniform(0, 0.2)) * noise
        return scaled(np.clip(changed, 0, 1))
    if variant.images == 'contrast':
        changed = image ** np.float32(np.exp(rng.uniform(np.log(0.4), np.log(2.5))))
        return scaled(1 - changed if rng.random() < 0.5 else changed)
    return image


def _perturbed(
    image: NDArray[np.float32], name: str, parameters: Mapping[str, float], seed: int
) -> NDArray[np.float32]:
    found = perturb(image, name, 1.0, seed, parameters=parameters, intensity_range=(0.0, 1.0))
    return scaled(np.clip(found, 0, 1))
