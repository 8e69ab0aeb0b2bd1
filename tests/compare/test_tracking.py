"""Which errors changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from napari_segrobust.compare import compare, track_errors


def listed(reference, prediction, spacing=None, tolerance=0.0):
    return compare(reference, prediction, spacing, tolerance_mm=tolerance).items


def row(text: str) -> np.ndarray:
    """A 2D mask of one row."""
    return np.array([[int(sign) for sign in text]], np.uint8)


def tracked(now: str, before: str, reference: str | None = None):
    reference = row('0' * len(now) if reference is None else reference)
    return track_errors(listed(reference, row(now)), listed(reference, row(before)))


def words(items):
    """What is said of each item, by the place of its first voxel."""
    return {int(item.where[0]): item.change_text for item in (*items.pieces, *items.gone)}


@pytest.mark.parametrize(
    ('now', 'before', 'said'),
    [
        ('0110000000', '0110000000', {1: 'same'}),
        ('0110000000', '0000000000', {1: 'new'}),
        ('0000000000', '0110000000', {1: 'gone'}),
        ('0111100000', '0110000000', {1: 'grown by 2 px^2'}),
        ('0110000000', '0111100000', {1: 'smaller by 2 px^2'}),
        ('0011000000', '0110000000', {2: 'moved'}),
        ('0000011000', '0110000000', {5: 'new', 1: 'gone'}),
        ('0110100000', '0111110000', {1: 'smaller by 3 px^2', 4: 'split off'}),
        ('0111110000', '0110100000', {1: 'grown by 3 px^2'}),
        # Two parts that share as much with the one before: the first in the image keeps its name.
        ('0110110000', '0111110000', {1: 'smaller by 3 px^2', 4: 'split off'}),
        # The pair that shares most comes first, whatever the order in the image.
        ('0111011111', '0001111111', {1: 'split off', 5: 'smaller by 2 px^2'}),
    ],
)
def test_by_hand(now, before, said):
    assert words(tracked(now, before)) == said


def test_the_largest_overlap_wins_and_the_next_takes_what_is_left():
    # Now 1..3 and 5..9, before 2..6 and 9: the pairs share {2, 3}, {5, 6} and {9}.
    items = tracked('0111011111', '0011111001')
    # {2, 3} comes first in the image; {5, 6} is then half of nobody's, and {9} is what is left for 5..9.
    assert words(items) == {1: 'smaller by 2 px^2', 5: 'grown by 4 px^2'}
    assert items.gone == ()


def test_missed_and_extra_are_two_errors():
    items = tracked(now='0011110000', before='0000110000', reference='0000111100')
    assert words(items) == {2: 'new', 6: 'same'}


def test_labels_are_told_apart():
    reference = np.zeros((1, 8), np.uint8)
    items = track_errors(listed(reference, row('02200000')), listed(reference, row('01100000')))
    assert {(item.label, item.change_text) for item in (*items.pieces, *items.gone)} == {(1, 'gone'), (2, 'new')}


def test_a_missed_object_that_is_touched_stays_the_same_error():
    reference = row('0111110000')
    before, now = listed(reference, row('0000000000')), listed(reference, row('0000010000'))
    assert [item.kind for item in before.pieces] == ['missed object']
    (item,) = track_errors(now, before).pieces
    assert (item.kind, item.change_text) == ('deep error', 'smaller by 1 px^2')


def test_what_is_gone_may_leave_a_rim():
    reference = np.zeros((20, 20), np.uint8)
    reference[5:15, 5:15] = 1
    before, now = reference.copy(), reference.copy()
    before[8:12, 15:19] = 1
    now[8:12, 15:16] = 1
    items = track_errors(listed(reference, now, tolerance=2.0), listed(reference, before, tolerance=2.0))
    assert (items.pieces, [item.change_text for item in items.gone]) == ((), ['gone'])
    assert items.rim_voxels == 4


def test_floor_and_label_choose_among_what_is_there():
    reference = np.zeros((1, 30), np.uint8)
    before, now = reference.copy(), reference.copy()
    before[0, 1:5], now[0, 1:2] = 1, 1  # shrank below the floor of 3
    before[0, 8:9], now[0, 8:12] = 1, 1  # grew above it
    before[0, 15:18] = 1  # gone
    before[0, 20:22] = 1  # gone, and never listed
    before[0, 25:29] = 2  # gone, of another label
    items = track_errors(listed(reference, now), listed(reference, before)).above(3)
    assert [item.change_text for item in items.items] == ['grown by 3 px^2']
    assert [item.change_text for item in items.former] == ['smaller by 3 px^2', 'gone', 'gone']
    assert [item.change_text for item in items.of(2).former] == ['gone']
    assert len(items.above(0)) == 2
    assert len(items.above(0).former) == 3


shapes = st.one_of(
    npst.array_shapes(min_dims=2, max_dims=2, max_side=9), npst.array_shapes(min_dims=3, max_dims=3, max_side=5)
)
OTHER_WAY = {'new': 'gone', 'grown': 'smaller', 'smaller': 'grown', 'same': 'same', 'moved': 'moved'}


@st.composite
def three_masks(draw):
    shape = draw(shapes)
    return [draw(npst.arrays(np.uint8, shape, elements=st.integers(0, 2))) for _ in range(3)]


@given(three_masks(), st.sampled_from((0.0, 1.0)))
def test_the_rule_holds_and_is_the_same_both_ways(masks, tolerance):
    reference, now, before = masks
    here, there = (listed(reference, mask, tolerance=tolerance) for mask in (now, before))
    forth, back = track_errors(here, there), track_errors(there, here)
    assert forth.pieces == here.pieces

    def fates(items):
        return [(item, item.change.fate) for item in (*items.pieces, *items.gone)]

    def shared(a, b):
        return (a.label, a.code) == (b.label, b.code) and np.isin(a.where, b.where).any()

    for item, fate in fates(forth):
        touching = [other for other in (here if fate == 'gone' else there).pieces if shared(item, other)]
        assert (fate in ('new', 'gone')) == (not touching)
    # Each has one counterpart at most, and it is the same one from both sides.
    counted = [sorted(fate for _, fate in fates(items) if fate != 'split off') for items in (forth, back)]
    assert counted[0] == sorted(OTHER_WAY.get(fate, 'new') for fate in counted[1])


@given(three_masks())
def test_nothing_changed(masks):
    reference, now, _ = masks
    items = track_errors(listed(reference, now), listed(reference, now))
    assert {item.change_text for item in items.pieces} <= {'same'}
    assert items.gone == ()


def test_voxels_are_those_of_the_error_map(pair):
    reference, prediction, spacing = pair
    comparison = compare(reference, prediction, spacing, tolerance_mm=0.5)
    codes = comparison.error_map.ravel()
    for item in comparison.items.pieces:
        assert len(item.where) == item.voxels
        assert (np.diff(item.where) > 0).all()
        assert set(codes[item.where]) == {item.code}
        assert np.ravel_multi_index(item.position, reference.shape) in item.where
        inside = np.stack(np.unravel_index(item.where, reference.shape), axis=1)
        assert inside.min(axis=0).tolist() == [start for start, _ in item.box]
        assert inside.max(axis=0).tolist() == [stop - 1 for _, stop in item.box]
