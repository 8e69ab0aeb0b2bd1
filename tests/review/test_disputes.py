"""The worklist: objects first, one rim, deep pieces apart, nothing lost and nothing twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from napari_segrobust.review import Votes
from napari_segrobust.review.disputes import list_disputes


def box(*sides, shape=(10, 40, 40)):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(*side) for side in sides)] = True
    return mask


def test_five_raters_of_one_organ_do_not_give_one_shell(votes, ball):
    """Two bulges and a rim hang together in one shell; the list takes them apart."""
    core = box((2, 8), (12, 28), (12, 28))
    rim = box((2, 8), (11, 29), (11, 29))
    left, right = box((3, 7), (14, 26), (4, 12)), box((3, 7), (14, 26), (28, 36))
    made = votes([core, rim, rim | left, rim | left | right, rim | right], spacing=(1.0, 1.0, 1.0))
    found = list_disputes(made, 2.0)
    assert [item.kind for item in found.items] == ['deep', 'deep']
    assert {item.inside for item in found.items} == {('C', 'D'), ('D', 'E')}
    assert all(item.outside == tuple(n for n in 'ABCDE' if n not in item.inside) for item in found.items)
    assert all(item.depth == pytest.approx(7.0) for item in found.items)
    assert found.rim is not None
    assert found.rim.depth <= 2.0
    assert found.items[0].slices == (3, 7)


def test_whole_objects_come_first_whatever_their_size(votes):
    body, bulge = box((2, 8), (5, 25), (5, 25)), box((2, 8), (8, 22), (25, 33))
    small = box((4, 6), (34, 37), (34, 37))
    found = list_disputes(votes([body | small, body | bulge, body], spacing=(1.0, 1.0, 1.0)), 2.0)
    assert [item.kind for item in found.items] == ['object', 'deep']
    first = found.items[0]
    assert (first.inside, first.outside, first.voxels) == (('A',), ('B', 'C'), 18)
    assert first.volume < found.items[1].volume
    assert first.entropy == pytest.approx(0.9183, abs=1e-4)


def test_the_order_is_volume_times_entropy(votes):
    body = box((1, 9), (12, 28), (12, 28))
    large, small = box((1, 9), (12, 28), (28, 36)), box((2, 6), (14, 20), (4, 12))
    found = list_disputes(votes([body | large, body | small, body | small, body]), 2.0)
    weights = [item.weight for item in found.items]
    assert weights == sorted(weights, reverse=True)
    assert found.unit == 'voxels'


def test_two_raters_without_anything_in_common_have_objects_without_depth(votes):
    found = list_disputes(votes([box((2, 5), (2, 8), (2, 8)), box((2, 5), (20, 28), (20, 28))]), 2.0)
    assert [(item.kind, item.depth) for item in found.items] == [('object', None)] * 2
    assert [item.inside for item in found.items] == [('B',), ('A',)]


def test_a_rater_who_did_not_look_is_neither_in_nor_out(votes):
    body, bulge = box((1, 9), (12, 28), (12, 28)), box((2, 8), (14, 26), (28, 38))
    looked = ~box((0, 10), (0, 40), (28, 40))
    found = list_disputes(votes([body | bulge, body, body], [None, None, looked]), 2.0)
    (item,) = found.items
    assert (item.inside, item.outside) == (('A',), ('B',))
    assert item.entropy == 1


def test_below_the_floor_is_counted(votes):
    body, speck = box((2, 8), (5, 25), (5, 25)), box((4, 5), (34, 35), (34, 37))
    made = votes([body | speck, body])
    assert list_disputes(made, 2.0).below_floor == 1
    assert list_disputes(made, 2.0).below_floor_volume == 3
    (item,) = list_disputes(made, 2.0, floor=3).items
    assert item.position[0] == 4
    assert list_disputes(votes([body, body]), 2.0).items == ()
    assert list_disputes(votes([body & False, body & False]), 2.0).rim is None


@given(arrays(np.bool_, (3, 4, 6, 6)))
def test_every_disputed_voxel_is_in_one_item(masks):
    votes = Votes(('A', 'B', 'C'), tuple(masks), (None,) * 3, (2.0, 1.0, 1.0))
    found = list_disputes(votes, 1.0, floor=0.0)
    items = [*found.items, *([found.rim] if found.rim else [])]
    inside = masks.sum(axis=0).ravel()
    disputed = np.flatnonzero((inside > 0) & (inside < 3))
    listed = np.concatenate([item.where for item in items]) if items else np.zeros(0, int)
    np.testing.assert_array_equal(np.sort(listed), disputed)
    for item in items:
        assert item.voxels == len(item.where)
        assert np.ravel_multi_index(item.position, masks[0].shape) in item.where
        assert not set(item.inside) & set(item.outside)
