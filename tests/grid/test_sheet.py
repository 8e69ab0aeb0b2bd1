"""Lines with dashes: cut by length, alike in pixels and as SVG."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.grid.raster import draw
from napari_segrobust.grid.sheet import Area, Line, Sheet, dashed
from napari_segrobust.grid.vector import as_svg


def length(line):
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def test_a_line_without_dashes_is_whole():
    line = np.array([[0.0, 0.0], [3.0, 4.0]])
    assert dashed(line, ()) == [line]


def test_dashes_turn_corners():
    pieces = dashed(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 3.0]]), (4, 1))
    np.testing.assert_allclose(pieces[0], [[0, 0], [3, 0], [3, 1]])
    np.testing.assert_allclose(pieces[1], [[3, 2], [3, 3]])


@given(st.floats(0.5, 40), st.sampled_from([(4, 2), (1, 2), (6, 2, 2, 2), (8, 3)]))
def test_dash_and_gap_take_their_shares(total, lengths):
    pieces = dashed(np.array([[0.0, 0.0], [total / 3, 0.0], [total, 0.0]]), lengths)
    place = np.linspace(0, total, 2001)[:-1] + total / 4000
    inside = np.zeros(place.shape, bool)
    for piece in pieces:
        inside |= (place >= piece[0, 0]) & (place < piece[-1, 0])
    ends = np.cumsum(lengths)
    expected = np.searchsorted(ends, place % ends[-1], side='right') % 2 == 0
    assert np.mean(inside != expected) < 0.01


@pytest.mark.parametrize('dashes', [(), (4, 2), (2, 2)])
def test_pixels_and_vectors_show_the_same_dashes(dashes):
    sheet = Sheet(60, 60)
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    sheet.add(
        Area(0, 0, 60, 60, mask, '#0000FF', line=2, dashes=dashes),
        Line(((5, 55), (55, 55)), '#FF0000', 2, dashes=dashes),
    )
    image = np.asarray(draw(sheet, 4.0))
    shares = [
        ((image == colour).all(axis=2)[rows]).sum()
        for colour, rows in (((0, 0, 255), slice(60, 180)), ((255, 0, 0), slice(None)))
    ]
    whole = Sheet(60, 60)
    whole.add(Area(0, 0, 60, 60, mask, '#0000FF', line=2), Line(((5, 55), (55, 55)), '#FF0000', 2))
    full = np.asarray(draw(whole, 4.0))
    for share, colour, rows in zip(shares, ((0, 0, 255), (255, 0, 0)), (slice(60, 180), slice(None)), strict=True):
        expected = dashes[0] / sum(dashes) if dashes else 1.0
        assert share / (full == colour).all(axis=2)[rows].sum() == pytest.approx(expected, abs=0.13)
    svg = as_svg(sheet)
    assert svg.count('stroke-dasharray') == (2 if dashes else 0)
    if dashes:
        assert f'stroke-dasharray="{2 * dashes[0]} {2 * dashes[1]}"' in svg
