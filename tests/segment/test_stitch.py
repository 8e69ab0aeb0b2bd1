import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_segrobust.context.plan import plan_windows
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.stitch import Stitcher

NONE = ModelSpec(name='net', dimensions=2, classes=('a', 'b'), activation='none')


def test_a_lone_window_is_stored_as_it_is():
    plan = plan_windows((9, 7), None, 0, pad_multiple=8)
    (window,) = plan
    stitcher = Stitcher(plan, NONE, 'gaussian')
    logits = np.random.default_rng(0).normal(size=(2, 9, 7)).astype(np.float32)
    assert not stitcher.probabilities((slice(0, 9), slice(0, 7))).any()
    stitcher.add(window, logits)
    np.testing.assert_array_equal(stitcher.probabilities((slice(0, 9), slice(0, 7))), logits)
    np.testing.assert_array_equal(stitcher.probabilities((slice(2, 3), slice(5, 7))), logits[:, 2:3, 5:7])


@settings(deadline=None, max_examples=30)
@given(data=st.data(), axis=st.sampled_from([None, 0, 1]))
def test_overlaps_are_weighted_means(data, axis):
    """Against sums over the whole image, window by window."""
    shape = (13, 11)
    size = data.draw(st.tuples(st.integers(2, 14), st.integers(2, 14)))
    if axis is not None:
        size = size[:1]
    plan = plan_windows(shape, size, 0.6, box=((1, 13), (0, 9)), slice_axis=axis)
    stitcher = Stitcher(plan, NONE, 'constant')
    sums, counts = np.zeros((2, *shape)), np.zeros(shape)
    rng = np.random.default_rng(1)
    windows = list(plan)
    for place in rng.permutation(len(windows))[: data.draw(st.integers(0, len(windows)))]:
        part = plan.inside(windows[place])
        logits = rng.normal(size=(2, *(p.stop - p.start for p in part))).astype(np.float32)
        stitcher.add(windows[place], logits)
        sums[(slice(None), *part)] += logits
        counts[part] += 1
    block = (slice(data.draw(st.integers(0, 12)), 13), slice(0, data.draw(st.integers(1, 11))))
    expected = (sums / np.maximum(counts, 1))[(slice(None), *block)]
    np.testing.assert_allclose(stitcher.probabilities(block), expected, atol=1e-6)


def test_an_empty_block_is_empty():
    plan = plan_windows((4, 4), None, 0)
    assert Stitcher(plan, NONE, 'constant').probabilities((slice(2, 2), slice(0, 4))).shape == (2, 0, 4)


@pytest.mark.parametrize('scale', [1e-3, 1.0, 1e3])
def test_rounding_for_exact_sums_is_far_below_float32(scale):
    plan = plan_windows((40,), (16,), 0.75)
    stitcher = Stitcher(plan, NONE, 'gaussian')
    logits = (np.linspace(-1, 1, 40) * scale).astype(np.float32)
    for window in plan:
        part = plan.inside(window)
        stitcher.add(window, np.stack([logits, -logits])[(slice(None), *part)])
    np.testing.assert_allclose(stitcher.probabilities((slice(0, 40),))[0], logits, atol=1e-6 * scale)
