"""The window grid in a window that is shown: lines, the pointer, a click, and what changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_segrobust.explore.state import Lane
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui.canvas.window_grid import FRAME, GRID
from napari_segrobust.ui.docks import open_docks


@pytest.fixture
def shown(make_napari_viewer, ball_case, threshold_model, qtbot) -> Iterator[tuple]:
    """The ball seen by a 3D model through overlapping windows, and slice by slice by another one."""
    explorer, panel, _ = open_docks(make_napari_viewer(show=True))
    session, windows = explorer.session, explorer.windows
    session.models['threshold'], session.models['deep'] = threshold_model(), threshold_model('deep')
    session.models['deep'].spec = ModelSpec(
        name='deep', dimensions=3, classes=('background', 'object'), window=(8, 12, 12), overlap=0.5
    )

    def settle() -> None:
        qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=30_000)
        qtbot.waitUntil(lambda: not (windows.is_watched and windows.is_pending), timeout=30_000)
        qtbot.waitUntil(lambda: (GRID in explorer.viewer.layers) == explorer.window_grid.is_on, timeout=30_000)

    explorer.open_case(ball_case, [Lane(source='deep'), Lane(source='threshold')])
    panel.context.set_unfolded(True)
    settle()
    yield explorer, panel, settle
    assert explorer.shutdown()


def test_the_grid_is_pointed_at_and_clicked(qtbot, shown, drawn_on):
    explorer, panel, settle = shown
    viewer, windows = explorer.viewer, explorer.windows
    panel.context.windows.click()
    settle()
    grid = viewer.layers[GRID]
    begins, ends = windows.layout.edges[1]
    assert len(grid.data) == sum(len(np.unique(np.concatenate(edges))) for edges in windows.layout.edges[1:])
    assert np.isin(grid.data[0][0, 1], [*begins, *ends])
    assert grid.data[0][1, 2] == 24, 'from one end of the plan to the other'
    canvas = drawn_on(viewer)
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    qtbot.mouseMove(canvas, middle - QPoint(3, 3))
    qtbot.mouseMove(canvas, middle)
    qtbot.waitUntil(lambda: windows.hovered is not None, timeout=10_000)
    assert panel.context.said.text() == windows.words(windows.hovered)
    assert panel.context.said.text().startswith(f'window {windows.hovered + 1} of {len(windows.layout)}, z ')
    assert 'Dice' in panel.context.said.text()
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert windows.selected == windows.hovered
    qtbot.waitUntil(lambda: FRAME in viewer.layers)
    frame = viewer.layers[FRAME]
    span = windows.layout.span(windows.selected)
    assert (frame.data[:, 0, 1].min(), frame.data[:, 0, 1].max()) == span[1]
    assert (frame.data[:, 0, 2].min(), frame.data[:, 0, 2].max()) == span[2]
    assert frame.data[:, 1].sum() == 0, 'a frame ends where it begins'
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert windows.selected is None
    viewer.layers.remove(GRID)
    assert not panel.context.windows.isChecked()
    assert not windows.is_watched


def test_it_survives_other_cases_views_and_planes(qtbot, shown, ball_case):
    explorer, panel, settle = shown
    viewer = explorer.viewer
    panel.context.windows.click()
    settle()
    viewer.dims.order = (1, 0, 2)
    edges = [np.unique(np.concatenate(explorer.windows.layout.edges[axis])) for axis in (0, 2)]
    assert len(viewer.layers[GRID].data) == sum(map(len, edges))
    viewer.dims.ndisplay = 3
    assert len(viewer.layers[GRID].data) == 0
    viewer.dims.ndisplay, viewer.dims.order = 2, (0, 1, 2)
    explorer.windows.select(0)
    explorer.set_lane(1)
    flat = replace(
        ball_case,
        image=ball_case.image[:, 6],
        geometry=GridGeometry.from_spacing((24, 24), (1.0, 1.0)),
        references={'expert': ball_case.references['expert'][6]},
        predictions={},
    )
    explorer.open_case(flat, [Lane(source='threshold')])
    settle()
    assert explorer.windows.selected is None
    assert viewer.layers[GRID].ndim == 2
    explorer.windows.select(0)
    qtbot.waitUntil(lambda: FRAME in viewer.layers)
    assert len(viewer.layers[FRAME].data) == 4
    explorer.open_case(ball_case, [Lane(source='deep')])
    settle()
    assert viewer.layers[GRID].ndim == 3
    assert FRAME not in viewer.layers


def test_the_grid_follows_the_window_at_once(shown):
    explorer, panel, settle = shown
    panel.context.models.setCurrentText('1 deep')
    panel.context.windows.click()
    settle()
    before = len(explorer.viewer.layers[GRID].data)
    panel.context.size_row.boxes[2].setValue(6)
    assert explorer.windows.layout.plan.size == (8, 12, 6)
    assert len(explorer.viewer.layers[GRID].data) > before
    assert explorer.windows.is_pending
    settle()
    explorer.set_lane(1)
    assert explorer.windows.layout.plan.slice_axis == 0, 'the windows are those of the chosen lane'
