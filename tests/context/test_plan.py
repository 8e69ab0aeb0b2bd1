import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.data.utils import dense_patch_slices
from monai.inferers.utils import _get_scan_interval

from napari_segrobust.context.plan import WindowPlan, plan_layer, plan_windows
from napari_segrobust.errors import ContextError


def test_a_window_as_large_as_the_image_is_alone():
    (window,) = plan_windows((8, 9), (8, 9), 0.5)
    assert (window.start, window.stop) == ((0, 0), (8, 9))


def test_no_window_takes_the_whole_image_rounded_up_and_centred():
    plan = plan_windows((10, 30), None, 0.25, pad_multiple=16)
    (window,) = plan
    assert window.shape == (16, 32)
    assert plan.padding(window) == ((3, 3), (1, 1))
    assert plan.inside(window) == (slice(0, 10), slice(0, 30))


@settings(deadline=None, max_examples=50)
@given(
    shape=st.lists(st.integers(1, 70), min_size=1, max_size=3),
    size=st.integers(1, 40),
    overlap=st.sampled_from([0, 0.1, 0.25, 0.5, 0.7, 0.9]),
)
def test_starts_are_those_of_monai(shape, size, overlap):
    roi = (size,) * len(shape)
    padded = [max(n, size) for n in shape]
    half = [max(size - n, 0) // 2 for n in shape]
    interval = _get_scan_interval(padded, roi, len(shape), (overlap,) * len(shape))
    theirs = [
        tuple(part.start - h for part, h in zip(window, half, strict=True))
        for window in dense_patch_slices(padded, roi, interval)
    ]
    plan = plan_windows(shape, roi, overlap)
    assert [window.start for window in plan] == theirs
    assert [window.index for window in plan] == list(range(len(plan)))


@pytest.mark.parametrize(
    ('length', 'size', 'overlap', 'starts'),
    [
        (110, 64, 0.25, [0, 46]),
        (110, 64, 0.5, [0, 23, 46]),
        (256, 96, 0.5, [0, 40, 80, 120, 160]),
        # ceil((L - P) / (P s)) + 1 windows at round(i (L - P) / (n - 1))
        (100, 40, 0.5, [0, 20, 40, 60]),
        (30, 64, 0.5, [-17]),
    ],
)
def test_the_even_grid_is_that_of_nnunet(length, size, overlap, starts):
    assert [window.start[0] for window in plan_windows((length,), (size,), overlap, 'nnunet')] == starts


@settings(deadline=None, max_examples=50)
@given(data=st.data(), grid=st.sampled_from(['monai', 'nnunet']))
def test_every_voxel_of_the_box_is_covered_and_none_outside(data, grid):
    shape = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    box = []
    for n in shape:
        lo = data.draw(st.integers(0, n - 1))
        box.append((lo, data.draw(st.integers(lo + 1, n))))
    window = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    plan = plan_windows(shape, window, data.draw(st.sampled_from([0, 0.3, 0.8])), grid, box=box)
    seen, expected = np.zeros(shape, int), np.zeros(shape, bool)
    for tile in plan:
        part = plan.inside(tile)
        seen[part] += 1
        for (before, after), inner, n in zip(plan.padding(tile), part, window, strict=True):
            assert before + (inner.stop - inner.start) + after == n
    expected[tuple(slice(lo, hi) for lo, hi in box)] = True
    np.testing.assert_array_equal(seen > 0, expected)


def test_slices_have_a_window_each():
    plan = plan_windows((4, 30, 20), (16, 16), 0.5, slice_axis=0)
    assert plan.size == (1, 16, 16)
    assert {window.shape for window in plan} == {(1, 16, 16)}
    assert len(plan) == 4 * 3 * 2
    assert {window.start[0] for window in plan.touching((slice(2, 3), slice(None), slice(None)))} == {2}


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_touching_is_what_a_search_finds(data):
    shape = (13, 17)
    plan = plan_windows(shape, (5, 6), 0.4, box=((2, 12), (1, 15)))
    block = tuple(slice(a, a + data.draw(st.integers(0, 9))) for a in (data.draw(st.integers(0, n - 1)) for n in shape))
    marked = np.zeros(shape, bool)
    marked[block] = True
    assert plan.touching(block) == [w for w in plan if marked[plan.inside(w)].any()]


def test_the_nearest_window_comes_first():
    plan = plan_windows((40, 40), (10, 10), 0)
    ordered = plan.ordered(None, (24.5, 14.5))
    assert ordered[0].start == (20, 10)
    assert sorted(w.index for w in ordered) == list(range(len(plan)))


def test_a_layer_is_centred_on_its_slice_and_thin():
    plan = plan_windows((100, 60, 50), (32, 32, 32), 0.5)
    layer = plan_layer(plan, 0, 50)
    assert {window.start[0] for window in layer} == {34}
    assert len(layer) == 2 * 2
    assert {window.start[0] for window in plan_layer(plan, 0, 99)} == {68}
    assert {window.start[0] for window in plan_layer(plan_windows((10, 60, 50), (32, 32, 32), 0.5), 0, 3)} == {-11}
    with pytest.raises(ContextError, match='slice 100'):
        plan_layer(plan, 0, 100)


def test_a_plan_with_a_hole_cannot_be_made():
    with pytest.raises(AssertionError, match='voxels 4 to 6'):
        WindowPlan((10,), ((0, 10),), (4,), ((0, 6),))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'window': (4, 4), 'overlap': 1.0}, 'Overlap not usable: it is 1'),
        ({'window': (4, 4), 'overlap': -0.1}, 'Overlap not usable'),
        ({'window': (4,), 'overlap': 0}, '1 numbers for 2 axes'),
        ({'window': (0, 4), 'overlap': 0}, '0 voxels'),
        ({'window': (20, 32), 'overlap': 0, 'pad_multiple': 16}, 'Choose 16'),
        ({'window': (4, 4), 'overlap': 0, 'box': ((0, 5),)}, '1 axes for an image of 2'),
        ({'window': (4, 4), 'overlap': 0, 'box': ((0, 5), (5, 11))}, '5 to 11 on axis 1 of 10'),
        ({'window': (4, 4), 'overlap': 0, 'box': ((0, 5), (5, 5))}, '5 to 5 on axis 1'),
    ],
)
def test_what_cannot_be_planned_is_refused_in_one_line(arguments, message):
    with pytest.raises(ContextError, match=message) as caught:
        plan_windows((10, 10), **arguments)
    assert '\n' not in str(caught.value)
