"""What a person sees first of a case, in the real window."""

from __future__ import annotations

import numpy as np

from napari_segrobust.cases import load_case
from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.widgets.controls import IconButton
from napari_segrobust.ui.widgets.palette import Palette


def _case(shape: tuple[int, int, int], where: int):
    mask = np.zeros(shape, np.uint8)
    mask[where, 2:8, 2:8] = 1
    return load_case(np.random.default_rng(0).random(shape), references={'expert': mask}, spacing=(2.5, 1, 1))


def test_nothing_is_said_before_a_case_is_open(make_napari_viewer):
    explorer, _, results = open_docks(make_napari_viewer())
    assert results.errors.header.text() == 'Errors'
    assert results.errors.empty.text() == 'Open a case first.'
    assert explorer.shutdown()


def test_a_case_opens_where_there_is_something_to_see(make_napari_viewer):
    viewer = make_napari_viewer()
    explorer, _, _ = open_docks(viewer)
    for shape, where in (((12, 10, 10), 9), ((30, 16, 16), 3)):
        explorer.open_case(_case(shape, where))
        assert viewer.dims.current_step[0] == where
        assert explorer.session.state.plane.index == where
    assert explorer.shutdown()


def test_the_chosen_lane_goes_back_when_its_lane_goes(make_napari_viewer):
    explorer, _, _ = open_docks(make_napari_viewer())
    case = _case((12, 10, 10), 9)
    explorer.open_case(
        case.with_masks(predictions={'one': case.references['expert'], 'two': case.references['expert']})
    )
    first = explorer.session.state.lanes[0]
    explorer.session.state.lanes = (first, first.model_copy(update={'source': 'two'}))
    explorer.set_lane(1)
    explorer.session.state.lanes = (first,)
    assert explorer.lane == explorer.navigator.lane == 0
    assert explorer.shutdown()


def test_what_is_made_after_a_change_of_theme_has_its_colours(explorer, panel, ball_case):
    explorer.open_case(ball_case, [Lane(source='threshold')])
    explorer.viewer.theme = 'light'
    explorer.session.state.stack = (Perturbation(name='gaussian_noise'), Perturbation(name='speckle'))
    light = Palette.from_theme('light')
    assert {section.palette_ for section in panel.sections} == {light}
    buttons = [button for row in panel.perturb.rows for button in row.findChildren(IconButton)]
    assert buttons
    assert {button._palette for button in buttons} == {light}
