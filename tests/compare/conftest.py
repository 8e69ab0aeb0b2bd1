"""Masks to compare: random blobs of many kinds."""

import numpy as np
import pytest
from scipy import ndimage

#: (name, shape, spacing, smoothing, level): anisotropic, border-touching, thin, scattered, 2D, one slice.
KINDS = {
    'organ': ((24, 40, 44), (2.5, 0.8, 0.8), 4.0, 0.4),
    'touching the border': ((16, 16, 16), (1.0, 1.0, 1.0), 4.0, -0.5),
    'scattered': ((12, 20, 18), (3.0, 0.5, 1.0), 0.8, 1.2),
    'thin': ((3, 40, 8), (1.0, 0.3, 2.0), 1.5, 0.5),
    'single voxels': ((10, 10, 10), (1.0, 2.0, 4.0), 0.0, 3.0),
    'image': ((60, 70), (0.7, 1.3), 5.0, 0.3),
    'image without spacing': ((50, 30), None, 2.0, 0.6),
    'one slice': ((1, 40, 50), (5.0, 0.4, 0.4), 4.0, 0.3),
}


def blobs(name: str, seed: int = 0, labels: int = 1):
    """Return reference, prediction and spacing: thresholded smooth noise, and the same a little different."""
    shape, spacing, smoothing, level = KINDS[name]
    rng = np.random.default_rng(seed)
    masks = np.zeros((2, *shape), np.uint8)
    for label in range(1, labels + 1):
        shared, other = (
            field / field.std()
            for field in (ndimage.gaussian_filter(rng.standard_normal(shape), smoothing) for _ in range(2))
        )
        masks[0][shared > level] = label
        masks[1][shared + 0.3 * other > level] = label
    assert masks[0].any()
    assert masks[1].any()
    return masks[0], masks[1], spacing


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def pair(kind):
    return blobs(kind)
