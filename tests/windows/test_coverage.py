"""Every voxel of the box has a window, whatever the shape; counts are those of a loop, and of MONAI's patches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monai.data.utils import dense_patch_slices

from napari_segrobust.context import Window, WindowPlan, plan_windows
from napari_segrobust.windows import coverage_map
from napari_segrobust.windows.coverage import most_windows


@given(st.data())
def test_coverage_is_that_of_a_loop_and_at_least_one(data):
    ndim = data.draw(st.integers(1, 3))
    shape = tuple(data.draw(st.integers(1, 20)) for _ in range(ndim))
    box = tuple(tuple(sorted(data.draw(st.sets(st.integers(0, n), min_size=2, max_size=2)))) for n in shape)
    window = tuple(data.draw(st.integers(1, 24)) for _ in range(ndim))
    overlap, grid = data.draw(st.floats(0, 0.95)), data.draw(st.sampled_from(['monai', 'nnunet']))
    plan = plan_windows(shape, window, overlap, grid, box=box)
    counted = np.zeros(shape, int)
    for one in plan:
        counted[plan.inside(one)] += 1
    found = coverage_map(plan)
    np.testing.assert_array_equal(found, counted)
    inside = np.zeros(shape, bool)
    inside[tuple(slice(*side) for side in box)] = True
    assert (found[inside] >= 1).all()
    assert (found[~inside] == 0).all()
    assert most_windows(plan) == found.max()
    block = tuple(slice(n // 3, n) for n in shape)
    np.testing.assert_array_equal(coverage_map(plan, block), found[block])


@pytest.mark.parametrize(('shape', 'window', 'overlap'), [((40, 33), (16, 8), 0.5), ((20, 18, 30), (8, 8, 12), 0.25)])
def test_it_is_that_of_monais_patches(shape, window, overlap):
    steps = tuple(n if n == w else max(int(w * (1 - overlap)), 1) for n, w in zip(shape, window, strict=True))
    counted = np.zeros(shape, int)
    for part in dense_patch_slices(shape, window, steps):
        counted[part] += 1
    np.testing.assert_array_equal(coverage_map(plan_windows(shape, window, overlap)), counted)


def test_a_gap_is_a_fault_of_the_program():
    whole = plan_windows((8,), (4,), 0.0)
    assert list(whole)[1] == Window(1, (4,), (8,))
    gap = object.__new__(WindowPlan)
    for name, value in {**vars(whole), 'starts': ((0, 5),)}.items():
        object.__setattr__(gap, name, value)
    with pytest.raises(AssertionError, match='has no window'):
        coverage_map(gap)
