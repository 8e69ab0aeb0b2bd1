"""A small case of four raters, and the review of it in a real window."""

from __future__ import annotations

from dataclasses import replace

import napari
import numpy as np
import pytest
from napari.settings import get_settings
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.review.room import show_review


@pytest.fixture(scope='module')
def window():
    """A window that is seen: a dock that is not measures nothing. One for a file of tests, for napari takes its time."""
    application = get_settings().application
    application.save_window_geometry = application.save_window_state = False
    viewer = napari.Viewer(show=True, show_welcome_screen=False)
    yield viewer
    viewer.close()


@pytest.fixture
def explorer(window, threshold_model, qtbot):
    """An explorer with docks of its own."""
    made, _, _ = open_docks(window)
    made.session.models['threshold'] = threshold_model()
    yield made
    assert made.shutdown()
    docked = list(window.window.dock_widgets.values())
    window.window.remove_dock_widget('all')
    for widget in docked:
        widget.deleteLater()
    window.layers.clear()
    window.dims.ndisplay = 2
    window.theme = 'dark'
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def raters_case(ball_case):
    """Four raters of the ball who disagree: one shifted, one who draws more, one with a blob of its own."""
    ball = ball_case.references['expert']
    more = np.maximum(ball, np.roll(ball, 1, axis=0))
    blob = ball.copy()
    blob[2:5, 2:6, 2:6] = 1
    masks = {'anna': ball, 'ben': np.roll(ball, 1, axis=1), 'carla': more, 'dora': blob}
    return replace(ball_case, references=masks, raters=tuple(masks), predictions={})


@pytest.fixture
def reviewed(explorer, raters_case, qtbot):
    """An explorer with that case open and its volume final."""
    explorer.open_case(raters_case, [Lane(source='threshold')])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=30_000)
    return explorer


@pytest.fixture
def review_panel(reviewed, qtbot):
    """The review's dock, with the agreement measured."""
    made = show_review(reviewed.viewer)
    qtbot.waitUntil(lambda: reviewed.review.agreement is not None, timeout=30_000)
    return made
