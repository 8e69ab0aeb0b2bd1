"""The other image, on the scale of the case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation


def target_channels(clean: Clean, record: Perturbation) -> list[NDArray[np.float32]]:
    """Return the other image, finite and on the intensity scale, for each channel of the case.

    It is one image for all of them, unless it has one axis more than the case and as many channels first.
    """
    other = clean.target(record)
    count = len(clean.image)
    each = other.ndim == clean.image.ndim and len(other) == count
    lo, hi = clean.scale(record)
    u = (np.asarray(other, np.float32) - np.float32(lo)) / np.float32(hi - lo)
    u = np.nan_to_num(u, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    return list(u) if each else [u] * count
