"""The rectangle and the box it stands for; dragged with a real mouse in a real window too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

from napari_segrobust.explore.state import Lane
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.ui.canvas.context_box import LAYER, ContextBox, clip_box, rectangle

BOX = ((2, 9), (3, 20), (4, 21))


@pytest.fixture
def context_box(qapp, canvas):
    made = ContextBox(canvas.viewer, canvas.session, canvas.painter)
    yield made
    made.close()


def state_box(canvas):
    return canvas.session.state.lanes[0].context.box


def read_back(corners: np.ndarray, axis: int | None, box):
    spans = zip(np.ceil(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int), strict=True)
    return tuple(box[i] if i == axis else (int(lo), int(hi)) for i, (lo, hi) in enumerate(spans))


@given(
    box=st.tuples(*[st.tuples(st.integers(0, 30), st.integers(1, 30)).map(lambda p: (p[0], p[0] + p[1]))] * 3),
    axis=st.integers(0, 2),
)
def test_rectangle_and_box_are_the_same_voxels(box, axis):
    assert read_back(rectangle(box, axis, box[axis][0]), axis, box) == box


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=2))
def test_boxes_are_clipped_and_never_empty(box):
    for (start, stop), n in zip(clip_box(box, (7, 11)), (7, 11), strict=True):
        assert 0 <= start < stop <= n


def test_without_a_box_a_rectangle_can_be_drawn(canvas, context_box):
    context_box.start()
    layer = canvas.viewer.layers[LAYER]
    assert layer.mode == 'add_rectangle'
    assert canvas.viewer.layers.selection.active is layer
    assert context_box.box is None
    layer.add_rectangles([rectangle(BOX, 0, 6)])
    assert state_box(canvas) == ((0, 12), BOX[1], BOX[2])
    assert layer.mode == 'select'
    assert layer.selected_data == {0}
    assert len(layer.data) == 1


def test_a_second_rectangle_replaces_the_first(canvas, context_box):
    context_box.set_box(BOX)
    context_box.start()
    layer = canvas.viewer.layers[LAYER]
    layer.mode = 'add_rectangle'
    layer.add_rectangles([rectangle(((0, 12), (5, 9), (6, 10)), 0, 6)])
    assert len(layer.data) == 1
    assert state_box(canvas) == (BOX[0], (5, 9), (6, 10))


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_every_plane_and_every_lane(qapp, bare_canvas, ball_case, axis):
    bare_canvas.open(ball_case, Lane(source='threshold'), Lane(source='wide'))
    context_box = ContextBox(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    bare_canvas.show(axis, 6)
    context_box.set_slice_range(*BOX[axis])
    context_box.start()
    bare_canvas.viewer.layers[LAYER].add_rectangles([rectangle(BOX, axis, 6)])
    assert [lane.context.box for lane in bare_canvas.session.state.lanes] == [BOX, BOX]
    context_box.close()


def test_the_slice_range(canvas, context_box):
    assert context_box.slice_range == (0, 12)
    context_box.set_box(BOX)
    assert context_box.slice_range == BOX[0]
    context_box.set_slice_range(-3, 5)
    assert state_box(canvas) == ((0, 5), *BOX[1:])


def test_the_rectangle_is_there_on_the_slices_of_the_box_alone(canvas, context_box):
    context_box.set_box(BOX)
    layer = canvas.viewer.layers[LAYER]
    assert len(layer.data) == 1
    canvas.show(0, 10)
    assert len(layer.data) == 0
    assert state_box(canvas) == BOX
    canvas.show(0, 3)
    np.testing.assert_array_equal(layer.data[0], rectangle(BOX, 0, 3))
    canvas.show(2, 7)
    np.testing.assert_array_equal(layer.data[0], rectangle(BOX, 2, 7))


def test_undo_moves_the_rectangle_back(canvas, context_box):
    canvas.session.history.commit()
    context_box.set_box(BOX)
    moved = (BOX[0], (1, 10), (2, 12))
    context_box.set_box(moved)
    told = []
    context_box.changed.connect(told.append)
    assert canvas.session.history.undo()
    assert told == [BOX]
    np.testing.assert_array_equal(canvas.viewer.layers[LAYER].data[0], rectangle(BOX, 0, 6))
    assert canvas.session.history.undo()
    assert state_box(canvas) is None
    assert len(canvas.viewer.layers[LAYER].data) == 0
    assert canvas.session.history.redo()
    assert state_box(canvas) == context_box.box == BOX


@pytest.mark.parametrize('how', ['layer', 'clear'])
def test_taking_the_layer_away_clears_the_box(canvas, context_box, how):
    context_box.set_box(BOX)
    canvas.settle()
    if how == 'layer':
        canvas.viewer.layers.remove(LAYER)
    else:
        context_box.clear()
    assert state_box(canvas) is None
    assert LAYER not in canvas.viewer.layers
    assert canvas.session.history.undo()
    assert state_box(canvas) == BOX


def test_a_flat_image_has_no_slices(qapp, bare_canvas, ball_case):
    flat = replace(
        ball_case,
        image=ball_case.image[:, 6],
        geometry=GridGeometry.from_spacing((24, 24)),
        references={'expert': ball_case.references['expert'][6]},
        predictions={},
    )
    bare_canvas.open(flat)
    context_box = ContextBox(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    assert context_box.slice_range is None
    context_box.start()
    bare_canvas.viewer.layers[LAYER].add_rectangles([rectangle(BOX[1:], None, 0)])
    assert state_box(bare_canvas) == BOX[1:]
    context_box.close()


def test_another_case_has_another_box(canvas, context_box, ball_case):
    context_box.set_box(BOX)
    canvas.open(ball_case)
    assert context_box.box is None
    assert LAYER not in canvas.viewer.layers


def test_closing_keeps_the_state_and_cuts_every_connection(qapp, canvas, connections):
    before = connections()
    context_box = ContextBox(canvas.viewer, canvas.session, canvas.painter)
    context_box.set_box(BOX)
    context_box.close()
    context_box.close()
    assert connections() == before
    assert state_box(canvas) == BOX
    assert LAYER not in canvas.viewer.layers


def test_a_real_mouse_drags_the_box_live(window, qtbot):
    canvas, widget = window
    context_box = ContextBox(canvas.viewer, canvas.session, canvas.painter)
    context_box.set_box(BOX)
    context_box.start()
    QApplication.processEvents()  # the canvas learns its size

    def on_canvas(row: float, column: float) -> QPoint:
        """Where a voxel lies on the widget; the camera's centre is the middle of the canvas."""
        camera, size = canvas.viewer.scene.camera, canvas.viewer.canvas.size
        y = size[0] / 2 + (row - camera.center[1]) * camera.zoom
        x = size[1] / 2 + (column - camera.center[2]) * camera.zoom
        return QPoint(round(x), round(y))

    seen = []
    context_box.changed.connect(seen.append)
    begin = on_canvas(11, 12)
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=begin)
    for step in (1, 2, 3):
        qtbot.mouseMove(widget, on_canvas(11 + step, 12))
        qtbot.waitUntil(lambda step=step: len(seen) == step)  # live: the button is still down
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=on_canvas(14, 12))
    assert state_box(canvas)[1] == (BOX[1][0] + 3, BOX[1][1] + 3)
    assert state_box(canvas)[2] == BOX[2]
    assert canvas.session.history.undo(), 'the whole drag is one gesture'
    assert state_box(canvas) == BOX
    canvas.settle()
    context_box.close()


def test_the_rectangle_goes_before_the_layers_of_another_case_come(context_box, canvas, ball_case):
    context_box.set_box(BOX)
    seen = []
    canvas.viewer.layers.events.inserted.connect(lambda event: seen.append((event.value.name, canvas.names())))
    other = replace(ball_case, geometry=GridGeometry.from_spacing(ball_case.shape, (3.0, 2.0, 1.0)))
    canvas.open(other)
    others = next(names for name, names in seen if name == '[sr] image')
    assert LAYER.removeprefix('[sr] ') not in others
