"""The searchable list: typing, arrows, Enter, and what cannot be chosen."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QPixmap

from napari_segrobust.ui.widgets.picker import Choice, Picker

CHOICES = (
    Choice('gaussian_noise', 'Gaussian noise', 'Adds normal noise', 'for MR', 'noise'),
    Choice('rician_noise', 'Rician noise', 'Noise of magnitude images', 'for MR', 'noise', more='MR'),
    Choice('bias_field', 'bias field', 'Brightens some parts', 'for MR', 'MR'),
    Choice('streaks', 'streaks', 'Noise between dense voxels', 'others', 'CT', why_not='It acts on HU.'),
)


@pytest.fixture
def picker(qtbot, palette):
    picker = Picker('Things', palette=palette)
    qtbot.addWidget(picker)
    picker.set_choices(CHOICES)
    picker.open_at(QPoint(0, 0))
    return picker


def chosen(picker):
    seen = []
    picker.chosen.connect(seen.append)
    return seen


def key(qtbot, picker, *keys):
    for one in keys:
        qtbot.keyClick(picker.search, one)


def test_every_choice_has_its_heading(picker):
    rows = [picker.model.index(row).data() for row in range(picker.model.rowCount())]
    assert rows == [
        'for MR \u00b7 noise',
        'Gaussian noise',
        'Rician noise',
        'for MR \u00b7 MR',
        'bias field',
        'others \u00b7 CT',
        'streaks',
    ]
    assert picker.count.text() == '4'


def test_type_and_enter(qtbot, picker):
    seen = chosen(picker)
    qtbot.keyClicks(picker.search, 'ric no')
    assert picker.shown() == ['rician_noise']
    assert picker.count.text() == '1 of 4'
    key(qtbot, picker, Qt.Key.Key_Return)
    assert seen == ['rician_noise']
    assert not picker.isVisible()


def test_what_has_the_words_in_its_title_comes_first(qtbot, picker):
    qtbot.keyClicks(picker.search, 'noise')
    assert picker.shown() == ['gaussian_noise', 'rician_noise', 'streaks']


def test_arrows_skip_headings_and_stop_at_the_ends(qtbot, picker):
    seen = chosen(picker)
    key(qtbot, picker, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert picker.model.choice(picker.view.currentIndex()).key == 'bias_field'
    key(qtbot, picker, *[Qt.Key.Key_Down] * 9)
    assert picker.model.choice(picker.view.currentIndex()).key == 'streaks'
    assert picker.reason.text() == 'It acts on HU.'
    key(qtbot, picker, Qt.Key.Key_Return)
    assert seen == [], 'what cannot act cannot be chosen'
    assert picker.isVisible()


def test_a_click_takes(qtbot, picker):
    seen = chosen(picker)
    place = picker.view.visualRect(picker.model.index(4)).center()
    qtbot.mouseClick(picker.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert seen == ['bias_field']


def test_nothing_found_is_said(qtbot, picker):
    qtbot.keyClicks(picker.search, 'zzz')
    assert picker.shown() == []
    assert picker.reason.text() == 'Nothing is called so.'
    key(qtbot, picker, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert picker.isVisible()


def test_pictures_are_asked_for_in_view_only_and_once(picker):
    assert picker.wanted() == 'gaussian_noise'
    picker.set_pictures('gaussian_noise', [QPixmap(8, 8)])
    assert picker.wanted() == 'rician_noise'
    picker.set_pictures('rician_noise', ())
    assert picker.wanted() == 'bias_field', 'no pictures are an answer too'
    picker.forget_pictures()
    assert picker.wanted() == 'gaussian_noise'


def test_seventy_five_choices_are_painted(qtbot, palette):
    picker = Picker('Things', palette=palette)
    qtbot.addWidget(picker)
    many = [Choice(f'k{n}', f'Thing {n}', 'words ' * 20, 'all', f'group {n // 9}') for n in range(75)]
    picker.set_choices(many)
    picker.open_at(QPoint(0, 0))
    assert not picker.grab().isNull()
    in_view = sum(
        picker.view.visualRect(picker.model.index(row)).intersects(picker.view.viewport().rect())
        for row in range(picker.model.rowCount())
    )
    assert in_view < 20


def test_it_is_named(picker):
    for part in (picker, picker.search, picker.view):
        assert part.accessibleName()
