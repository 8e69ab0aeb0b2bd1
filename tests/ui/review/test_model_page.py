"""A model among the raters in a real window: dots, curve, words, and people under the same noise."""

from __future__ import annotations

from dataclasses import replace

import nibabel
import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segrobust.cases import save_image
from napari_segrobust.digits import three_digits
from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation, virtual_raters
from napari_segrobust.review import agree
from napari_segrobust.review.references import CEILING_KEYS
from napari_segrobust.review.under_noise import read_key
from napari_segrobust.ui.review.band import rater_band
from napari_segrobust.ui.review.model_page import HIDDEN, TWO, VERDICT
from napari_segrobust.ui.review.model_points import BOXED, MOVED

NOISE = Perturbation(name='gaussian_noise', seed=7)


@pytest.fixture
def page(qtbot, reviewed, review_panel):
    """The page in front, with noise in the stack and the first point measured."""
    reviewed.session.state.set_stack((NOISE,))
    made = review_panel.show_page('Model')
    qtbot.waitUntil(lambda: len(made.dots.rows) == 4 and bool(made.points.points(0)), timeout=30_000)
    return made


def move(qtbot, page, severity):
    """Move the slider of the stack, and wait until the point is there."""
    page.session.state.set_perturbation(0, severity=severity)
    qtbot.waitUntil(lambda: page.points.now(0) is not None, timeout=30_000)
    return page.points.now(0)


def test_dots_are_those_of_the_agreement_with_this_model(page, raters_case):
    session = page.session
    label, tolerance = session.state.label, session.state.tolerance_mm
    mask = session.volume.lanes[0].labels == label
    expected = agree(
        dict(raters_case.references),
        geometry=raters_case.geometry,
        model=mask.astype(np.uint8),
        label=dict.fromkeys(raters_case.raters, label),
        tolerance_mm=tolerance,
    )
    for row, key in zip(page.dots.rows, CEILING_KEYS, strict=False):
        assert row.raters == expected.ceiling.raters[key]
        assert row.model == expected.ceiling.model[key]
        assert row.place == expected.ceiling.place(key)
    assert page.dots.rows[3].raters == expected.williams.raters
    assert page.dots.rows[3].mean == expected.williams.model
    assert page.said.words == VERDICT
    assert 'anna' in page.dots.accessibleDescription()


def test_each_severity_is_a_point_in_the_raters_range_and_where_it_leaves_is_named(qtbot, page):
    low, high = page.review.agreement.references.ranges['dice']
    for severity in (1.0, 5.0):
        move(qtbot, page, severity)
    assert list(page.points.points(0)) == [0, 1, 5]
    (series,) = page.curve._series
    assert [x for x, _ in series.points] == [0, 1, 5]
    assert page.curve._band == (low, high)
    values = dict(series.points)
    left = next(s for s in (0, 1, 5) if values[s] < low)
    before = max(s for s in (0, 1, 5) if s < left)
    at = before + (left - before) * (low - values[before]) / (values[left] - values[before])
    assert page.curve._mark == pytest.approx(at)
    assert page.words.text() == (
        f'within the range these 4 raters showed on the unperturbed image up to severity {at:.2g} of gaussian noise '
        f'(between the visited {before:g} and {left:g}).'
    )


def test_points_stay_with_their_tolerance(qtbot, page):
    move(qtbot, page, 2.0)
    state = page.session.state
    first, tolerance = page.points.now(0), state.tolerance_mm
    state.tolerance_mm = 0.5
    assert page.points.points(0) == {}
    qtbot.waitUntil(lambda: page.points.now(0) is not None, timeout=30_000)
    assert page.points.now(0).values['nsd'] != first.values['nsd']
    state.tolerance_mm = tolerance
    assert list(page.points.points(0).values())[-1] is first


def test_points_are_taken_whatever_is_in_front_and_never_with_old_settings(qtbot, page, review_panel):
    review_panel.parentWidget().hide()
    move(qtbot, page, 2.0)
    assert list(page.points.points(0)) == [0, 2]
    state, session = page.session.state, page.session
    state.tolerance_mm = 0.5
    state.set_perturbation(0, severity=3.0)
    qtbot.waitUntil(lambda: session.settled, timeout=30_000)
    assert not page.review.is_current
    assert list(page.points.points(0)) == [0, 2]
    review_panel.parentWidget().show()
    review_panel.parentWidget().raise_()
    qtbot.waitUntil(lambda: list(page.points.points(0)) == [3], timeout=30_000)


def test_the_reference_of_the_explorer_plays_no_part(qtbot, page):
    move(qtbot, page, 2.0)
    page.session.state.reference = 'ben'
    assert list(page.points.points(0)) == [0, 2]


def test_a_click_on_the_curve_goes_there(qtbot, page):
    move(qtbot, page, 2.0)
    page.session.state.set_perturbation(0, severity=0.0)
    place = page.curve.position(2.0, dict(page.curve._series[0].points)[2.0]).toPoint()
    qtbot.mouseClick(page.curve, Qt.MouseButton.LeftButton, pos=place)
    assert page.session.state.stack[0].severity == 2.0


def test_a_given_mask_stands_among_them_too(qtbot, reviewed, raters_case, review_panel):
    given = np.roll(raters_case.references['anna'], 3, axis=2)
    reviewed.open_case(replace(raters_case, predictions={'sent': given}), [Lane(source='threshold')])
    page = review_panel.show_page('Model')
    qtbot.waitUntil(lambda: page.points.now(0) is not None, timeout=30_000)
    lane = page.dots.rows[0].mean
    page.model.setCurrentText('sent (given)')
    qtbot.waitUntil(lambda: len(page.dots.rows) == 4 and page.dots.rows[0].mean != lane, timeout=30_000)
    assert 'no curve' in page.curve.accessibleDescription()
    page.model.setCurrentText('threshold')
    assert page.given is None
    qtbot.waitUntil(lambda: page.dots.rows[0].mean == lane, timeout=30_000)


def test_it_is_hidden_while_people_are_blinded(page):
    page.review.blind({'anna': 'A', 'ben': 'B', 'carla': 'C', 'dora': 'D'})
    assert page.hidden_note.isVisible()
    assert page.hidden_note.text() == HIDDEN
    assert not page.dots.isVisible()
    assert rater_band(page.explorer, page.session.volume) is None
    page.review.blind(None)
    assert page.dots.isVisible()


def test_two_raters_have_no_range(qtbot, reviewed, raters_case, review_panel):
    masks = {name: raters_case.references[name] for name in ('anna', 'ben')}
    reviewed.open_case(replace(raters_case, references=masks, raters=tuple(masks)), [Lane(source='threshold')])
    page = review_panel.show_page('Model')
    qtbot.waitUntil(lambda: bool(page.points.points(0)), timeout=30_000)
    qtbot.waitUntil(lambda: len(page.dots.rows) == 4, timeout=30_000)
    assert len(page.dots.rows[0].model) == 2
    assert page.dots.rows[0].limits is None
    assert page.said.words == TWO
    qtbot.waitUntil(lambda: page.dots.rows[0].note != '', timeout=30_000)
    expected = page.review.agreement.pairwise.matrices['dice'][0][1].value
    assert page.dots.rows[0].note == f'raters {three_digits(expected)} together'
    assert page.curve._band is None
    assert len(page.curve._series[0].points) == 1


def test_what_cannot_be_measured_alike_is_not_measured(qtbot, page):
    session = page.session
    session.state.set_stack((Perturbation(name='elastic', severity=2.0),))
    qtbot.waitUntil(lambda: session.settled, timeout=30_000)
    assert page.points.now(0) is None
    assert MOVED in page.said.words
    session.state.set_stack((NOISE,))
    box = tuple((0, n // 2) for n in session.case.shape)
    context = session.state.lanes[0].context.model_copy(update={'box': box})
    session.state.set_lane(0, context=context)
    qtbot.waitUntil(lambda: session.settled, timeout=30_000)
    assert page.points.now(0) is None
    assert BOXED in page.said.words


def test_the_explorers_own_curve_has_the_raters_against_its_own_reference(qtbot, reviewed, page, raters_case):
    session = page.session
    assert rater_band(reviewed, session.volume) is None  # a curve of the slice
    session.state.scope = 'volume'
    session.state.reference = 'anna'
    qtbot.waitUntil(lambda: session.settled, timeout=30_000)
    qtbot.waitUntil(lambda: rater_band(reviewed, session.volume) is not None, timeout=30_000)
    (low, high), words = rater_band(reviewed, session.volume)
    matrix = page.review.agreement.pairwise.matrices['dice'][0]
    values = [value.value for value in matrix[1:]]
    assert (low, high) == (min(values), max(values))
    assert words == 'Range: these 3 raters on the unperturbed image, against anna, as the curve is'
    session.state.metric = 'iou'
    assert rater_band(reviewed, session.volume) is None


def test_people_under_the_same_noise(qtbot, page, raters_case, tmp_path):
    for severity in (2.0, 4.0):
        move(qtbot, page, severity)
    readers = page.readers
    readers.severities.setText('0, 2, 4')
    readers.repeats.setValue(1)
    (tmp_path / 'pack').mkdir()
    readers.write_pack(tmp_path / 'pack')
    qtbot.waitUntil(lambda: 'Keep pack-key.json from them' in readers.said, timeout=30_000)
    assert '6 images in pack' in page.said.words
    key = read_key(tmp_path / 'pack-key.json')
    # People see what the model was given, voxel by voxel, and the key names the very curve that its points lie on.
    at_four = next(image for image in key.images if image.severity == 4.0)
    stored = np.asarray(nibabel.load(tmp_path / 'pack' / f'{at_four.code}.nii').dataobj)
    assert page.session.volume.request.severity == 4.0
    np.testing.assert_array_equal(raters_case.geometry.order.apply(stored), page.session.volume.image[0])
    assert key.curve(page.session.case) == page.points.fixed
    for seed, name in enumerate(('erik', 'fay')):
        (tmp_path / 'back' / name).mkdir(parents=True)
        for number, image in enumerate(key.images):
            drawn = virtual_raters(
                raters_case.references['anna'], 1, sd_mm=0.5 + image.severity / 2, correlation_mm=8,
                seed=10 * seed + number, spacing=raters_case.geometry.spacing,
            )  # fmt: skip
            save_image(
                tmp_path / 'back' / name / f'{image.code}_mask.nii.gz', next(iter(drawn.values())), raters_case.geometry
            )
    readers.read_masks(tmp_path / 'pack-key.json', tmp_path / 'back')
    qtbot.waitUntil(lambda: readers.curve() is not None, timeout=30_000)
    assert readers.said == '12 masks of 2 readers'
    _model, people = page.curve._series
    assert people.name == 'mean of 2 readers'
    assert [x for x, _ in people.points] == [x for x, _, _ in people.band] == [0, 2, 4]
    assert set(readers.curve().intra_rater) == {'erik', 'fay'}
    assert 'Readers: ' in page.words.text()
    assert 'erik, the same image twice: ' in page.said.toolTip()
    # Masks belong to the image: with other raters they are still there.
    session = page.session
    session.open_case(replace(session.case, raters=session.case.raters[:3]), session.state.lanes)
    assert readers.gathered is not None
    move(qtbot, page, 2.0)
    # Another draw is another curve: theirs is not beside it.
    page.session.state.set_perturbation(0, seed=8)
    qtbot.waitUntil(lambda: page.points.now(0) is not None, timeout=30_000)
    assert len(page.curve._series) == 1
    assert 'The readers drew under gaussian noise, seed 7' in page.words.text()


def test_mistakes_with_packs_are_said(qtbot, page, tmp_path):
    readers = page.readers
    readers.severities.setText('much')
    readers.write_pack(tmp_path / 'pack')
    assert 'Severities are numbers' in readers.said
    readers.severities.setText('0, 7')
    readers.write_pack(tmp_path / 'pack')
    qtbot.waitUntil(lambda: 'Severities go from 0 to 5' in readers.said, timeout=30_000)
    readers.read_masks(tmp_path / 'gone.json', tmp_path)
    qtbot.waitUntil(lambda: 'gone.json cannot be read' in readers.said, timeout=30_000)
    assert 'gone.json cannot be read' in page.said.words


def test_the_folder_and_the_key_are_asked_for(qtbot, page, tmp_path, monkeypatch):
    asked = iter([str(tmp_path / 'pack'), '', str(tmp_path)])
    monkeypatch.setattr('napari_segrobust.ui.review.readers.QFileDialog.getExistingDirectory', lambda *_: next(asked))
    monkeypatch.setattr(
        'napari_segrobust.ui.review.readers.QFileDialog.getOpenFileName', lambda *_: (str(tmp_path / 'k.json'), '')
    )
    qtbot.mouseClick(page.readers.packing, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: '4 images in pack' in page.readers.said, timeout=30_000)
    qtbot.mouseClick(page.readers.packing, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.readers.gathering, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: 'k.json cannot be read' in page.readers.said, timeout=30_000)
