"""Raters in, through a real window: who they are, what the gate finds, and what a person does about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segrobust.cases import save_image
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.review.rater_rows import EVERYWHERE, NOBODY
from napari_segrobust.ui.review.rater_table import FROM_TO


@pytest.fixture
def page(review_panel):
    return review_panel.show_page('Raters')


@pytest.fixture
def settle(qtbot, reviewed):
    """Wait until the review has an answer, and every mask is counted."""

    def wait():
        review = reviewed.review
        qtbot.waitUntil(lambda: not review.is_pending and review.case is not None, timeout=30_000)

    return wait


def open_with(explorer, case, **masks):
    """The case with further masks of raters."""
    references = {**case.references, **masks}
    explorer.open_case(replace(case, references=references, raters=tuple(references)), [Lane(source='threshold')])


def words(page):
    return [line.words for line in page.gate.lines]


def test_every_rater_has_a_row(qtbot, page, raters_case, reviewed):
    qtbot.waitUntil(lambda: page._counts.keys() == set(raters_case.references), timeout=30_000)
    assert list(page.table.rows) == ['anna', 'ben', 'carla', 'dora']
    cells = page.table.rows['ben']
    voxels = np.count_nonzero(raters_case.references['ben'])
    ml = voxels * np.prod(raters_case.geometry.spacing_mm) / 1000
    assert float(cells.volume.text().split()[0]) == pytest.approx(ml, rel=5e-3)
    assert cells.volume.text().endswith(' ml')
    assert (cells.tick.text(), cells.reading.currentText(), cells.looked.currentText()) == ('B', NOBODY, EVERYWHERE)
    assert cells.state.text() == 'takes part'
    assert words(page) == []


def test_who_is_left_out_does_not_count(qtbot, page, reviewed, settle):
    page.table.rows['dora'].tick.click()
    settle()
    assert reviewed.review.agreement.votes.names == ('anna', 'ben', 'carla')
    assert page.table.rows['dora'].state.text() == 'left out'
    page.table.rows['dora'].tick.click()
    settle()
    assert reviewed.review.agreement.votes.names == ('anna', 'ben', 'carla', 'dora')


def test_a_new_name_is_the_name_everywhere(qtbot, page, reviewed, settle):
    reviewed.review.change(looked={'ben': np.ones(reviewed.session.case.shape, bool)}, sessions={'dora': 'ben'})
    settle()
    field = page.table.rows['ben'].name
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, 'benjamin')
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: 'benjamin' in reviewed.session.case.references, timeout=30_000)
    settle()
    assert reviewed.session.case.raters == ('anna', 'benjamin', 'carla', 'dora')
    assert list(page.table.rows) == ['anna', 'benjamin', 'carla', 'dora']
    assert reviewed.review.agreement.votes.names == ('anna', 'benjamin', 'carla')
    assert 'benjamin' in reviewed.review.settings.looked


def test_a_name_that_is_taken_is_refused_in_words(qtbot, page, reviewed, settle):
    reviewed.review.change(looked={'ben': np.ones(reviewed.session.case.shape, bool)})
    settle()
    field = page.table.rows['ben'].name
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, 'anna')
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: 'Name unusable: anna is there already' in words(page), timeout=30_000)
    assert 'ben' in reviewed.session.case.references
    assert reviewed.review.settings.looked.keys() == {'ben'}


def test_words_that_all_names_share_may_go(qtbot, page, reviewed, raters_case, settle):
    masks = {f'case 7 {name}': mask for name, mask in raters_case.references.items()}
    reviewed.open_case(replace(raters_case, references=masks, raters=tuple(masks)), [Lane(source='threshold')])
    settle()
    assert words(page) == ['Call them anna, ben, carla, dora?']
    page.gate.press('Call them', 'Yes')
    qtbot.waitUntil(lambda: reviewed.session.case.raters == tuple(raters_case.references), timeout=30_000)
    settle()
    assert words(page) == []


def test_a_mirrored_rater_is_shown_and_then_allowed(qtbot, page, reviewed, raters_case, settle):
    aside = np.roll(raters_case.references['anna'], 6, axis=2)
    masks = {name: np.roll(mask, 6, axis=2) for name, mask in raters_case.references.items()}
    open_with(reviewed, replace(raters_case, references=masks), erik=np.flip(aside, 2).copy())
    settle()
    review = reviewed.review
    qtbot.waitUntil(lambda: len(words(page)) > 0, timeout=30_000)
    (line,) = [line for line in page.gate.lines if line.level == 'problem']
    assert line.words.startswith('erik looks flipped left-right: Dice with the others 0.')
    assert review.agreement is None
    assert page.table.rows['erik'].state.text() == 'looks flipped left-right'
    page.gate.press('erik looks', 'Show')
    qtbot.waitUntil(lambda: page.map.is_shown, timeout=30_000)
    drawn = reviewed.viewer.layers['[sr] rater against the others']
    assert list(drawn.features['name'])[:4] == ['nobody', 'both', 'erik alone', 'most others alone']
    np.testing.assert_array_equal(drawn.data % 10 == 2, np.flip(aside, 2) > 0)
    page.gate.press('erik looks', 'It is right')
    settle()
    assert review.agreement.votes.names[-1] == 'erik'
    assert [line.level for line in page.gate.lines] == ['warning']
    assert page.table.rows['erik'].state.text() == 'looks flipped left-right: a person found it right'
    page.gate.press('erik looks', 'Take back')
    settle()
    assert review.agreement is None
    page.gate.press('erik looks', 'Leave erik out')
    settle()
    assert review.agreement.votes.names == ('anna', 'ben', 'carla', 'dora')


def test_a_copy_is_a_second_reading_or_nothing(qtbot, page, reviewed, raters_case, settle):
    open_with(reviewed, raters_case, erik=raters_case.references['anna'].copy())
    settle()
    assert words(page) == ['The same mask twice: anna and erik are equal in every voxel']
    page.gate.press('The same mask', 'One rater, read twice')
    settle()
    assert reviewed.review.agreement.admitted.again[0][:2] == ('anna', 'erik')
    assert page.table.rows['erik'].reading.currentText() == 'anna'


def test_another_label_is_offered_and_chosen_in_the_table(qtbot, page, reviewed, raters_case, settle):
    label = reviewed.review.label
    other = np.where(raters_case.references['ben'] > 0, 7, 0).astype(np.uint8)
    open_with(reviewed, raters_case, erik=np.roll(other, 1, axis=2))
    settle()
    page.gate.press('erik may mean another label', 'Take label 7')
    settle()
    assert reviewed.review.agreement.votes.sizes[-1] == np.count_nonzero(other)
    cells = page.table.rows['erik']
    qtbot.waitUntil(lambda: cells.label.currentText() == '7')
    assert cells.label.itemText(0).startswith(str(label)) or cells.label.count() == 1
    page.table.label_chosen.emit('erik', label)
    settle()
    assert reviewed.review.agreement is None


def test_a_name_like_a_second_reading_is_asked_about(qtbot, page, reviewed, raters_case, settle):
    open_with(reviewed, raters_case, anna_2=np.roll(raters_case.references['anna'], 1, axis=2))
    settle()
    question = 'Is anna_2 a second reading by anna?'
    assert words(page) == [question]
    assert 'anna_2' in reviewed.review.agreement.votes.names
    page.gate.press(question, 'No')
    assert words(page) == []
    page._dismissed.clear()
    page.sync()
    page.gate.press(question, 'Yes')
    settle()
    assert 'anna_2' not in reviewed.review.agreement.votes.names
    assert page.table.rows['anna_2'].state.text() == 'a further reading, which does not vote'
    page.table.reading_chosen.emit('anna_2', '')
    settle()
    assert 'anna_2' in reviewed.review.agreement.votes.names


def test_readings_of_readings_go_to_the_first(page, reviewed, settle):
    for name, first in (('ben', 'anna'), ('carla', 'ben')):
        page.table.reading_chosen.emit(name, first)
    assert reviewed.review.settings.sessions == {'ben': 'anna', 'carla': 'anna'}
    settle()
    assert reviewed.review.agreement.votes.names == ('anna', 'dora')


def test_slices_that_nobody_looked_at_are_missing(qtbot, page, reviewed, settle):
    depth = reviewed.session.case.shape[0]
    page.table.looked_chosen.emit('ben', FROM_TO)
    assert page.form.isVisible()
    low, high = page.form.boxes[0]
    assert (low.value(), high.value()) == (0, depth - 1)
    high.setValue(depth // 2)
    settle()
    looked = reviewed.review.agreement.votes.looked[1]
    assert looked[: depth // 2 + 1].all()
    assert not looked[depth // 2 + 1 :].any()
    assert page.table.rows['ben'].looked.currentText() == f'z 0 to {depth // 2}'
    assert words(page)[0].startswith('ben did not look everywhere')
    page.table.looked_chosen.emit('ben', EVERYWHERE)
    settle()
    assert reviewed.review.agreement.votes.looked[1] is None
    assert not page.form.isVisible()


def test_a_mask_may_say_where_somebody_looked(qtbot, page, reviewed, raters_case, settle):
    looked = np.zeros(raters_case.shape, np.uint8)
    looked[:9] = 1
    references = {**raters_case.references, 'seen': looked}
    reviewed.open_case(replace(raters_case, references=references), [Lane(source='threshold')])
    settle()
    combo = page.table.rows['ben'].looked
    combo.setCurrentText('where seen is drawn')
    combo.activated.emit(combo.currentIndex())
    settle()
    np.testing.assert_array_equal(reviewed.review.agreement.votes.looked[1], looked > 0)
    drawn = reviewed.viewer.layers['[sr] image']
    other = np.flip(looked, 0).copy()
    reviewed.viewer.add_labels(other, name='scanned', scale=drawn.scale, units=drawn.units)
    qtbot.waitUntil(lambda: combo.findText('where scanned is drawn') > 0, timeout=30_000)
    page.table.looked_chosen.emit('ben', 'scanned')
    settle()
    np.testing.assert_array_equal(reviewed.review.agreement.votes.looked[1], other > 0)


def test_a_rater_with_a_volume_and_no_mask(qtbot, page, reviewed, settle):
    qtbot.mouseClick(page.add_volume, Qt.MouseButton.LeftButton)
    settle()
    cells = page.table.rows['volume 1']
    cells.ml.setValue(12.5)
    settle()
    assert reviewed.review.agreement.volumes['volume 1'] == 12.5
    page.table.renamed.emit('volume 1', 'dr. fox')
    settle()
    assert reviewed.review.agreement.volumes['dr. fox'] == 12.5
    page.table.rows['dr. fox'].tick.setChecked(False)
    settle()
    assert 'dr. fox' not in reviewed.review.agreement.volumes


def test_files_and_folders_become_raters(qtbot, page, reviewed, raters_case, settle, tmp_path, monkeypatch):
    for axes, name in ((2, '07_erik'), ((1, 2), '07_fay')):
        mask = np.roll(raters_case.references['anna'], 1, axis=axes)
        save_image(tmp_path / f'{name}.nii.gz', mask, raters_case.geometry)
    reviewed.review.change(left_out=frozenset({'dora'}))
    dialog = 'napari_segrobust.ui.review.raters_page.QFileDialog'
    monkeypatch.setattr(f'{dialog}.getExistingDirectory', lambda *_: str(tmp_path))
    page.add_folder.click()
    qtbot.waitUntil(lambda: len(page.table.rows) == 6, timeout=30_000)
    settle()
    assert reviewed.review.agreement.votes.names == ('anna', 'ben', 'carla', 'erik', 'fay')
    assert page.table.rows['erik'].file.text() == '07_erik.nii.gz'
    monkeypatch.setattr(f'{dialog}.getOpenFileNames', lambda *_: ([str(tmp_path / '07_fay.nii.gz')], ''))
    page.add_files.click()
    qtbot.waitUntil(lambda: '07_fay' in page.table.rows, timeout=30_000)
    settle()
    assert words(page) == ['The same mask twice: fay and 07_fay are equal in every voxel']


def test_layers_of_the_viewer_become_raters(qtbot, page, reviewed, raters_case, settle):
    drawn = reviewed.viewer.layers['[sr] image']
    mask = np.roll(raters_case.references['anna'], 1, axis=2)
    layer = reviewed.viewer.add_labels(mask, name='erik', scale=drawn.scale, units=drawn.units)
    qtbot.waitUntil(lambda: words(page) == ['In the viewer: erik'], timeout=30_000)
    page.gate.press('In the viewer', 'Add as raters')
    qtbot.waitUntil(lambda: 'erik' in page.table.rows, timeout=30_000)
    settle()
    assert words(page) == []
    assert not layer.visible
    np.testing.assert_array_equal(reviewed.session.case.references['erik'], mask)


def test_all_masks_are_raters_with_one_click(qtbot, page, reviewed, ball_case, settle):
    reviewed.open_case(replace(ball_case, raters=('second',)), [Lane(source='threshold')])
    settle()
    assert list(page.table.rows) == ['second']
    qtbot.mouseClick(page.all_raters, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.table.rows) == 3, timeout=30_000)
    assert reviewed.session.case.raters == ('expert', 'second', 'shifted')
    assert not page.all_raters.isVisible()


def test_names_are_hidden_while_people_are_blinded(page, reviewed):
    reviewed.review.blind({'anna': 'A', 'ben': 'B', 'carla': 'C', 'dora': 'D'})
    assert not page.table.isVisible()
    assert page.hint.text().startswith('Names are hidden')
    assert not page.add_files.isEnabled()
    reviewed.review.blind(None)
    assert page.table.isVisible()


def test_the_map_goes_with_the_page(qtbot, page, reviewed, review_panel):
    page.show_rater('dora')
    qtbot.waitUntil(lambda: page.map.is_shown, timeout=30_000)
    review_panel.parentWidget().hide()
    assert not page.map.is_shown
