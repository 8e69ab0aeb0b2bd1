"""The live loop in the real window: real widgets are moved, and what is painted is what a headless run gives."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.app import Explorer
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.panel import Panel
from napari_segrobust.ui.results import Results


@pytest.fixture
def opened(make_napari_viewer, ball_case, threshold_model, qtbot):
    """Viewer, explorer and both docks, with the ball open and settled."""
    viewer = make_napari_viewer()
    explorer, panel, results = open_docks(viewer)
    explorer.session.models['threshold'] = threshold_model()
    explorer.open_case(ball_case, [Lane(source='threshold')])
    settle(explorer, qtbot)
    yield viewer, explorer, panel, results
    assert explorer.shutdown()


def settle(explorer: Explorer, qtbot) -> None:
    session = explorer.session
    qtbot.waitUntil(lambda: session.settled and session.status.kind == 'idle', timeout=20_000)


def layer(viewer, name: str):
    return next(layer for layer in viewer.layers if layer.name.startswith(f'[sr] {name}'))


def test_docks_are_found_again(opened):
    viewer, explorer, panel, results = opened
    assert isinstance(panel, Panel)
    assert isinstance(results, Results)
    assert Explorer.of(viewer) is explorer
    assert panel.minimumSizeHint().width() <= 420


def test_painted_result_is_byte_equal_to_a_headless_run(opened, ball_case, qtbot):
    viewer, explorer, _, results = opened
    explorer.session.state.scope = 'volume'
    explorer.session.state.set_perturbation(0, severity=3.0)
    settle(explorer, qtbot)
    walk = explorer.session.volume.request.lanes[0].now
    headless = pipeline.run(ball_case, walk.model, walk.scenario)
    assert layer(viewer, 'image').data.tobytes() == headless.image[0].tobytes()
    np.testing.assert_array_equal(layer(viewer, 'prediction').data, headless.labels)
    error = explorer.session.volume.lanes[0].error
    np.testing.assert_array_equal(error, headless.comparison.error_map)
    dice = next(row for row in results.table.rows() if row.key == 'dice')
    assert dice.number == headless.comparison.metrics[1]['dice'].value
    assert dice.clean == 1.0
    assert not dice.pending


def test_many_slider_values_end_at_the_last_one(opened, qtbot):
    viewer, explorer, _, _ = opened
    for severity in np.linspace(0, 5, 60):
        explorer.session.state.set_perturbation(0, severity=float(severity))
    settle(explorer, qtbot)
    assert explorer.session.volume.request.severity == 5.0
    assert explorer.painter.now.stack[0].severity == 5.0
    assert len(viewer.layers) == len({layer.name for layer in viewer.layers})


def test_canvas_says_what_is_simulated(opened, qtbot):
    viewer, explorer, _, _ = opened
    explorer.session.state.set_perturbation(0, severity=2.0)
    settle(explorer, qtbot)
    text = viewer.canvas.overlays['sr_simulated']
    assert text.visible
    assert ' '.join(text.text.split()).startswith('SIMULATED gaussian noise, severity 2')
    explorer.session.reset()
    settle(explorer, qtbot)
    assert not text.visible or 'SIMULATED' not in text.text


def test_slice_that_is_looked_at_is_the_slice_that_is_measured(opened, qtbot):
    viewer, explorer, _, results = opened
    explorer.session.state.scope = 'slice'
    explorer.session.state.set_perturbation(0, severity=2.0)
    viewer.dims.set_current_step(0, 8)
    settle(explorer, qtbot)
    plane = explorer.session.plane
    assert (plane.request.plane.axis, plane.request.plane.index) == (0, 8)
    np.testing.assert_array_equal(layer(viewer, 'prediction').data[8], plane.lanes[0].labels)
    dice = next(row for row in results.table.rows() if row.key == 'dice')
    assert dice.number == plane.lanes[0].accuracy.metrics[1]['dice'].value


def test_changing_the_users_layer_is_not_ours_to_do(make_napari_viewer, ball_case, threshold_model, qtbot):
    viewer = make_napari_viewer()
    mine = viewer.add_image(ball_case.image[0].copy(), name='mine', scale=(2, 1, 1))
    before = mine.data.copy(), tuple(mine.scale), mine.name
    explorer, *_ = open_docks(viewer)
    explorer.session.models['threshold'] = threshold_model()
    explorer.open_case(ball_case, [Lane(source='threshold')])
    explorer.session.state.set_perturbation(0, severity=4.0)
    settle(explorer, qtbot)
    np.testing.assert_array_equal(mine.data, before[0])
    assert (tuple(mine.scale), mine.name) == before[1:]
    assert mine in viewer.layers
    assert explorer.shutdown()
