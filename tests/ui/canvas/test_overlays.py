"""What is written on the canvas; and that it leaves with every picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.cases.case import Label
from napari_segrobust.explore.state import MAX_LANES, Lane
from napari_segrobust.geometry import AxisOrder, GridGeometry
from napari_segrobust.ui.canvas.burn import burn
from napari_segrobust.ui.canvas.colors import (
    CHANGE_CHIPS,
    CORRECT_CHIP,
    DRIFT_CHIPS,
    ERROR_CHIPS,
    PREDICTION_COLOR,
    REFERENCE_COLOR,
    Chip,
    luminance,
    rgb,
)
from napari_segrobust.ui.canvas.layout import Layout
from napari_segrobust.ui.canvas.overlays import RESEARCH, Overlays
from napari_segrobust.ui.widgets.marks import LANE_COLOURS


@pytest.fixture
def overlays(canvas):
    made = Overlays(canvas.viewer, canvas.session, canvas.painter)
    yield made
    made.close()


def simulated(canvas) -> str | None:
    """Napari's own text on the canvas; None while it is hidden."""
    overlay = canvas.viewer.canvas.overlays['sr_simulated']
    return overlay.text if overlay.visible else None


def letters(overlays) -> str:
    return ''.join(letter or '-' for letter in overlays.signs.letters or ('', '', '', ''))


def legend(overlays) -> list[str]:
    return [chip.word for chip in overlays.signs.legend]


def test_a_clean_image_is_not_called_simulated(canvas, overlays):
    assert overlays.text == ''
    assert simulated(canvas) is None
    assert overlays.signs.notes == (RESEARCH,)


def test_text_carries_the_severity_of_what_is_painted(canvas, overlays):
    canvas.session.state.set_perturbation(0, severity=2.0)
    assert overlays.text == ''  # asked, but not painted yet
    canvas.settle()
    assert overlays.text.startswith('SIMULATED gaussian noise, severity 2 (sigma')
    assert simulated(canvas).replace('\n', ' ') == overlays.text
    canvas.session.state.set_perturbation(0, severity=0.0)
    canvas.settle()
    assert simulated(canvas) is None


def test_the_held_clean_image_is_not_called_simulated(canvas, overlays):
    canvas.session.state.set_perturbation(0, severity=2.0)
    canvas.settle()
    canvas.painter.hold(True)
    assert overlays.text == ''
    canvas.painter.hold(False)
    assert overlays.text.startswith('SIMULATED')


def test_provisional_pictures_say_so(canvas, overlays):
    canvas.painter.paint(replace(canvas.session.plane, provisional=True))
    assert overlays.text == 'PROVISIONAL: one layer of windows'
    canvas.painter.paint(canvas.session.plane)
    assert overlays.text == ''


def test_with_a_pinned_run_the_held_picture_says_so(canvas, overlays):
    canvas.session.state.set_perturbation(0, severity=2.0)
    canvas.session.pin()
    canvas.settle()
    canvas.painter.hold(True)
    assert overlays.text.startswith('SIMULATED')
    assert overlays.text.endswith('This is A')


def test_long_texts_are_broken_and_stay_whole(canvas, overlays):
    stack = canvas.session.state.stack[0]
    canvas.session.state.stack = tuple(stack.model_copy(update={'seed': n, 'severity': 1.0}) for n in range(4))
    canvas.settle()
    text = simulated(canvas)
    assert text.count('\n') > 3
    assert ' '.join(text.split()) == ' '.join(overlays.lines)
    assert text.startswith('SIMULATED\ngaussian noise 1')
    assert overlays.text.count('severity 1') == 4, 'a picture that leaves says it in full'


@pytest.mark.parametrize(
    ('axis', 'expected'), [(0, 'APRL'), (1, 'ISRL'), (2, 'ISAP')], ids=['axial', 'coronal', 'sagittal']
)
def test_letters_follow_the_plane(canvas, overlays, axis, expected):
    canvas.show(axis, 5)
    assert letters(overlays) == expected


def test_letters_follow_the_camera(canvas, overlays):
    canvas.viewer.scene.camera.orientation2d = ('up', 'left')
    assert letters(overlays) == 'PALR'


def test_letters_follow_transposition(canvas, overlays):
    canvas.viewer.dims.order = (0, 2, 1)
    assert letters(overlays) == 'RLAP'


def test_letters_follow_a_flipped_grid(canvas, overlays, ball_case):
    flipped = ball_case.geometry.reordered(AxisOrder((0, 1, 2), (False, True, False)))
    canvas.open(replace(ball_case, geometry=flipped))
    assert letters(overlays) == 'PARL'


def test_no_letters_in_three_dimensions(canvas, overlays):
    canvas.viewer.layers.clear()
    canvas.viewer.dims.ndisplay = 3
    assert letters(overlays) == '----'


def test_unknown_orientation_is_said(canvas, overlays, ball_case):
    canvas.open(replace(ball_case, geometry=GridGeometry.from_spacing(ball_case.shape)))
    assert letters(overlays) == '----'
    assert 'orientation unknown' in overlays.signs.notes


def test_obliquity_is_said_in_words(canvas, overlays, ball_case):
    angle = np.radians(12)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    canvas.open(replace(ball_case, geometry=replace(ball_case.geometry, affine=turn @ ball_case.geometry.affine)))
    assert letters(overlays) == 'APRL'
    assert '12 degrees oblique' in overlays.signs.notes


def test_legend_follows_map_and_masks(canvas, overlays):
    assert legend(overlays) == ['extra (FP)', 'missed (FN)', 'prediction', 'reference']
    canvas.painter.show_masks('none')
    assert legend(overlays) == ['extra (FP)', 'missed (FN)', 'correct']
    canvas.painter.show_map('change')
    assert legend(overlays)[:2] == ['newly wrong', 'newly right']
    canvas.painter.show_map('none')
    assert legend(overlays) == []


def test_legend_without_a_reference_speaks_of_change(canvas, overlays, ball_case):
    canvas.open(replace(ball_case, references={}))
    canvas.painter.show_map('change')
    assert legend(overlays)[:3] == ['gained', 'lost', 'prediction']


def test_legend_names_what_this_case_can_have(canvas, overlays, ball_case):
    canvas.open(ball_case.with_masks(labels={1: Label('object'), 2: Label('other')}))
    assert 'wrong class' in legend(overlays)
    canvas.session.state.lanes = ()
    assert legend(overlays) == ['reference']


def test_legend_names_the_lane_that_is_drawn(canvas, overlays):
    canvas.session.state.lanes = (Lane(source='threshold'), Lane(source='wide'))
    canvas.settle()
    assert 'threshold' in legend(overlays)
    canvas.painter.show_lane(1)
    assert 'wide' in legend(overlays)
    assert next(chip for chip in overlays.signs.legend if chip.word == 'wide').color == LANE_COLOURS[1]


@pytest.mark.parametrize('chip', [*ERROR_CHIPS, *CHANGE_CHIPS, *DRIFT_CHIPS, CORRECT_CHIP], ids=lambda chip: chip.word)
def test_chips_can_be_read(chip: Chip):
    light, dark = sorted((luminance(chip.color), luminance(chip.text_color)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize('color', [REFERENCE_COLOR, PREDICTION_COLOR])
def test_outlines_are_like_no_grey(color: str):
    """White bone is as bright as a white outline: hue must tell them apart, wherever the outline runs."""
    assert max(rgb(color)) - min(rgb(color)) > 0.6
    assert color not in {chip.color for chip in (*ERROR_CHIPS, *CHANGE_CHIPS, *DRIFT_CHIPS)}


def test_lanes_look_like_no_error_and_no_reference():
    taken = {chip.color for chip in (*ERROR_CHIPS, *CHANGE_CHIPS, *DRIFT_CHIPS)} | {REFERENCE_COLOR}
    assert len(set(LANE_COLOURS)) == MAX_LANES
    assert not taken & set(LANE_COLOURS)


def test_scale_bar_comes_with_the_case_and_goes_back(canvas):
    bar = canvas.viewer.canvas.overlays['scale_bar']
    assert not bar.visible
    overlays = Overlays(canvas.viewer, canvas.session, canvas.painter)
    assert bar.visible
    overlays.close()
    assert not bar.visible


def test_closing_leaves_nothing(canvas, connections):
    before, names = connections(), set(canvas.viewer.canvas.overlays)
    overlays = Overlays(canvas.viewer, canvas.session, canvas.painter)
    assert connections() > before
    overlays.close()
    overlays.close()
    assert connections() == before
    assert set(canvas.viewer.canvas.overlays) == names


def test_texts_of_narrow_cells_leave_room_for_letters_and_captions(canvas, overlays):
    viewer = canvas.viewer
    viewer.canvas.size = (520, 540)
    layout = Layout(viewer, canvas.session, canvas.painter)
    layout.toggle()
    assert letters(overlays) == '-PRL'
    assert overlays.signs.cells == (1, 2)
    assert overlays.signs.notes == ('Research use',)
    assert not viewer.canvas.overlays['scale_bar'].visible
    layout.toggle()
    assert letters(overlays) == 'APRL'
    assert viewer.canvas.overlays['scale_bar'].visible
    layout.close()


# -- burning ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize('shape', [(40, 200), (40, 200, 3), (40, 200, 4), (300, 900, 3), (5, 30)])
def test_burnt_text_covers_nothing(qapp, shape):
    picture = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    before = picture.copy()
    burnt = burn(picture, 'SIMULATED gaussian noise, severity 2.5 (sigma 0.12), seed 7')
    np.testing.assert_array_equal(picture, before)
    assert burnt.dtype == np.uint8
    assert burnt.shape[1:] == (shape[1], 4)
    assert burnt.shape[0] > shape[0]
    below = burnt[-shape[0] :, :, :3]
    np.testing.assert_array_equal(below, picture[..., :3] if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2))
    strip = burnt[: -shape[0]]
    assert strip[..., :3].max() > 200
    assert (strip[..., 3] == 255).all()


def test_more_text_makes_a_higher_strip(qapp):
    picture = np.zeros((100, 160, 3), np.uint8)
    one, many = burn(picture, 'SIMULATED blur'), burn(picture, 'SIMULATED ' + 'gaussian noise, severity 2.5 + ' * 6)
    assert many.shape[0] > one.shape[0] + 40
    # the last line has ink, and there is an empty margin below it
    strip = many[: -picture.shape[0], :, 0]
    assert strip[-20:].max() > 128
    assert strip[-4:].max() == 0


def test_without_text_nothing_is_added(qapp):
    picture = np.zeros((10, 10, 3), np.uint8)
    assert burn(picture, '').shape == (10, 10, 4)


def test_burnt_screenshots_always_say_what_they_are_for(qapp, canvas, overlays):
    picture = np.zeros((100, 400, 3), np.uint8)
    assert overlays.burnt(picture).shape[0] > 100
