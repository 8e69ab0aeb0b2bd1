"""Outlines: every edge once, shared where several raters have it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segrobust.ui.review.disputes.contours import anchors, edges, shared_edges

MASKS = st.integers(1, 4).flatmap(lambda n: arrays(bool, (n, 5, 6)))


def lengths(ends):
    return np.abs(ends[:, 1] - ends[:, 0]).sum(axis=1)


def test_one_pixel_has_four_edges_around_it():
    mask = np.zeros((3, 4), bool)
    mask[1, 2] = True
    found = edges(mask)
    assert lengths(found).tolist() == [1, 1, 1, 1]
    assert found.min(axis=(0, 1)).tolist() == [0.5, 1.5]
    assert found.max(axis=(0, 1)).tolist() == [1.5, 2.5]


def test_nothing_has_no_edges_and_what_touches_the_border_is_closed():
    assert edges(np.zeros((3, 3), bool)).shape == (0, 2, 2)
    assert lengths(edges(np.ones((3, 4), bool))).sum() == 14


@given(MASKS)
def test_edges_that_are_shared_are_divided(masks):
    alone = [edges(mask) for mask in masks]
    parts = shared_edges(list(masks))
    all_edges = {tuple(map(tuple, edge)) for ends in alone for edge in ends}
    assert np.isclose(sum(lengths(part).sum() for part in parts), len(all_edges))
    for ends, part in zip(alone, parts, strict=True):
        assert len(part) == len(ends)
        # Each part lies on the edge that it is a part of.
        assert (part >= ends.min(axis=1)[:, None] - 1e-9).all()
        assert (part <= ends.max(axis=1)[:, None] + 1e-9).all()


def test_letters_stand_apart_and_at_their_outlines():
    square = np.zeros((20, 20), bool)
    square[5:15, 5:15] = True
    outlines = [edges(square)] * 4 + [np.zeros((0, 2, 2))]
    found = anchors(outlines, square)
    assert found[4] is None
    assert len(set(found[:4])) == 4
    middles = {tuple(middle) for middle in outlines[0].mean(axis=1)}
    assert set(found[:4]) <= middles


def test_letters_stay_near_the_dispute():
    body, near = np.zeros((60, 60), bool), np.zeros((60, 60), bool)
    body[5:55, 5:55] = True
    near[5:8, 5:8] = True
    (spot,) = anchors([edges(body)], near)
    assert max(spot) < 15
