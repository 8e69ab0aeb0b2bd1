"""Table and list of errors say only what is known of the open case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.cases import load_case
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.results import Results
from napari_segrobust.ui.widgets.slider import SHORT


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
    assert results.errors.view.model().rowCount()
    assert not results.errors._delegate.pending
    session.state.set_perturbation(0, severity=1.0)
    assert results.errors._delegate.pending
    qtbot.waitUntil(lambda: not results.errors._delegate.pending, timeout=20_000)


@pytest.mark.parametrize(('ndim', 'unit', 'size'), [(3, 'voxels', 'voxels'), (2, 'px', 'px\u00b2')])
def test_without_spacing_lengths_are_no_millimetres(explorer, panel, results, qtbot, ndim, unit, size):
    mask = np.zeros((8, 40, 40)[3 - ndim :], np.uint8)
    mask[..., 10:30, 10:30] = 1
    image = mask + np.random.default_rng(0).random(mask.shape)
    explorer.open_case(load_case(image, references={'expert': mask}, predictions={'empty': 0 * mask}))
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    assert panel.compare.tolerance.control.box.text().endswith(f' {SHORT.get(unit, unit)}')
    assert panel.compare.tolerance.control.slider.accessibleName() == f'tolerance in {unit}'
    assert f' {size}' in results.errors.view.model().rows[0].size
