"""The texture experiment of Kamath 2023 and 2025: with and without skip connections, textures ever more alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.papers.scores import scores
from napari_segrobust.papers.textures import (
    ALPHAS,
    FINE,
    LEVELS,
    Blended,
    TextureTask,
    at_level,
    crop_batches,
    exam_images,
    example,
    with_speckle,
)
from napari_segrobust.papers.training import Training, output_of
from napari_segrobust.perturb.texture import texture_difference
from napari_segrobust.segment.spec import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.papers.textures import Example
    from napari_segrobust.papers.training import Store

_PLAIN = {'spatial_dims': 2, 'in_channels': 1, 'out_channels': 1}
_UNET = {**_PLAIN, 'channels': [16, 32, 64, 128, 256], 'strides': [2, 2, 2, 2], 'norm': 'batch', 'act': 'relu',
         'num_res_units': 0, 'bias': False}  # fmt: skip
#: Names as in the published tables, and the networks. Two are narrower than the paper's.
MODELS: dict[str, dict[str, Any]] = {
    'NoSkip U-Net': {'name': 'NoSkipUNet', **_UNET},
    'U-Net': {'name': 'UNet', **_UNET},
    'AGU-Net': {'name': 'AttentionUnet', **_PLAIN, 'channels': [8, 16, 32, 64, 128], 'strides': [2, 2, 2, 2]},
    'U-Net++': {'name': 'BasicUNetPlusPlus', **_PLAIN, 'features': [8, 8, 16, 32, 64, 8]},
}
#: Left out: no course of it is published in this direction, and of all networks it takes longest.
_LEFT_OUT = {('background', 'U-Net++')}
#: Images that go through a network together.
_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class TexturePlan:
    """How much of the experiment is done.

    Attributes
    ----------
    seeds : tuple of int
        One network for each, of every architecture and direction.
    models : tuple of str
        Of `MODELS`.
    blended : tuple of str
        Directions of the blend.
    steps, batch, crop : int
        Batches of one training, images in each, and their edge in pixels.
    images, tests : int
        Training and test images.
    rate : float
        First learning rate.
    alpha : float
        Blend of the training images.
    alphas, fine : tuple of float
        Blends and variances of the test.
    """

    seeds: tuple[int, ...] = (1, 2, 3)
    models: tuple[str, ...] = tuple(MODELS)
    blended: tuple[Blended, ...] = ('foreground', 'background')
    steps: int = 400
    batch: int = 8
    crop: int = 128
    images: int = 70
    tests: int = 20
    rate: float = 1e-3
    alpha: float = 0.1
    alphas: tuple[float, ...] = ALPHAS
    fine: tuple[float, ...] = FINE

    def models_of(self, blended: Blended) -> tuple[str, ...]:
        """Architectures of one direction."""
        return tuple(model for model in self.models if (blended, model) not in _LEFT_OUT)


QUICK = TexturePlan(
    seeds=(1,), models=('NoSkip U-Net', 'U-Net', 'AGU-Net'), steps=4, images=8, tests=2,
    alphas=(0.1, 0.5, 0.9), fine=(0.0, 0.02, 0.05),
)  # fmt: skip


def task_of(plan: TexturePlan, blended: Blended) -> TextureTask:
    """Task of one direction."""
    return TextureTask(blended, plan.alpha)


def training_of(plan: TexturePlan, model: str, blended: Blended, seed: int) -> Training:
    """Recipe of one network."""
    task = {**asdict(task_of(plan, blended)), 'images': plan.images, 'batch': plan.batch, 'crop': plan.crop}
    name = f'texture-{blended}-{model.lower().replace(" ", "-").replace("+", "p")}-seed{seed}'
    return Training(name, MODELS[model], task, plan.steps, plan.rate, seed, 'dice_sigmoid')


def spec_of(training: Training, title: str) -> ModelSpec:
    """How a network of the texture task wants its image: what makes it a model like others."""
    return ModelSpec(
        name=training.name, dimensions=2, classes=('blob',), activation='sigmoid', intensity='minmax', window=None,
        pad_multiple=16, slice_axis=0, intensity_scope='slice', architecture=dict(training.architecture),
        card={'title': title},
    )  # fmt: skip


def specs(plan: TexturePlan) -> Iterator[tuple[str, ModelSpec]]:
    """Name and spec of every network of a plan."""
    for blended in plan.blended:
        for model in plan.models_of(blended):
            for seed in plan.seeds:
                training = training_of(plan, model, blended, seed)
                title = f'{model} of the texture experiment, {blended} blended, seed {seed}'
                yield training.name, spec_of(training, title)


def run(plan: TexturePlan, store: Store) -> list[dict[str, Any]]:
    """Train what is not trained yet, measure what is not measured yet, and give one row for each condition and image.

    Parameters
    ----------
    plan : TexturePlan
    store : Store

    Returns
    -------
    list of dict
        ``model, blended, seed, kind, value, case`` and `scores`; kind is "alpha" (value: the blend), "level" (0 to 4,
        see `LEVELS`) or "speckle" (the variance).
    """
    jobs = [(blended, model, seed) for blended in plan.blended for model in plan.models_of(blended)
            for seed in plan.seeds]  # fmt: skip
    # Whoever stops early has the quick ones, seed by seed.
    order = sorted(jobs, key=lambda job: (job[1] == 'U-Net++', job[2]))
    found: dict[tuple[Blended, str, int], list[dict[str, Any]]] = {}
    for done, (blended, model, seed) in enumerate(order, 1):
        training = training_of(plan, model, blended, seed)
        exam = {'tests': plan.tests, 'alphas': plan.alphas, 'fine': plan.fine, 'levels': LEVELS}
        rows = store.rows(training, exam, partial(_measure, plan, store, training, blended))
        found[blended, model, seed] = rows
        clean = np.mean([row['dice'] for row in rows if row['kind'] == 'level' and row['value'] == 2])
        store.log(f'{done} of {len(jobs)}: {model}, {blended} blended, seed {seed}: clean Dice {clean:.3f}')
    return [
        {'model': model, 'blended': blended, 'seed': seed, **row}
        for blended, model, seed in jobs
        for row in found[blended, model, seed]
    ]


def differences(plan: TexturePlan, blended: Blended) -> dict[tuple[str, float], list[float]]:
    """Kamath's texture difference of every test image, by kind and value of the condition."""
    found: dict[tuple[str, float], list[float]] = {}
    for kind, value, examples in conditions(plan, task_of(plan, blended)):
        all_of_them = (texture_difference(image, mask) for image, mask in examples)
        found[kind, value] = [difference for difference in all_of_them if difference is not None]
    return found


def conditions(plan: TexturePlan, task: TextureTask) -> Iterator[tuple[str, float, list[Example]]]:
    """Kind, value and test images of every condition of the exam."""
    for alpha in plan.alphas:
        yield 'alpha', alpha, exam_images(task, plan.tests, alpha)
    clean = exam_images(task, plan.tests)
    for place, level in enumerate(LEVELS):
        changed = [(at_level(image, mask, level, number), mask) for number, (image, mask) in enumerate(clean)]
        yield 'level', float(place), changed
    for variance in plan.fine:
        changed = [(with_speckle(image, mask, variance, number), mask) for number, (image, mask) in enumerate(clean)]
        yield 'speckle', variance, changed


def _measure(plan: TexturePlan, store: Store, training: Training, blended: Blended) -> list[dict[str, Any]]:
    task = task_of(plan, blended)
    examples = [example(task, number, plan.alpha) for number in range(1, plan.images + 1)]
    network = store.network(training, lambda: crop_batches(examples, training.seed, plan.batch, plan.crop))
    return [
        {'kind': kind, 'value': value, 'case': case, **scores(prediction, mask)}
        for kind, value, tests in conditions(plan, task)
        for case, (prediction, (_, mask)) in enumerate(zip(_predict(network, tests, store.device), tests, strict=True))
    ]


def _predict(network: torch.nn.Module, tests: Sequence[Example], device: str) -> Iterator[NDArray[np.bool_]]:
    """Masks where the sigmoid exceeds 0.5, whole images at a time."""
    import torch

    for first in range(0, len(tests), _AT_ONCE):
        images = np.stack([image for image, _ in tests[first : first + _AT_ONCE]])[:, None]
        with torch.inference_mode():
            logits = output_of(network(torch.from_numpy(images).to(device)))
        yield from (logits[:, 0] > 0).cpu().numpy()
