import numpy as np
import pytest
from monai.data.utils import compute_importance_map

from napari_segrobust.context.blending import importance_map


@pytest.mark.parametrize('size', [(1,), (8,), (9, 16), (1, 32, 17), (12, 13, 14), (96, 20, 8)])
@pytest.mark.parametrize('blending', ['gaussian', 'constant'])
def test_weights_are_those_of_monai(size, blending):
    np.testing.assert_allclose(
        importance_map(size, blending), compute_importance_map(size, mode=blending).numpy(), rtol=2e-6
    )


def test_no_weight_is_zero():
    assert importance_map((64, 64, 64), 'gaussian').min() == np.float32(1e-3)
