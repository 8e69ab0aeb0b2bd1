"""Patterns of votes: every voxel is counted once, and painted back where it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segrobust.errors import ReviewError
from napari_segrobust.review import Votes
from napari_segrobust.review.region import region_of

MASKS = st.integers(2, 5).flatmap(lambda n: arrays(np.bool_, (n, 3, 4, 5)))


def of(masks, looked=None):
    looked = (None,) * len(masks) if looked is None else tuple(looked)
    drawn = tuple(m if there is None else m & there for m, there in zip(masks, looked, strict=True))
    return Votes(tuple(map(str, range(len(masks)))), drawn, looked)


@given(MASKS)
def test_counts_and_paint_are_those_of_the_masks(masks):
    votes = of(masks)
    patterns = votes.patterns()
    assert patterns.counts.sum() == masks[0].size
    np.testing.assert_array_equal(votes.paint(patterns, patterns.inside, np.uint8), masks.sum(axis=0))
    for r, mask in enumerate(masks):
        np.testing.assert_array_equal(votes.paint(patterns, patterns.votes[:, r] == 1, bool), mask)
        assert patterns.voxels(patterns.votes[:, r] == 1) == np.count_nonzero(mask) == votes.sizes[r]
    tp, fp, fn, tn = patterns.table(0, 1)
    first, second = masks[:2]
    assert (tp, fp, fn, tn) == tuple(
        np.count_nonzero(part) for part in (first & second, second & ~first, first & ~second, ~first & ~second)
    )


@given(MASKS, st.integers(0, 3))
def test_a_region_is_the_box_of_all_raters_grown(masks, margin):
    votes = of(masks)
    region = region_of(votes, margin)
    if not masks.any():
        assert region is None
        return
    cut = masks[(slice(None), *region.box)]
    assert cut.sum() == masks.sum()
    patterns = votes.patterns(region.box)
    assert patterns.counts.sum() == cut[0].size == region.voxels
    for k in range(len(masks) + 1):
        assert patterns.voxels(patterns.inside == k) == np.count_nonzero(cut.sum(axis=0) == k)
    where = np.argwhere(masks.any(axis=0))
    for axis, side in enumerate(region.box):
        assert side.start == max(where[:, axis].min() - margin, 0)
        assert side.stop == min(where[:, axis].max() + 1 + margin, masks.shape[axis + 1])


@given(arrays(np.bool_, (3, 2, 4, 4)), arrays(np.bool_, (3, 2, 4, 4)))
def test_where_a_rater_did_not_look_there_is_no_vote(masks, looked):
    votes = of(masks, looked)
    patterns = votes.patterns()
    assert patterns.counts.sum() == masks[0].size
    for r in range(3):
        cast = votes.paint(patterns, patterns.votes[:, r], np.int8)
        np.testing.assert_array_equal(cast, np.where(looked[r], masks[r], -1))
    np.testing.assert_array_equal(votes.paint(patterns, patterns.looked, np.uint8), looked.sum(axis=0))


def test_many_raters_are_counted_by_sorting_and_too_many_refused():
    rng = np.random.default_rng(1)
    masks = rng.random((25, 4, 6, 6)) < 0.5
    votes = of(masks)
    patterns = votes.patterns()
    np.testing.assert_array_equal(votes.paint(patterns, patterns.inside, np.uint8), masks.sum(axis=0))
    with pytest.raises(ReviewError, match='Too many raters: 33'):
        of(np.zeros((33, 2, 2), bool))


def test_region_says_mm_and_where_the_array_ends(disc, votes):
    region = region_of(votes([disc(5), disc(6)], spacing=(2.0, 0.5)), 20)
    assert region.clipped
    assert region.to_dict()['margin_mm'] == [40.0, 10.0]
    assert region.to_dict()['size_mm'] == [80.0, 20.0]
    inside = region_of(votes([disc(5), disc(6)]), 2)
    assert not inside.clipped
    assert inside.to_dict()['start'] == [12, 12]
    assert inside.to_dict()['stop'] == [29, 29]
    assert inside.to_dict()['margin_mm'] is None
    for margin in (-1, 1.5):
        with pytest.raises(ReviewError, match='Margin unusable'):
            region_of(votes([disc(5), disc(6)]), margin)
