"""What a person would write without the product: MONAI's transform, inference and metrics, then ``layer.data =``.

At most 40 lines, in inference mode, with the model warm; whoever runs it chooses the batch size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from monai.inferers import sliding_window_inference
from monai.metrics import DiceMetric, HausdorffDistanceMetric, SurfaceDiceMetric
from monai.networks import one_hot
from monai.transforms import NormalizeIntensity, RandGaussianNoise


def script(
    case: Any, module: Any, sigma: float, layer: Any, batch: int, window: tuple[int, ...] | None, overlap: float = 0.25
) -> list[float]:
    """Perturb the volume, segment it, compare it, show it; a 2D module (no window) takes all slices as a batch."""
    image = torch.from_numpy(case.image)
    noisy = RandGaussianNoise(prob=1.0, std=sigma, sample_std=False)(image).as_tensor()
    if window is None:
        slices = torch.stack([NormalizeIntensity()(s).as_tensor() for s in noisy[0]])[:, None]
        size = [-(-n // 8) * 8 for n in slices.shape[2:]]
        inputs = slices.contiguous(memory_format=torch.channels_last)
    else:
        inputs, size = NormalizeIntensity()(noisy).as_tensor()[None], list(window)
    with torch.inference_mode():
        if window is None:
            parts = [sliding_window_inference(part, size, batch, module) for part in inputs.split(batch)]
            labels = torch.cat([part.argmax(1) for part in parts])
        else:
            logits = sliding_window_inference(inputs, size, batch, module, overlap=overlap, mode='gaussian')
            labels = logits.argmax(1)[0]
    spacing = case.geometry.spacing_mm
    reference = torch.from_numpy(next(iter(case.references.values())).astype(np.int64))
    a, b = (one_hot(mask[None, None], 3) for mask in (labels, reference))
    values = [
        DiceMetric(include_background=False)(a, b),
        HausdorffDistanceMetric(include_background=False, percentile=95)(a, b, spacing=spacing),
        SurfaceDiceMetric([2.0, 2.0], include_background=False)(a, b, spacing=spacing),
    ]
    layer.data = labels.numpy().astype(np.uint8)
    return [float(v) for value in values for v in value.flatten()]
