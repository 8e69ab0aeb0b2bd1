import numpy as np
import pytest

from napari_segrobust.context.fraction import foreground_fraction
from napari_segrobust.errors import ContextError


def test_an_empty_mask_has_none():
    assert foreground_fraction(np.zeros((3, 4), np.uint8)) == 0


def test_it_is_the_share_of_all_voxels():
    mask = np.zeros((10, 10), np.uint8)
    mask[:2, :5] = 1
    mask[5, :5] = 3
    assert foreground_fraction(mask) == 0.15
    assert foreground_fraction(mask, label=3) == 0.05
    assert foreground_fraction(mask, ((0, 2), (0, 10))) == 0.5
    assert foreground_fraction(mask, ((0, 2), (0, 10)), label=3) == 0


def test_a_box_outside_is_refused():
    with pytest.raises(ContextError, match='0 to 5 on axis 0 of 3'):
        foreground_fraction(np.zeros((3, 3), bool), ((0, 5), (0, 3)))
