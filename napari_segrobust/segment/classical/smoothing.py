"""A steady beginning for scikit-image's morphological snakes."""

from __future__ import annotations

import numpy as np

#: Of the two orders in which an opening and a closing of curves can follow each other, one keeps a pixel more of it.
_PROBE = np.array([[0, 0, 1, 0], [1, 1, 0, 1], [0, 1, 0, 0], [1, 0, 1, 1]], np.int8)
_OTHERS_TURN = 2


def begin_smoothing() -> None:
    """Have the next smoothing be of the first order, whatever was smoothed before in this process.

    scikit-image smooths with two orders in turn, and keeps whose turn it is for the whole process: the same call gives
    one picture or another by what was called before it. A tiny picture tells whose turn it was, and passes it on.
    """
    from skimage.segmentation import morphological_geodesic_active_contour

    flat = np.ones(_PROBE.shape)
    for _ in range(_OTHERS_TURN):
        found = morphological_geodesic_active_contour(flat, 1, _PROBE, smoothing=1, threshold=0.5, balloon=0)
        if found.sum() == 1:
            return
