"""The surface-distance map: only while it is chosen, of settled results, signed, symmetric."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image, Points

from napari_segrobust.compare.surfaces import surface_distance_map
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.canvas.distance_map import NAME, DistanceLayer
from napari_segrobust.ui.canvas.overlays import Overlays


@pytest.fixture
def distances(bare_canvas, ball_case):
    """The ball, and the same ball three voxels further; numbers of the whole."""
    bare_canvas.open(ball_case, Lane(source='shifted', given=True))
    bare_canvas.session.state.scope = 'volume'
    overlays = Overlays(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    made = DistanceLayer(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter, overlays)
    yield made
    made.close()
    overlays.close()


def finish(canvas):
    canvas.settle()
    done = []
    canvas.session.load(lambda: None, done.append, quiet=True)
    while not done:  # jobs are done in their order
        canvas.session._take(canvas.session._answers.get(timeout=20))


def layers(canvas):
    return [layer for layer in canvas.viewer.layers if layer.name.startswith(NAME)]


def test_it_is_drawn_while_it_is_chosen(bare_canvas, distances, ball_case):
    assert layers(bare_canvas) == []
    bare_canvas.painter.show_map('distance')
    finish(bare_canvas)
    (layer,) = layers(bare_canvas)
    assert isinstance(layer, Image)
    expected = surface_distance_map(
        ball_case.references['expert'] > 0, ball_case.predictions['shifted'] > 0, ball_case.geometry.spacing_mm
    )
    np.testing.assert_array_equal(layer.data, expected)
    low, high = layer.contrast_limits
    assert low == -high
    assert high >= 4.0, 'twice the tolerance'
    assert not bare_canvas.layer('errors: shifted').visible
    bare_canvas.painter.show_map('errors')
    assert layers(bare_canvas) == []


def test_of_the_slice_only_the_slice_is_measured(bare_canvas, distances, ball_case):
    bare_canvas.session.state.scope = 'slice'
    bare_canvas.show(0, 6)
    bare_canvas.painter.show_map('distance')
    finish(bare_canvas)
    (layer,) = layers(bare_canvas)
    assert np.flatnonzero(np.isfinite(layer.data).any(axis=(1, 2))).tolist() == [6]
    masks = ball_case.references['expert'][6] > 0, ball_case.predictions['shifted'][6] > 0
    np.testing.assert_array_equal(layer.data[6], surface_distance_map(*masks, ball_case.geometry.spacing_mm[1:]))


def test_in_3d_it_is_made_of_points(bare_canvas, distances):
    bare_canvas.painter.show_map('distance')
    finish(bare_canvas)
    known = layers(bare_canvas)[0].data
    bare_canvas.viewer.dims.ndisplay = 3
    finish(bare_canvas)
    (layer,) = layers(bare_canvas)
    assert isinstance(layer, Points)
    assert len(layer.data) == np.count_nonzero(np.nan_to_num(known)), 'where borders agree nothing hides the rest'
    bare_canvas.viewer.dims.ndisplay = 2
    finish(bare_canvas)
    assert isinstance(layers(bare_canvas)[0], Image)


def test_colours_are_neither_red_nor_green_and_the_legend_says_the_sign(bare_canvas, distances):
    bare_canvas.painter.show_map('distance')
    finish(bare_canvas)
    words = [chip.word for chip in distances._overlays._legend()]
    assert any(word.startswith('too small, \u2212') for word in words)
    assert any(word.startswith('too large, +') for word in words)
    low, _, high = layers(bare_canvas)[0].colormap.map(np.array([0.0, 0.5, 1.0]))
    assert low[2] > low[0], 'blue'
    assert high[0] > high[2], 'orange'
