import numpy as np
import pytest
from monai.data.utils import compute_importance_map
from scipy.ndimage import gaussian_filter

from napari_segrobust.context.blending import importance_map


@pytest.mark.parametrize('size', [(1,), (8,), (9, 16), (1, 32, 17), (12, 13, 14), (96, 20, 8)])
@pytest.mark.parametrize('blending', ['gaussian', 'constant'])
def test_weights_are_those_of_monai(size, blending):
    np.testing.assert_allclose(
        importance_map(size, blending), compute_importance_map(size, mode=blending).numpy(), rtol=2e-6
    )


def test_no_weight_is_zero():
    assert importance_map((64, 64, 64), 'gaussian').min() == np.float32(1e-3)


@pytest.mark.parametrize('size', [(8,), (16, 9), (8, 16, 12), (1, 24, 24), (64, 64, 64)])
def test_weights_on_nnunets_grid_are_its_filtered_point(size):
    """As `nnunetv2.inference.sliding_window_prediction.compute_gaussian` makes them, in its half precision."""
    point = np.zeros(size)
    point[tuple(n // 2 for n in size)] = 1
    bell = gaussian_filter(point, [n / 8 for n in size], 0, mode='constant', cval=0)
    half = (10 * bell / bell.max()).astype(np.float16)
    half[half == 0] = half[half > 0].min()
    ours = importance_map(size, 'gaussian', 'nnunet')
    np.testing.assert_allclose(ours, half.astype(np.float32) / 10, rtol=2e-3, atol=1e-8)
    np.testing.assert_array_equal(importance_map(size, 'constant', 'nnunet'), 1)
