"""The training matrix: one U-Net trained in seven ways, each tested under ten conditions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import compare
from napari_segrobust.papers.texture_experiment import MODELS, spec_of
from napari_segrobust.papers.training import Training
from napari_segrobust.papers.variants import ALONG, COUNT, SPREAD, TASK, TESTS, VARIANTS, batches, exam

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.papers.training import Store
    from napari_segrobust.segment.spec import ModelSpec

#: Small enough that one of each training comes with the package.
ARCHITECTURE = {**MODELS['U-Net'], 'channels': [8, 16, 32, 64, 128]}
_METRICS = {'dice': 'dice', 'relative_volume_difference': 'volume_difference', 'ece': 'calibration_error'}


@dataclass(frozen=True, slots=True)
class MatrixPlan:
    """How much of the matrix is done.

    Attributes
    ----------
    seeds : tuple of int
    variants, tests : tuple of str
        Keys of `VARIANTS` and of `TESTS`.
    steps, batch, crop : int
        Batches of one training, images in each, and their edge in pixels.
    images, cases : int
        Training and test images.
    rate : float
        First learning rate.
    """

    seeds: tuple[int, ...] = (1, 2, 3)
    variants: tuple[str, ...] = tuple(VARIANTS)
    tests: tuple[str, ...] = tuple(TESTS)
    steps: int = 300
    batch: int = 8
    crop: int = 128
    images: int = 70
    cases: int = 20
    rate: float = 1e-3


QUICK = MatrixPlan(seeds=(1,), steps=3, images=4, cases=2)


def training_of(plan: MatrixPlan, key: str, seed: int) -> Training:
    """Recipe of one network."""
    variant = VARIANTS[key]
    task = {**asdict(TASK), **asdict(variant), 'images': plan.images, 'batch': plan.batch, 'crop': plan.crop}
    task |= {'raters': COUNT, 'spread': SPREAD, 'along': ALONG}
    return Training(f'matrix-{key}-seed{seed}', ARCHITECTURE, task, plan.steps, plan.rate, seed, variant.loss)


def specs(plan: MatrixPlan) -> Iterator[tuple[str, ModelSpec]]:
    """Name and spec of every network of a plan."""
    for key in plan.variants:
        for seed in plan.seeds:
            training = training_of(plan, key, seed)
            yield training.name, spec_of(training, f'U-Net of the training matrix, {VARIANTS[key].title}, seed {seed}')


def run(plan: MatrixPlan, store: Store) -> list[dict[str, Any]]:
    """Train what is not trained yet, measure what is not measured yet, and give one row for each test image.

    Parameters
    ----------
    plan : MatrixPlan
    store : Store

    Returns
    -------
    list of dict
        ``trained, tested, seed, case, dice, volume_difference, calibration_error``: Dice; predicted minus reference
        volume over that of the reference; expected calibration error of the probabilities.
    """
    found: list[dict[str, Any]] = []
    total = len(plan.seeds) * len(plan.variants)
    for seed in plan.seeds:
        for key in plan.variants:
            training = training_of(plan, key, seed)
            measure = partial(_measure, plan, store, training, key)
            rows = store.rows(training, {'tests': plan.tests, 'cases': plan.cases}, measure)
            found += [{'trained': key, 'seed': seed, **row} for row in rows]
            mean = np.mean([row['dice'] for row in rows if row['tested'] == plan.tests[0]])
            done = len(found) // len(rows)
            store.log(f'{done} of {total}: {VARIANTS[key].title}, seed {seed}: clean Dice {mean:.3f}')
    return found


def _measure(plan: MatrixPlan, store: Store, training: Training, key: str) -> list[dict[str, Any]]:
    stream = partial(batches, VARIANTS[key], plan.images, training.seed, plan.batch, plan.crop)
    network = store.network(training, stream)
    return [
        {'tested': test, 'case': case, **_scores(_probability(network, image, store.device), mask)}
        for test in plan.tests
        for case, (image, mask) in enumerate(exam(test, plan.cases))
    ]


def _probability(network: torch.nn.Module, image: NDArray[np.float32], device: str) -> NDArray[np.float32]:
    import torch

    with torch.inference_mode():
        logits = network(torch.from_numpy(image[None, None].copy()).to(device))
    found: NDArray[np.float32] = logits.sigmoid()[0, 0].cpu().numpy()
    return found


def _scores(probability: NDArray[np.float32], mask: NDArray[np.uint8]) -> dict[str, float]:
    prediction = (probability > 0.5).astype(np.uint8)
    found = compare(mask, prediction, labels=[1], probability=probability, metrics=list(_METRICS)).metrics[1]
    scores = {}
    for key, name in _METRICS.items():
        value = found[key].value
        assert isinstance(value, float)  # the reference is never empty
        scores[name] = value
    return scores
