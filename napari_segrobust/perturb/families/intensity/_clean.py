"""What intensity families measure on the clean case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation


def mean_of(image: NDArray[np.float32], lo: float) -> float:
    """Mean of some voxels; those that are not finite count as lo, as they do for their neighbours."""
    with np.errstate(invalid='ignore'):
        total = float(image.sum(dtype=np.float64))
    if not np.isfinite(total):
        total = float(np.where(np.isfinite(image), image, lo).sum(dtype=np.float64))
    return total / image.size


def median_of(values: NDArray[np.float32], lo: float) -> float:
    """Median of some voxels, with the same rule."""
    return float(np.median(np.where(np.isfinite(values), values, lo)))


def channel_means(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Mean of every channel (C,) on the scale u."""
    lo, hi = clean.scale(record)
    return {'mean': np.array([(mean_of(channel, lo) - lo) / (hi - lo) for channel in clean.image], np.float32)}
