"""One zoom for all cells."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPointF, QRectF

from napari_segrobust.ui.grid.view import LinkedView

CELL = QRectF(10, 20, 200, 100)


@pytest.fixture
def view() -> LinkedView:
    """A slice of 40 x 20 pixels of 1 x 2 mm, of which the upper half is not empty."""
    return LinkedView.fitting((40, 20), (1.0, 2.0), (0, 20, 0, 20))


def test_all_that_is_shown_fits_a_cell(view):
    place = view.transform(CELL)
    assert (place.map(QPointF(0, 0)), place.map(QPointF(20, 20))) == (QPointF(10, 20), QPointF(210, 120))
    assert view.aspect == 2
    assert view.part() is None


def test_what_is_under_the_pointer_stays_there(view):
    pointer = QPointF(60, 50)
    before, _ = view.transform(CELL).inverted()
    closer = view.zoomed(2.0, pointer, CELL)
    after, _ = closer.transform(CELL).inverted()
    assert after.map(pointer).x() == pytest.approx(before.map(pointer).x())
    assert after.map(pointer).y() == pytest.approx(before.map(pointer).y())
    top, bottom, left, right = closer.part()
    assert (bottom - top, right - left) == (10, 10)
    assert closer.zoomed(0.1, pointer, CELL) == view


def test_a_hand_moves_it_but_not_away(view):
    closer = view.zoomed(2.0, CELL.center(), CELL)
    moved = closer.moved(QPointF(10, 0), CELL)
    assert moved.centre == pytest.approx((10, 9.5))
    assert closer.moved(QPointF(-1e6, -1e6), CELL).centre == (20, 20)
