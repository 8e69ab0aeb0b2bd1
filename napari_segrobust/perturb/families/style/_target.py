"""The other image, on an intensity scale of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.scale import intensity_range

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation


def target_channels(clean: Clean, record: Perturbation) -> list[NDArray[np.float32]]:
    """Return the other image for each channel of the case, finite and with its own (lo, hi) at 0 and 1.

    Its (lo, hi) is made as that of the case is (p1 and p99, minimum and maximum, or 0 and 255): units of MR mean
    nothing, so what counts is where in its range a tissue lies. It is one image for all channels, unless it has one
    axis more than the case and as many channels first.
    """
    other = clean.target(record)
    lo, hi = _scale(other, record)
    u = np.subtract(other, np.float32(lo), dtype=np.float32) / np.float32(hi - lo)
    u[~np.isfinite(u)] = 0
    each = other.ndim == clean.image.ndim and len(other) == len(clean.image)
    return list(u) if each else [u] * len(clean.image)


def _scale(other: NDArray[np.generic], record: Perturbation) -> tuple[float, float]:
    if record.scale == 'byte':
        return 0.0, 255.0
    if record.scale == 'robust':
        return intensity_range(other)
    finite = other[np.isfinite(other)]
    lo, hi = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (lo, hi) if hi > lo else (lo, lo + 1.0)
