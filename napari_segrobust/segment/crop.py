"""The foreground of an image: the part of it that some models are shown alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.segment.source import slabs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Box
    from napari_segrobust.segment.protocols import ImageSource


def foreground_box(source: ImageSource, negative: bool = False) -> Box | None:
    """Smallest box around all voxels above 0 in any channel, as MONAI's ``CropForeground`` takes it by default.

    Parameters
    ----------
    source : ImageSource
    negative : bool
        Whether voxels below 0 are foreground too, as they are to nnU-Net.

    Returns
    -------
    tuple of (int, int) or None
        Half-open, in voxels of the image; None where no voxel is above 0.

    Raises
    ------
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    shape = source.shape[1:]
    # One profile per axis: whether any voxel of a plane across it is above 0.
    seen = [np.zeros(n, bool) for n in shape]
    for slab in slabs(shape):
        checkpoint()
        part = source.block(slab)
        above: NDArray[np.bool_] = np.any(part != 0 if negative else part > 0, axis=0)
        for axis, along in enumerate(slab):
            seen[axis][along] |= np.any(above, axis=tuple(a for a in range(len(shape)) if a != axis))
    if not seen[0].any():
        return None
    return tuple((int(np.flatnonzero(line)[0]), int(np.flatnonzero(line)[-1]) + 1) for line in seen)
