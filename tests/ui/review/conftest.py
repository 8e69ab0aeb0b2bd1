"""A small case of four raters, and the review of it in a real window."""

from __future__ import annotations

import gc
from dataclasses import replace

import napari
import numpy as np
import pytest
from app_model import Application
from napari._app_model._app import NapariApplication, _napari_names
from napari._qt._qapp_model.qactions import init_qactions
from napari._qt.threads.status_checker import StatusChecker
from napari.plugins import _initialize_plugins
from napari.settings import get_settings
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from napari_segrobust.explore.state import ExploreState, Lane
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.review.room import show_review


@pytest.fixture(scope='module')
def own_napari():
    """An application of its own for the windows of a file, as napari's `make_napari_viewer` has one for each test."""
    app = NapariApplication('segrobust_review')
    app.injection_store.namespace = _napari_names
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NapariApplication, 'get_app_model', lambda *_: app)
        patch.setattr(StatusChecker, 'start', lambda *_: None)
        _initialize_plugins.cache_clear()
        init_qactions.cache_clear()
        yield
    Application.destroy('segrobust_review')
    _initialize_plugins.cache_clear()
    init_qactions.cache_clear()


@pytest.fixture(scope='module')
def window(qapp, own_napari):
    """An explorer in a window that is seen: a dock that is not measures nothing.

    One for a file of tests, for napari takes seconds to make it and the layers in it.
    """
    application = get_settings().application
    application.save_window_geometry = application.save_window_state = False
    viewer = napari.Viewer(show=True, show_welcome_screen=False)
    made, _, _ = open_docks(viewer)
    yield made
    assert made.shutdown()
    viewer.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@pytest.fixture
def explorer(window, ball_case, threshold_model):
    """That explorer as it was made, but for layers of our own; what a test opened over it goes with the test."""
    before = set(window.viewer.window.dock_widgets)
    window.session.state.update(ExploreState().model_dump(exclude={'plane'}))
    window.session.models.clear()
    window.session.models['threshold'] = threshold_model()
    yield window
    window.review.watch('test', False)
    # Another image on the same grid: settings and numbers of the test's go, and layers are not made anew.
    window.open_case(replace(ball_case, image=np.zeros_like(ball_case.image), predictions={}), [])
    docks = window.viewer.window
    for name in set(docks.dock_widgets) - before:
        widget = docks.dock_widgets[name]
        docks.remove_dock_widget(widget)
        widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    window.viewer.theme = 'dark'
    window.viewer.dims.ndisplay = 2
    window.viewer.dims.order = tuple(range(window.viewer.dims.ndim))
    window.painter.show_map('errors')
    window.painter.show_masks('both')
    ours = {layer for _, layer in window.painter.layers or ()}
    for layer in [layer for layer in window.viewer.layers if layer not in ours]:
        window.viewer.layers.remove(layer)


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


@pytest.fixture
def press(page, qtbot):
    """``press(key, modifier)``: a key to whatever has the focus in the window that is active."""

    def is_active():
        page.window().activateWindow()
        return page.window().isActiveWindow()

    def send(key, modifier=None):
        if QApplication.activeWindow() is None:
            qtbot.waitUntil(is_active, timeout=10_000)
        # The window is not kept: napari asks at the end whether anybody holds it.
        target = QApplication.focusWidget() or page.window()
        qtbot.keyClick(target, key, *([] if modifier is None else [modifier]))

    return send
