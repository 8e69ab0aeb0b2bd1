"""Table and list of errors say only what is known of the open case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.results import Results


@pytest.fixture
def results(explorer) -> Results:
    docks = explorer.viewer.window.dock_widgets.values()
    return next(widget for widget in docks if isinstance(widget, Results))


@pytest.fixture
def opened(explorer, ball_case, results, qtbot):
    """The ball with the prediction it brought."""
    explorer.open_case(ball_case, [Lane(source='shifted', given=True)])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    assert results.table.rows()
    return ball_case


def test_nothing_is_said_before_a_case_is_open(results):
    assert results.errors.header.text() == 'Errors'
    assert results.errors.empty.text() == 'Open a case first.'


def test_another_case_without_a_lane_leaves_no_number_of_the_former_one(explorer, opened, results):
    explorer.open_case(replace(opened, name='other', predictions={}), [])
    assert results.table.rows() == ()
    assert results.curve.accessibleDescription().startswith('Move a severity slider')
    assert results.errors.header.text() == 'Errors'
    assert results.errors.empty.text() == 'Choose a model, or a prediction.'


def test_the_list_says_why_it_is_empty(explorer, opened, results):
    explorer.session.state.scope = 'volume'
    bare = replace(opened, name='bare', references={})
    explorer.open_case(bare, [Lane(source='shifted', given=True)])
    assert results.errors.empty.text() == 'No reference: nothing to call an error.'
    explorer.open_case(opened, [Lane(source='shifted', given=True)])
    assert results.errors.empty.text() == 'Errors are listed when the whole volume is done.'


def test_errors_are_grey_while_they_are_of_an_older_result(explorer, ball_case, results, qtbot):
    # Larger voxels: the floor of 0.1 ml leaves errors of a size that matters.
    coarse = replace(ball_case.geometry, affine=ball_case.geometry.affine @ np.diag([4, 4, 4, 1]))
    explorer.open_case(replace(ball_case, geometry=coarse), [Lane(source='shifted', given=True)])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    results.resize(1200, 300)

    def picture():
        QApplication.processEvents()
        return results.errors.view.viewport().grab().toImage()

    fresh = picture()
    assert results.errors.view.model().rowCount()
    results._on_request(session.current)
    assert picture() == fresh, 'of the newest request'
    session.paused = True
    session._request = replace(session.current)
    results._on_request(session.current)
    assert picture() != fresh
