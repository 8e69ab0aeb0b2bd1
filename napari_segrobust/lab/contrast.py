"""How well an image shows the border of a structure: weak borders explain errors that no network can avoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.edits import Piece

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Half width of the neighbourhood in which both sides of the border are compared, and the ring around a lesion, in mm
#: (voxels without spacing); neither is thinner than a voxel.
EDGE_MM, RING_MM = 2.0, 5.0


@dataclass(frozen=True, slots=True)
class Contrast:
    """Contrast-to-noise of a structure.

    Attributes
    ----------
    edge : float or None
        Median over the border voxels of ``|mean inside - mean outside| / noise``, both means over the voxels within
        `EDGE_MM`, the noise the standard deviation about these means; None where the noise is 0.
    weak_share : float or None
        Share of the border whose contrast is below the noise.
    lesion : float or None
        ``|mean of the structure - mean of the ring| / standard deviation of the ring``: the ring is what lies within
        `RING_MM` outside, without the voxels that touch the structure.
    """

    edge: float | None
    weak_share: float | None
    lesion: float | None


def contrast(
    image: NDArray[Any], labels: NDArray[Any], label: int = 1, spacing: tuple[float, ...] | None = None
) -> Contrast | None:
    """Measure the contrast of a structure against its surroundings.

    Parameters
    ----------
    image : ndarray, shape ([Z,] Y, X)
        One channel.
    labels : ndarray of int, same shape
        The ring leaves out the voxels of other labels.
    label : int
    spacing : tuple of float, optional
        In mm in array order.

    Returns
    -------
    Contrast or None
        None for an empty structure, and for one that fills its surroundings.
    """
    steps = spacing or (1.0,) * image.ndim
    if not (labels == label).any():
        return None
    around = Piece.cut(labels, label, steps).widened(RING_MM + max(steps))
    there, here = around.overlap()
    mask, values = around.mask[here], image[there].astype(np.float64)
    distance = around.distance()[here]
    touching = float(np.linalg.norm(steps)) * (1 + 1e-9)
    free = (labels[there] == 0) & (distance > 0)
    ring = free & (distance > touching) & (distance <= max(RING_MM, touching + max(steps)))
    if not free.any():
        return None
    edge, weak = _edge(values, mask, free, steps)
    spread = float(values[ring].std()) if ring.any() else 0.0
    lesion = abs(float(values[mask].mean() - values[ring].mean())) / spread if spread else None
    return Contrast(edge, weak, lesion)


def _edge(
    values: NDArray[np.float64], mask: NDArray[np.bool_], free: NDArray[np.bool_], spacing: tuple[float, ...]
) -> tuple[float | None, float | None]:
    from scipy.ndimage import binary_erosion

    inner = _local_mean(values, mask, spacing)
    outer = _local_mean(values, free, spacing)
    border = mask & ~binary_erosion(mask)
    border &= np.isfinite(outer)
    # What is left of each side near the border when its local mean is taken away.
    near = np.isfinite(inner) & np.isfinite(outer)
    rest = np.concatenate([(values - inner)[mask & near], (values - outer)[free & near]])
    noise = float(rest.std()) if rest.size else 0.0
    if not noise or not border.any():
        return None, None
    ratio = np.abs(inner - outer)[border] / noise
    return float(np.median(ratio)), float((ratio < 1).mean())


def _local_mean(
    values: NDArray[np.float64], side: NDArray[np.bool_], spacing: tuple[float, ...]
) -> NDArray[np.float64]:
    """Mean over the voxels of one side in the box around each voxel; NaN where there are none."""
    from scipy.ndimage import uniform_filter

    size = [2 * max(1, round(EDGE_MM / step)) + 1 for step in spacing]
    share = uniform_filter(side.astype(np.float64), size, mode='constant')
    total = uniform_filter(np.where(side, values, 0.0), size, mode='constant')
    found = share > 0.5 / np.prod(size)
    return np.asarray(np.divide(total, share, out=np.full(values.shape, np.nan), where=found))
