"""Hatching of voxels: nothing that is one voxel thick stays within one stripe."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segrobust.ui.review.hatch import PHASES, hatched, stripe_width, stripes

LIGHT, DARK = (1.0, 1.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.5)
WIDTHS = sorted({stripe_width(10.0**power) for power in np.linspace(-3, 3, 60)})


@given(arrays(np.uint8, (3, 4, 5), elements=st.integers(0, 3)))
def test_other_codes_stay(codes):
    picture = hatched(codes, 2, 100)
    np.testing.assert_array_equal(picture[codes != 2], codes[codes != 2])
    assert ((picture[codes == 2] >= 100) & (picture[codes == 2] < 100 + PHASES)).all()


@pytest.mark.parametrize('width', WIDTHS)
def test_every_line_of_voxels_in_every_plane_has_both_colours(width):
    picture = hatched(np.ones((64, 64, 64), np.uint8), 1, 100)
    table = stripes(100, width, LIGHT, DARK)
    light = np.isin(picture, [code for code, color in table.items() if color == LIGHT])
    steps = [step for step in product((-1, 0, 1), repeat=3) if any(step) and 0 in step]
    for step in steps:
        path = np.array([[(32 + k * one) % 64 for one in step] for k in range(32)])
        seen = light[tuple(path.T)]
        assert set(seen.tolist()) == {True, False}, step


def test_in_2d_too():
    picture = hatched(np.ones((8, 8), np.uint8), 1, 100)
    assert picture[0, 0] == 100
    assert picture[1, 0] == 101
    assert picture[0, 1] == 102


def test_stripes_are_wider_where_voxels_are_small():
    assert WIDTHS[0] == stripe_width(1000.0) == 3
    assert WIDTHS[-1] == stripe_width(0.001) == PHASES // 2
    assert stripe_width(1.0) > stripe_width(4.0)


def test_half_of_the_codes_have_each_colour():
    for width in WIDTHS:
        colors = list(stripes(0, width, LIGHT, DARK).values())
        assert colors.count(LIGHT) == colors.count(DARK) == PHASES // 2
