"""The training loop: Dice and cross-entropy, AdamW, one learning-rate cycle."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import torch
from monai.losses import DiceCELoss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from demo_training.heads import Example
    from demo_training.recipes import Recipe

#: First word of the seed of every training stream; the samples draw from others.
_STREAM = 0x7472616E


def batches(examples: Iterator[Example], size: int, device: str) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Stack examples to images (B, 1, *spatial) float32 and labels (B, 1, *spatial) int64."""
    while True:
        images, labels = zip(*islice(examples, size), strict=True)
        yield (
            torch.from_numpy(np.stack(images)[:, None].astype(np.float32)).to(device),
            torch.from_numpy(np.stack(labels)[:, None].astype(np.int64)).to(device),
        )


def fit(
    network: torch.nn.Module, recipe: Recipe, steps: int, device: str, log: Callable[[str], None] = print
) -> torch.nn.Module:
    """Train `network` in place for that many steps and return it in evaluation mode, on the CPU.

    The network maps (B, 1, *spatial) to logits (B, K, *spatial).
    """
    stream = batches(recipe.examples(np.random.default_rng([_STREAM, recipe.seed])), recipe.size, device)
    loss_of = DiceCELoss(to_onehot_y=True, softmax=True, batch=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps, pct_start=0.1)
    network.to(device).train()
    started, recent = time.perf_counter(), []
    for step, (images, labels) in enumerate(islice(stream, steps), start=1):
        loss = loss_of(network(images), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        recent.append(loss.item())
        if step % max(1, steps // 20) == 0:
            log(f'  step {step}/{steps}, loss {np.mean(recent):.4f}, {time.perf_counter() - started:.0f} s')
            recent.clear()
    return network.cpu().eval()
