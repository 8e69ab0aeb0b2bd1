"""A small case of four raters, and the review of it in a real window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.review.room import show_review


@pytest.fixture
def explorer(kept_explorer):
    """In a window that is seen: a dock that is not measures nothing."""
    return kept_explorer


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
