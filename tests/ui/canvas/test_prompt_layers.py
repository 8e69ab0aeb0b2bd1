"""Seeds, boxes and scribbles on the canvas are those of the state, both ways; a real mouse moves a seed, live."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

import napari_segrobust as sr
from napari_segrobust import pipeline
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane
from napari_segrobust.prompts import Box, Point, Prompts
from napari_segrobust.segment import load_model
from napari_segrobust.ui.canvas.painter import Painter
from napari_segrobust.ui.canvas.prompt_layers import PromptLayers

SEEDS, BOXES, SCRIBBLES = '[sr] seeds', '[sr] boxes', '[sr] scribbles'
POINTS = (Point(at=(6, 12, 12)), Point(at=(6, 2, 3), label=0))
BOX = Box(edges=((6, 7), (8, 17), (7, 18)))


@pytest.fixture
def layers(qapp, canvas):
    made = PromptLayers(canvas.viewer, canvas.session, canvas.painter)
    yield made
    made.close()


def prompts(canvas):
    return canvas.session.state.prompts


def test_there_is_nothing_until_it_is_asked_for(canvas, layers):
    assert not {SEEDS, BOXES, SCRIBBLES} & {layer.name for layer in canvas.viewer.layers}
    layers.draw('points')
    assert canvas.viewer.layers.selection.active is canvas.viewer.layers[SEEDS]
    assert canvas.viewer.layers[SEEDS].mode == 'add'


def test_each_click_is_a_seed_of_its_class(canvas, layers):
    layers.draw('points')
    layer = canvas.viewer.layers[SEEDS]
    layer.add([6, 12, 12.25])
    layers.choose(0)
    layer.add([6, 2, 3])
    layers.choose(2)
    layer.add([6, 20, 20])
    assert [(p.at, p.label) for p in prompts(canvas).points] == [
        ((6, 12, 12.25), 1),
        ((6, 2, 3), 0),
        ((6, 20, 20), 2),
    ]
    assert len({tuple(color) for color in layer.face_color}) == 3
    assert len(set(map(str, layer.symbol))) == 3, 'colour is not the only cue'
    layer.selected_data = {1}
    layer.remove_selected()
    assert [p.label for p in prompts(canvas).points] == [1, 2]
    assert canvas.session.history.undo()
    assert [p.label for p in prompts(canvas).points] == [1, 0, 2]
    assert len(layer.data) == 3
    np.testing.assert_allclose(layer.face_color[1], [1, 1, 1, 1])


def test_the_state_is_the_truth(canvas, layers):
    canvas.session.state.prompts = Prompts(points=POINTS, boxes=(BOX,))
    canvas.session.history.commit()
    np.testing.assert_array_equal(canvas.viewer.layers[SEEDS].data, [p.at for p in POINTS])
    np.testing.assert_array_equal(canvas.viewer.layers[BOXES].data[0][0], [6, 7.5, 6.5])
    layers.clear()
    assert len(canvas.viewer.layers[SEEDS].data) == len(canvas.viewer.layers[BOXES].data) == 0
    assert canvas.session.history.undo()
    assert prompts(canvas) == Prompts(points=POINTS, boxes=(BOX,))
    assert len(canvas.viewer.layers[SEEDS].data) == 2
    canvas.viewer.layers.remove(SEEDS)
    assert prompts(canvas) == Prompts(boxes=(BOX,))


def test_a_box_is_the_rectangle_on_the_slices_it_covers(canvas, layers):
    layers.draw('boxes')
    layer = canvas.viewer.layers[BOXES]
    layer.add_rectangles([[[6, 7.5, 6.5], [6, 7.5, 17.5], [6, 16.5, 17.5], [6, 16.5, 6.5]]])
    assert prompts(canvas).boxes == (BOX,)
    assert layer.mode == 'select'
    layers.boxes.set_reach(2)
    assert prompts(canvas).boxes[0].edges[0] == (4, 9)
    canvas.show(0, 9)
    assert len(layer.data) == 0
    assert len(prompts(canvas).boxes) == 1, 'out of sight is not gone'
    layers.draw('boxes')
    layer.add_rectangles([[[9, 0, 0], [9, 0, 4], [9, 3, 4], [9, 3, 0]]])
    assert [box.edges[0] for box in prompts(canvas).boxes] == [(4, 9), (7, 12)]
    canvas.show(0, 8)
    assert len(layer.data) == 2
    layer.selected_data = {0}
    layer.remove_selected()
    assert [box.edges[0] for box in prompts(canvas).boxes] == [(7, 12)]


def test_scribbles_are_kept_by_their_content(canvas, layers, qtbot):
    layers.draw('scribbles')
    layer = canvas.viewer.layers[SCRIBBLES]
    layer.paint([6, 12, 12], layer.selected_label)
    canvas.settle()
    qtbot.waitUntil(lambda: canvas.session.drain() >= 0 and prompts(canvas).scribbles is not None)
    first = prompts(canvas).scribbles
    np.testing.assert_array_equal(np.unique(canvas.session.case.drawn_masks[first]), [0, 2])
    layers.choose(0)
    layer.paint([6, 2, 2], layer.selected_label)
    qtbot.waitUntil(lambda: canvas.session.drain() >= 0 and prompts(canvas).scribbles != first)
    canvas.session.amend()
    assert first in canvas.session.case.drawn_masks, 'undo may bring it back'
    assert canvas.session.history.undo()
    assert prompts(canvas).scribbles == first
    np.testing.assert_array_equal(layer.data, canvas.session.case.drawn_masks[first])


def test_another_case_has_other_prompts(canvas, layers, ball_case):
    canvas.session.state.prompts = Prompts(points=POINTS)
    canvas.open(ball_case)
    assert prompts(canvas) == Prompts(points=POINTS), 'the same image, opened again'
    changed = ball_case.image.copy()
    changed[0, 0, 0, 0] = 0.5
    canvas.open(replace(ball_case, image=changed))
    assert prompts(canvas) == Prompts()
    assert SEEDS not in {layer.name for layer in canvas.viewer.layers}


def test_a_model_that_wants_a_seed_waits_for_it_and_others_go_on(canvas, layers):
    session = canvas.session
    session.models['region-growing'] = load_model('region-growing')
    session.state.lanes = (*session.state.lanes, Lane(source='region-growing'))
    canvas.settle()
    assert [view.index for view in session.volume.lanes] == [0]
    assert session.status.text == 'region-growing: click a point on the object'
    assert canvas.viewer.layers.selection.active is canvas.viewer.layers[SEEDS], 'the next click is a seed'
    canvas.viewer.layers[SEEDS].add([6, 12, 12])
    canvas.settle()
    assert [view.index for view in session.volume.lanes] == [0, 1]
    assert session.volume.lanes[1].accuracy.metrics[1]['dice'].value == 1
    assert canvas.viewer.layers.selection.active is canvas.viewer.layers[SEEDS], 'new maps do not take the hand away'


def test_closing_keeps_the_state_and_cuts_every_connection(qapp, canvas, connections):
    before = connections()
    layers = PromptLayers(canvas.viewer, canvas.session, canvas.painter)
    canvas.session.state.prompts = Prompts(points=POINTS)
    layers.close()
    layers.close()
    assert connections() == before
    assert prompts(canvas).points == POINTS
    assert SEEDS not in {layer.name for layer in canvas.viewer.layers}


@pytest.fixture
def tumour(make_napari_viewer, shared_data, make_canvas):
    """The tumour in a real window, region growing in its one lane."""
    folder = shared_data / 'tumour'
    case = sr.load_case(folder / 'brain1_image.nrrd', references={'expert': folder / 'brain1_label.nrrd'})
    viewer, session = make_napari_viewer(show=True), Session()
    session.models['region-growing'] = load_model('region-growing')
    canvas = make_canvas(viewer, session, Painter(viewer, session))
    layers = PromptLayers(viewer, session, canvas.painter)
    canvas.open(case, Lane(source='region-growing', parameters={'tolerance': 15.0, 'smooth': 1.0}))
    canvas.show(0, 16)
    yield canvas, layers
    layers.close()
    canvas.painter.close()
    assert session.shutdown()


def test_a_real_mouse_moves_a_seed_on_the_tumour_live(tumour, qtbot, drawn_on):
    """What is painted after the drag is what a headless run with that seed and these knobs gives."""
    canvas, layers = tumour
    session, viewer, case = canvas.session, canvas.viewer, canvas.session.case
    widget = drawn_on(viewer)
    session.state.prompts = Prompts(points=(Point(at=(16, 130, 130)),))
    session.history.commit()
    canvas.settle()
    layers.move()
    QApplication.processEvents()

    def on_canvas(row: float, column: float) -> QPoint:
        camera, size = viewer.scene.camera, viewer.canvas.size
        (_, dy, dx) = case.geometry.spacing
        y = size[0] / 2 + (row * dy - camera.center[1]) * camera.zoom
        x = size[1] / 2 + (column * dx - camera.center[2]) * camera.zoom
        return QPoint(round(x), round(y))

    seen, places = [], np.linspace((130, 130), (154, 182), 5)
    session.state.events.prompts.connect(lambda value: seen.append(value.points[0].at))
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=on_canvas(*places[0]))
    for step, place in enumerate(places[1:], start=1):
        qtbot.mouseMove(widget, on_canvas(*place))
        qtbot.waitUntil(lambda step=step: len(seen) >= step)  # live: the button is still down
    session.wait(5)
    assert session.plane.request.lanes[0].now.scenario.prompts.points[0].at == seen[-1]
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=on_canvas(*places[-1]))
    canvas.settle()
    assert np.allclose(seen[-1], (16, 154, 182), atol=1.5)
    walk = session.volume.request.lanes[0].now
    assert walk.model.values['tolerance'] == 15
    headless = pipeline.run(case, walk.model, walk.scenario)
    np.testing.assert_array_equal(session.volume.lanes[0].labels, headless.labels)
    assert headless.comparison.metrics[1]['dice'].value > 0.5
    assert session.history.undo(), 'the whole drag is one gesture'
    assert prompts(canvas).points[0].at == (16, 130, 130)
    canvas.settle()
