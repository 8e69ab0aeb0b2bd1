"""Half precision on a GPU, where it was measured to change next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.segment.prediction import labels_from
from napari_segrobust.segment.stitch import activate

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.module import TorchSegmenter

#: Half precision is used where it changes at most this fraction of the labels.
LIMIT = 1e-3


def choose_precision(model: TorchSegmenter, windows: torch.Tensor) -> float:
    """Switch a model on a GPU to half precision if that hardly changes its labels.

    Parameters
    ----------
    model : TorchSegmenter
        Computes in half precision afterwards where at most `LIMIT` of the labels changed, else in single.
    windows : torch.Tensor, shape (B, C, *spatial), float32
        A sample, normalised as the model wants it.

    Returns
    -------
    float
        Fraction of the labels that half precision changes; 0 on the CPU, which always keeps single.
    """
    changed = changed_by_half(model, windows)
    model.half = model.device != 'cpu' and changed <= LIMIT
    return changed


def changed_by_half(model: TorchSegmenter, windows: torch.Tensor) -> float:
    """Fraction of the labels of a sample that half precision changes; 1 where it overflows."""
    kept = model.half
    labels = []
    try:
        for half in (False, True):
            model.half = half
            logits = model(windows).float().cpu().numpy()
            if not np.isfinite(logits).all():
                return 1.0
            labels.append(np.stack([labels_from(activate(one, model.spec), model.spec) for one in logits]))
    finally:
        model.half = kept
    return float(np.mean(labels[0] != labels[1]))
