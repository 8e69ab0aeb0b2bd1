"""What is shown: the slices where most is disputed, framed by what was drawn."""

from __future__ import annotations

import numpy as np

from napari_segrobust.report import Source
from napari_segrobust.report.view import hardest, pixels, plane_of, view_of
from napari_segrobust.review import agree


def rated(*masks, spacing=None):
    return Source(agree({str(i): mask for i, mask in enumerate(masks)}, spacing=spacing))


def test_each_slice_is_of_another_place_while_there_is_one():
    one, other = np.zeros((2, 40, 20, 20), np.uint8)
    one[5:30, 5:10, 5:10] = other[5:30, 5:10, 5:10] = 1
    other[10:13, 5:10, 10:15] = other[25, 5:10, 10:12] = 1
    assert hardest(rated(one, other, spacing=(1, 1, 1)), 2) == (10, 25)
    assert hardest(rated(one, other, spacing=(0.1, 1, 1)), 3) == (10, 11, 12)
    assert hardest(rated(one[7], other[7] | np.eye(20, dtype=np.uint8)), 2) == (0,)


def test_the_view_holds_what_was_drawn_and_stays_in_the_image():
    one = np.zeros((4, 60, 80), np.uint8)
    one[2, 0:20, 70:80] = 1
    view = view_of(rated(one, np.roll(one, 1, 1), spacing=(1, 2, 1)), 2)
    assert view.cut(one).sum() == one.sum()
    assert (view.rows[0], view.columns[1]) == (0, 80)
    assert abs(view.height - view.width) <= 2
    assert view_of(rated(one, np.roll(one, 1, 1)), 0).rows == (0, 60), 'nothing drawn: all of it'


def test_a_dispute_is_cut_to_its_slice():
    where = np.array([3, 20 + 7, 20 + 8, 40])
    mask = plane_of(where, (3, 4, 5), 1)
    assert np.argwhere(mask).tolist() == [[1, 2], [1, 3]]


def test_without_an_image_it_is_dark():
    one = np.zeros((20, 20), np.uint8)
    one[3:9, 3:9] = 1
    source = rated(one, np.roll(one, 1))
    view = view_of(source, 0)
    assert np.unique(pixels(source, view)).size == 1
