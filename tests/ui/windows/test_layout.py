"""Where windows lie on the case, also where the model has a grid of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.context import Context, plan_windows
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.grid import grid_of
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui.windows.found import place_words
from napari_segrobust.ui.windows.layout import Layout, on_plane
from napari_segrobust.walk import Walk

PLAIN = ModelSpec(name='plain', dimensions=3, classes=('background', 'object'), window=(4, 4, 4))


def layout_of(shape, window, overlap, box=None):
    return Layout(plan_windows(shape, window, overlap, box=box), grid_of(PLAIN, shape, (1.0,) * len(shape)))


def test_windows_of_a_line_of_voxels():
    layout = layout_of((1, 1, 8), (1, 1, 4), 0.5)
    assert [layout.span(i)[2] for i in range(len(layout))] == [(-0.5, 3.5), (1.5, 5.5), (3.5, 7.5)]
    assert [layout.at((0, 0, x)) for x in (0, 2.5, 3, 4, 7)] == [0, 0, 1, 1, 2]
    assert layout.at((0, 0, 8.1)) is None
    assert layout.centre(2) == (0, 0, 6)
    assert place_words(layout, 2) == 'window 3 of 3, z 0 y 0 x 4\N{EN DASH}7'


shapes = st.tuples(*[st.integers(2, 20)] * 3)


@given(
    shape=shapes,
    size=st.tuples(*[st.integers(1, 12)] * 3),
    overlap=st.sampled_from([0, 0.25, 0.6, 0.9]),
    data=st.data(),
)
def test_spans_are_the_windows_of_the_plan(shape, size, overlap, data):
    box = tuple((lo, data.draw(st.integers(lo + 1, n))) for n in shape for lo in [data.draw(st.integers(0, n - 1))])
    layout = layout_of(shape, size, overlap, box)
    windows = list(layout.plan)
    chosen = data.draw(st.sampled_from(windows))
    assert layout.window(chosen.index) == chosen
    inside = layout.plan.inside(chosen)
    assert layout.span(chosen.index) == tuple((part.start - 0.5, part.stop - 0.5) for part in inside)
    place = tuple(data.draw(st.integers(lo, hi - 1)) for lo, hi in box)
    found = layout.at(place)
    parts = {w.index: layout.plan.inside(w) for w in windows}
    holding = {i: p for i, p in parts.items() if all(s.start <= x < s.stop for s, x in zip(p, place, strict=True))}
    assert found in holding
    far = {
        i: sum(((s.start + s.stop - 1) / 2 - x) ** 2 for s, x in zip(p, place, strict=True)) for i, p in holding.items()
    }
    assert far[found] == pytest.approx(min(far.values()))
    assert layout.touches(found, 0, place[0])


@pytest.fixture
def coarse(ball_case):
    """Twice as large voxels in the plane, and half as thick slices."""
    spec = PLAIN.model_copy(update={'spacing': (1.0, 2.0, 2.0)})

    class Model:
        key, device = 'coarse', 'cpu'

        def __call__(self, windows):
            return windows

    Model.spec = spec
    return Walk(ball_case, Model(), Scenario(context=Context(window=(8, 6, 6), overlap=0)))


def test_windows_of_another_grid_lie_where_its_voxels_do(coarse):
    layout = Layout.of(coarse)
    assert layout.plan.shape == (23, 13, 13) or layout.plan.shape == (23, 12, 12)
    assert layout.span(0) == ((-0.25, 3.75), (-1.0, 11.0), (-1.0, 11.0))
    assert layout.at((5, 12, 12)) == layout.window(layout.at((5, 12, 12))).index


def test_a_plane_is_that_of_the_nearest_voxels(coarse):
    grid = Layout.of(coarse).grid
    values = np.arange(np.prod(grid.shape), dtype=np.float32).reshape(grid.shape)
    for axis in range(3):
        for index in range(0, grid.case_shape[axis], 5):
            found = on_plane(grid, values, axis, index)
            others = [a for a in range(3) if a != axis]
            for place in [(0, 0), (3, 7), tuple(grid.case_shape[a] - 1 for a in others)]:
                case = np.zeros(3)
                case[axis], case[others[0]], case[others[1]] = index, *place
                near = [
                    int(np.clip(np.rint(p), 0, n - 1)) for p, n in zip(grid.to_model(case), grid.shape, strict=True)
                ]
                assert found[place] == values[tuple(near)]


def test_a_flat_image_has_one_plane():
    grid = grid_of(PLAIN.model_copy(update={'dimensions': 2, 'window': (4, 4)}), (5, 6), (1.0, 1.0))
    values = np.arange(30.0).reshape(5, 6)
    np.testing.assert_array_equal(on_plane(grid, values, 0, 0), values)
