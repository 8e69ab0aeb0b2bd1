"""Ways to a place worth looking at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.canvas.navigate import MARKER, Navigator, worst_slices


@pytest.fixture
def navigator(bare_canvas, ball_case):
    """Two errors: half of the ball is missed, and a corner is taken for another one."""
    wrong = ball_case.references['expert'].copy()
    wrong[:, :, 11:] = 0
    wrong[1:6, 0:6, 0:6] = 1
    bare_canvas.open(replace(ball_case, predictions={'wrong': wrong}), Lane(source='wrong', given=True))
    made = Navigator(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    yield made
    made.close()


def test_errors_come_in_their_order_and_go_round(navigator):
    items = navigator.items
    assert len(items) >= 2
    flown = []
    navigator.moved.connect(flown.append)
    assert navigator.index == -1
    for expected in (*items, items[0]):
        assert navigator.next() == expected
    assert flown == [*range(len(items)), 0]
    assert navigator.previous() == items[-1]


def test_the_error_is_on_the_canvas(bare_canvas, navigator):
    item = navigator.next()
    viewer = bare_canvas.viewer
    assert viewer.dims.current_step[0] == item.position[0]
    camera = viewer.scene.camera
    assert camera.center[-2:] == pytest.approx(item.position[1:])
    seen = np.array(viewer.canvas.size) / camera.zoom
    assert (seen > [stop - start for start, stop in item.box[1:]]).all()


@pytest.mark.parametrize('axis', [1, 2])
def test_flying_keeps_the_plane_across_which_one_looks(bare_canvas, navigator, axis):
    bare_canvas.show(axis, 0)
    item = navigator.next()
    assert bare_canvas.viewer.dims.current_step[axis] == item.position[axis]
    shown = [other for other in range(3) if other != axis]
    scale = (2.0, 1.0, 1.0)
    expected = [item.position[other] * scale[other] for other in shown]
    assert bare_canvas.viewer.scene.camera.center[-2:] == pytest.approx(expected)


def test_one_ring_marks_the_place_and_takes_no_selection(bare_canvas, navigator):
    active = bare_canvas.viewer.layers.selection.active
    for _ in range(3):
        item = navigator.next()
    assert [layer.name for layer in bare_canvas.viewer.layers].count(MARKER) == 1
    ring = bare_canvas.viewer.layers[MARKER].data
    assert len(ring) == 1
    np.testing.assert_allclose(ring[0].mean(axis=0), item.position)
    assert bare_canvas.viewer.layers.selection.active is active
    bare_canvas.viewer.layers.remove(MARKER)
    navigator.next()
    assert MARKER in bare_canvas.viewer.layers


def test_nothing_to_fly_to(canvas):
    navigator = Navigator(canvas.viewer, canvas.session, canvas.painter)
    assert navigator.items == ()
    assert navigator.next() is None
    assert MARKER not in canvas.viewer.layers
    navigator.close()


def test_worst_slice_then_the_next_worse(bare_canvas, navigator, ball_case):
    ranking = worst_slices(ball_case.references['expert'], bare_canvas.session.case.predictions['wrong'], 0, 1)
    first = navigator.worst_slice()
    assert first == ranking[0]
    assert bare_canvas.viewer.dims.current_step[0] == first
    bare_canvas.show(0, first)
    assert navigator.worst_slice() == ranking[1]


def test_worst_slices_by_hand():
    reference = np.zeros((5, 2, 4), int)
    prediction = np.zeros((5, 2, 4), int)
    reference[1], prediction[1] = 1, 1  # Dice 1
    reference[2, :, :2], prediction[2, :, 1:3] = 1, 1  # Dice 0.5
    prediction[3, 0, 0] = 1  # Dice 0, one voxel
    reference[4] = 2  # Dice 0, eight voxels
    assert worst_slices(reference, prediction, 0).tolist() == [4, 3, 2, 1]
    assert worst_slices(reference, prediction, 0, label=1).tolist() == [3, 2, 1]
    assert worst_slices(reference * 0, prediction * 0, 0).tolist() == []


def test_another_case_takes_the_ring_away(bare_canvas, navigator, ball_case):
    navigator.next()
    bare_canvas.open(ball_case)
    assert MARKER not in bare_canvas.viewer.layers
    assert navigator.index == -1


def test_closing_cuts_every_connection(canvas, connections):
    before = connections()
    navigator = Navigator(canvas.viewer, canvas.session, canvas.painter)
    navigator.close()
    navigator.close()
    assert connections() == before
