"""The training loop: Dice and cross-entropy, AdamW, one warm-up and a cosine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from monai.losses import DiceCELoss

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Example = tuple[NDArray[np.float32], NDArray[np.uint8]]


def pad_to(array: NDArray, multiple: int) -> NDArray:
    """Pad every axis symmetrically with zeros to a multiple, as the sliding plan does."""
    short = [-n % multiple for n in array.shape]
    return np.pad(array, [(s // 2, s - s // 2) for s in short])


def batch(examples: list[Example], multiple: int, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Stack examples to images (B, 1, *spatial) float32 and labels (B, 1, *spatial) int64."""
    images = np.stack([pad_to(image, multiple) for image, _ in examples])[:, None]
    labels = np.stack([pad_to(label, multiple) for _, label in examples])[:, None]
    return torch.from_numpy(images).to(device), torch.from_numpy(labels.astype(np.int64)).to(device)


def fit(
    network: torch.nn.Module,
    draw: Callable[[np.random.Generator], Example],
    *,
    seed: int,
    steps: int,
    size: int = 8,
    rate: float = 3e-3,
    multiple: int = 8,
    device: str = 'cpu',
    log: Callable[[str], None] = print,
) -> torch.nn.Module:
    """Train `network` in place on examples that `draw` makes, none of them twice.

    Parameters
    ----------
    network : Module
        Maps (B, 1, *spatial) to logits (B, K, *spatial).
    draw : callable
        Makes one example, image and labels, from a generator.
    seed : int
        Of the example stream; the weights were drawn before.
    steps, size : int
        Number of batches and examples in each.
    rate : float
        Highest learning rate.

    Returns
    -------
    Module
        The network in evaluation mode.
    """
    rng = np.random.default_rng([0x7261696E, seed])  # "rain": a stream that no sample draws from
    loss_of = DiceCELoss(to_onehot_y=True, softmax=True, batch=True, include_background=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.1)
    network.to(device).train()
    started, recent = time.perf_counter(), []
    for step in range(1, steps + 1):
        images, labels = batch([draw(rng) for _ in range(size)], multiple, device)
        loss = loss_of(network(images), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        recent.append(loss.item())
        if step % max(1, steps // 20) == 0:
            log(f'step {step}/{steps}  loss {np.mean(recent):.4f}  {time.perf_counter() - started:.0f} s')
            recent.clear()
    return network.eval()
