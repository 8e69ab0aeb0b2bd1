"""Draws that several families share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Shape, Spacing


def normal(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """One standard normal number per voxel."""
    return {'normal': rng.standard_normal(shape, dtype=np.float32)}
