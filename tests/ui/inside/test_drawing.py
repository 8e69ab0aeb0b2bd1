"""What is drawn of a receptive field: corners, cross, and hatching of exactly what is cut off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.ui.inside.field_layers import corners, cross, hatching, on_plane

edges = st.tuples(st.floats(-20, 20), st.floats(0.5, 20)).map(lambda one: (one[0], one[0] + one[1]))
boxes = st.tuples(edges, edges)


def inside(place, box, margin=1e-6):
    return all(lo - margin <= v <= hi + margin for v, (lo, hi) in zip(place, box, strict=True))


@given(boxes, boxes)
def test_hatching_lies_in_the_box_and_outside_what_is_seen(box, seen):
    for line in hatching(box, seen):
        assert inside(line[0], box)
        assert inside(line[1], box)
        middle = line.mean(axis=0)
        assert not inside(middle, seen, margin=-1e-6)
        assert np.ptp(line.sum(axis=1)) < 1e-6, 'diagonal'


def test_nothing_is_hatched_where_all_is_seen():
    assert hatching(((0, 4), (0, 4)), ((-1, 9), (-1, 9))) == []


def test_all_is_hatched_where_nothing_is_seen():
    lines = hatching(((0, 10), (0, 10)), ((20, 30), (0, 10)), count=10)
    assert len(lines) == 9
    longest = max(np.linalg.norm(line[1] - line[0]) for line in lines)
    assert longest == pytest.approx(np.hypot(10, 10))


def test_points_of_a_plane_lie_in_the_volume():
    assert on_plane(corners(((0, 1), (2, 3))), 1, 7).tolist() == [[0, 7, 2], [0, 7, 3], [1, 7, 3], [1, 7, 2]]
    assert on_plane(cross((4, 5), arm=1)[0], None, 0).tolist() == [[3, 5], [5, 5]]
