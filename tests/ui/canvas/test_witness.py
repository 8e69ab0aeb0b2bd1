"""Where a number comes from: one layer, on settled results, gone when it is switched off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Labels, Shapes

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.canvas.overlays import Overlays
from napari_segrobust.ui.canvas.witness import NAME, PARTS, WitnessLayer


@pytest.fixture
def shown(bare_canvas, ball_case):
    """The ball, and the same ball three voxels further; numbers of the whole."""
    bare_canvas.open(ball_case, Lane(source='shifted', given=True))
    bare_canvas.session.state.scope = 'volume'
    overlays = Overlays(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    made = WitnessLayer(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter, overlays)
    yield made
    made.close()
    overlays.close()


def ask(canvas, shown, key):
    """Show a metric, and wait for the file thread."""
    shown.show_metric(key)
    finish(canvas)


def finish(canvas):
    canvas.settle()
    done = []
    canvas.session.load(lambda: None, done.append, quiet=True)
    while not done:  # jobs are done in their order
        canvas.session._take(canvas.session._answers.get(timeout=20))


def layers(canvas):
    return [layer for layer in canvas.viewer.layers if layer.name.startswith(NAME)]


def value(canvas, key):
    return canvas.session.volume.lanes[0].accuracy.metrics[1][key].value


def test_the_two_points_of_the_hausdorff_distance_are_as_far_apart_as_it_says(bare_canvas, shown):
    ask(bare_canvas, shown, 'hd')
    (layer,) = layers(bare_canvas)
    assert isinstance(layer, Shapes)
    for line in layer.data:
        flat = (line[0] - line[1])[1:]
        assert np.linalg.norm(flat) <= value(bare_canvas, 'hd') + 1e-6
    assert layer.text.string.constant == f'{value(bare_canvas, "hd"):.2f} mm'
    assert bare_canvas.viewer.dims.current_step[0] in {int(line[0, 0]) for line in layer.data}
    assert layer.visible


def test_in_3d_the_line_is_the_distance(bare_canvas, shown):
    bare_canvas.viewer.dims.ndisplay = 3
    bare_canvas.session.state.plane = None
    ask(bare_canvas, shown, 'hd')
    (layer,) = layers(bare_canvas)
    (line,) = layer.data
    assert np.linalg.norm((line[0] - line[1]) * (2, 1, 1)) == pytest.approx(value(bare_canvas, 'hd'))


def test_surface_outside_the_tolerance_is_painted(bare_canvas, shown, ball_case):
    ask(bare_canvas, shown, 'nsd')
    (layer,) = layers(bare_canvas)
    assert isinstance(layer, Labels)
    assert set(np.unique(layer.data)) == {0, PARTS['reference'][0], PARTS['prediction'][0]}
    inside = ball_case.references['expert'] > 0
    assert inside[layer.data == PARTS['reference'][0]].all()
    bare_canvas.session.state.tolerance_mm = 10.0
    finish(bare_canvas)
    assert not layer.data.any()


@pytest.mark.parametrize('key', ['boundary_iou', 'cl_dice', 'panoptic_quality'])
def test_each_has_its_voxels_and_one_layer_serves_all(bare_canvas, shown, key):
    ask(bare_canvas, shown, 'nsd')
    (first,) = layers(bare_canvas)
    ask(bare_canvas, shown, key)
    assert layers(bare_canvas) == [first]
    assert first.data.any()
    ask(bare_canvas, shown, 'hd')
    assert len(layers(bare_canvas)) == 1
    ask(bare_canvas, shown, '')
    assert layers(bare_canvas) == []


def test_of_the_slice_only_the_slice_is_painted(bare_canvas, shown):
    bare_canvas.session.state.scope = 'slice'
    bare_canvas.show(0, 6)
    ask(bare_canvas, shown, 'boundary_iou')
    (layer,) = layers(bare_canvas)
    assert np.flatnonzero(layer.data.any(axis=(1, 2))).tolist() == [6]
    bare_canvas.show(0, 5)
    finish(bare_canvas)
    assert np.flatnonzero(layer.data.any(axis=(1, 2))).tolist() == [5]


def test_while_numbers_move_it_is_hidden(bare_canvas, shown):
    bare_canvas.session.state.lanes = (Lane(source='threshold'),)
    bare_canvas.settle()
    ask(bare_canvas, shown, 'boundary_iou')
    (layer,) = layers(bare_canvas)
    assert layer.visible
    bare_canvas.session.state.set_perturbation(0, severity=4.0)
    assert not layer.visible
    finish(bare_canvas)
    assert layer.visible


def test_a_metric_without_voxels_paints_nothing(bare_canvas, shown):
    ask(bare_canvas, shown, 'dice')
    assert layers(bare_canvas) == []


@pytest.mark.parametrize('key', ['hd', 'nsd'])
def test_on_another_image_it_lies_where_that_image_lies(bare_canvas, shown, ball_case, key):
    ask(bare_canvas, shown, key)
    wide = replace(ball_case.geometry, affine=ball_case.geometry.affine @ np.diag([2, 2, 2, 1]))
    bare_canvas.open(replace(ball_case, name='wide', geometry=wide), Lane(source='shifted', given=True))
    finish(bare_canvas)
    (layer,) = layers(bare_canvas)
    assert layer.scale.tolist() == bare_canvas.layer('image').scale.tolist() == [4, 2, 2]


def test_a_layer_that_was_deleted_comes_back_with_the_next_result(bare_canvas, shown):
    ask(bare_canvas, shown, 'nsd')
    bare_canvas.viewer.layers.remove(layers(bare_canvas)[0])
    bare_canvas.session.state.tolerance_mm = 1.0
    finish(bare_canvas)
    (layer,) = layers(bare_canvas)
    assert layer.data.any()
