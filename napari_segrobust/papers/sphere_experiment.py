"""The sphere experiment of Kamath 2022: three networks, windows of three sizes, balls of all sizes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.papers.scores import scores
from napari_segrobust.papers.spheres import SphereTask, exam_cubes, training_set, window_batches
from napari_segrobust.papers.training import Training
from napari_segrobust.segment.spec import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.papers.training import Store

#: Keys as in the published tables, and what they mean.
MODELS = {'unet': 'U-Net', 'atunet': 'Attention U-Net', 'unetr': 'UNETR'}


@dataclass(frozen=True, slots=True)
class SpherePlan:
    """How much of the experiment is done.

    Attributes
    ----------
    seeds : tuple of int
        One network for each, of every architecture and window.
    windows : tuple of int
        Edges of the training windows, voxels; inference has windows of the same size.
    steps : int
        Batches of one training.
    images : int
        Cubes of one training.
    every : int
        One test radius in so many.
    rate : float
        First learning rate.
    task : SphereTask
    """

    seeds: tuple[int, ...] = (1, 2, 3)
    windows: tuple[int, ...] = (16, 32, 48)
    steps: int = 240
    images: int = 70
    every: int = 1
    rate: float = 1e-3
    task: SphereTask = field(default_factory=SphereTask)


QUICK = SpherePlan(seeds=(1,), steps=3, images=4, every=9)


def architecture(model: str, window: int) -> dict[str, Any]:
    """Network of a key of `MODELS`, a quarter or less of the paper's width."""
    if model == 'unetr':
        return {
            'name': 'SmallUNETR', 'spatial_dims': 3, 'in_channels': 1, 'out_channels': 2, 'img_size': window,
            'patch_size': 8, 'feature_size': 4, 'hidden_size': 96, 'mlp_dim': 384, 'num_layers': 4, 'num_heads': 4,
        }  # fmt: skip
    common = {'spatial_dims': 3, 'in_channels': 1, 'out_channels': 2, 'channels': [8, 16, 32, 64], 'strides': [2, 2, 2]}
    if model == 'unet':
        return {'name': 'UNet', **common, 'num_res_units': 2, 'norm': 'batch'}
    return {'name': 'AttentionUnet', **common}


def training_of(plan: SpherePlan, model: str, window: int, seed: int) -> Training:
    """Recipe of one network."""
    task = {**asdict(plan.task), 'images': plan.images, 'window': window}
    return Training(
        f'sphere-{model}-{window}-seed{seed}', architecture(model, window), task, plan.steps, plan.rate, seed
    )


def specs(plan: SpherePlan) -> Iterator[tuple[str, ModelSpec]]:
    """Name of every network of a plan, and how it wants its image: what makes it a model like others."""
    for model, title in MODELS.items():
        for window in plan.windows:
            for seed in plan.seeds:
                training = training_of(plan, model, window, seed)
                yield training.name, ModelSpec(
                    name=training.name, dimensions=3, classes=('background', 'ball'), intensity='none',
                    window=(window,) * 3, overlap=0.25, blending='constant', architecture=dict(training.architecture),
                    card={'title': f'{title} of the sphere experiment, window {window}, seed {seed}'},
                )  # fmt: skip


def run(plan: SpherePlan, store: Store) -> list[dict[str, Any]]:
    """Train what is not trained yet, measure what is not measured yet, and give one row for each test cube.

    Parameters
    ----------
    plan : SpherePlan
    store : Store

    Returns
    -------
    list of dict
        ``model, window, seed, radius, region`` and `scores`. Seeds are outermost: whoever stops has whole ones.
    """
    found: list[dict[str, Any]] = []
    total, done = len(plan.seeds) * len(plan.windows) * len(MODELS), 0
    for seed in plan.seeds:
        cubes = training_set(plan.task, plan.images, seed)
        for window in plan.windows:
            for model in MODELS:
                rows = _rows(plan, store, cubes, training_of(plan, model, window, seed), window)
                found += [{'model': model, 'window': window, 'seed': seed, **row} for row in rows]
                done += 1
                mean = np.mean([row['dice'] for row in rows])
                store.log(f'{done} of {total}: {MODELS[model]}, window {window}, seed {seed}: mean Dice {mean:.3f}')
    return found


def training_fractions(plan: SpherePlan, window: int, seed: int) -> NDArray[np.float64]:
    """Foreground fraction of every window that a network was trained on, in their order."""
    batches = window_batches(training_set(plan.task, plan.images, seed), window, seed)
    return np.concatenate([next(batches)[1].mean(axis=(1, 2, 3, 4)) for _ in range(plan.steps)])


def _rows(plan: SpherePlan, store: Store, cubes: Any, training: Training, window: int) -> list[dict[str, Any]]:
    def measure() -> list[dict[str, Any]]:
        network = store.network(training, lambda: window_batches(cubes, window, training.seed))
        predict = _predictor(network, window, store.device)
        return [
            {'radius': radius, 'region': plan.task.region(radius), **scores(predict(image), mask)}
            for radius, image, mask in exam_cubes(plan.task, plan.every)
        ]

    return store.rows(training, {'every': plan.every, 'overlap': 0.25}, measure)


def _predictor(
    network: torch.nn.Module, window: int, device: str
) -> Callable[[NDArray[np.float32]], NDArray[np.bool_]]:
    """Inference as in the paper: MONAI's windows, overlap 0.25, constant blending, the class with the larger logit."""
    import torch
    from monai.inferers import sliding_window_inference

    def predict(image: NDArray[np.float32]) -> NDArray[np.bool_]:
        with torch.inference_mode():
            cube = torch.from_numpy(image)[None, None].to(device)
            logits = sliding_window_inference(cube, (window,) * 3, 4, network)
        found: NDArray[np.bool_] = logits[0].argmax(dim=0).cpu().numpy() == 1
        return found

    return predict
