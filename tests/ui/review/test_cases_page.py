"""Several cases in a real window: measured one after the other, listed, and opened."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segrobust.cases import save_image
from napari_segrobust.review import agree_cases
from napari_segrobust.review.table import read_table

CASES = 6


@pytest.fixture
def table(tmp_path, raters_case):
    """Six cases of three raters and one with volumes alone; the model fails on the first, the last was read again."""
    ball = raters_case.references['anna']
    rows = ['case,rater,path,volume_ml,session']
    for number in range(CASES):
        mask = np.roll(ball, number % 3, axis=2)
        masks = {
            'anna': mask,
            'ben': np.roll(mask, 1, axis=1),
            'carla': np.maximum(mask, np.roll(mask, 1 + number % 2, axis=0)),
            'model': np.roll(mask, 6 if number == 0 else 1, axis=1),
        }
        if number == CASES - 1:
            masks['anna again'] = np.roll(mask, 1, axis=2)
        for name, one in masks.items():
            file = f'{number} {name}.nii.gz'
            save_image(tmp_path / file, one, raters_case.geometry)
            rows.append(f'case {number},{name},{file},,{"anna" if name == "anna again" else ""}')
        rows.append(f'case {number},dora,,{1 + number / 10},')
    path = tmp_path / 'table.csv'
    path.write_text('\n'.join([*rows, '']), encoding='utf-8')
    return path


@pytest.fixture
def page(review_panel):
    return review_panel.show_page('Cases')


@pytest.fixture
def measured(qtbot, page, table):
    page.open_table(table)
    qtbot.waitUntil(lambda: not page.run.is_running, timeout=60_000)
    return page


def shown(table, column):
    model = table.model()
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def test_one_case_says_why_there_is_nothing(page):
    assert page.said.text().startswith('ICC, Bland-Altman and intervals need several cases')
    assert page._body.isHidden()


def test_progress_is_said_and_the_numbers_are_those_of_python(qtbot, page, table):
    seen = []
    page.run.changed.connect(lambda: seen.append(page.run.words))
    page.open_table(table)
    assert page.cancel.isVisible()
    qtbot.waitUntil(lambda: not page.run.is_running, timeout=60_000)
    assert [f'{n} of {CASES} cases, now case {n}' in seen for n in range(CASES)] == [True] * CASES
    how = page.run.how
    cases = {
        case.name: case.agree(case.load(), label=how.label, tolerance_mm=how.tolerance_mm, margin=how.margin)
        for case in read_table(table)
    }
    assert page.run.result.to_dict() == agree_cases(cases).to_dict()
    assert not page.cancel.isVisible()
    assert page._body.isVisible()
    assert page.said.text().startswith('table.csv: 6 cases, 4 raters')


def test_the_case_on_which_the_model_fails_comes_first(qtbot, measured):
    assert shown(measured.cases, 0)[0] == '1 !'
    assert shown(measured.cases, 1)[0] == 'case 0'
    assert 'corner' not in measured.scatter.accessibleDescription()
    with qtbot.waitSignal(measured.scatter.clicked) as clicked:
        place = measured.scatter.position(0).toPoint()
        qtbot.mouseClick(measured.scatter, Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [0]
    assert [index.row() for index in measured.cases.selectionModel().selectedRows()] == [0]
    assert measured.volumes._selected == 0


def test_other_measures_and_pairs_are_drawn(measured):
    measured.measure.setCurrentText('disputed')
    assert measured.scatter._dots.x_title.startswith('disputed (')
    measured.pair.setCurrentIndex(1)
    pair = measured.run.result.bland_altman[1]
    assert measured.volumes._dots.levels[0].value == pair.bias
    assert pair.pair[1] in measured.volumes._dots.y_title
    assert 'case 2' in measured._say_volumes(2)
    assert 'model' in measured._say_difficulty(2)


def test_a_double_click_opens_the_case_with_its_raters(qtbot, measured):
    review, session = measured.review, measured.session
    row = shown(measured.cases, 1).index(f'case {CASES - 1}')
    measured.cases.scrollTo(measured.cases.model().index(row, 1))
    place = measured.cases.visualRect(measured.cases.model().index(row, 1)).center()
    qtbot.mouseClick(measured.cases.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(measured.cases.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: session.case.name == f'case {CASES - 1}', timeout=30_000)
    assert session.case.raters == ('anna', 'ben', 'carla', 'anna again')
    assert list(session.case.predictions) == ['model']
    assert review.settings.sessions == {'anna again': 'anna'}
    assert review.settings.volumes_ml == {'dora': 1 + (CASES - 1) / 10}
    qtbot.waitUntil(lambda: review.agreement is not None, timeout=30_000)
    assert review.agreement.votes.names == ('anna', 'ben', 'carla')
    assert measured.run.result is not None, 'the table stays'


def test_a_run_is_given_up(qtbot, page, table):
    page.open_table(table)
    qtbot.waitUntil(lambda: bool(page.run.found), timeout=60_000)
    if page.run.is_running:
        qtbot.mouseClick(page.cancel, Qt.MouseButton.LeftButton)
        assert page.said.text() == 'table.csv: cancelled'
        assert page.run.result is None
    page.open_table(table)
    qtbot.waitUntil(lambda: not page.run.is_running, timeout=60_000)
    assert len(page.run.found) == CASES


def test_a_case_that_is_refused_is_named_and_left_out(qtbot, page, table):
    lines = table.read_text(encoding='utf-8').splitlines()
    table.write_text('\n'.join([*lines, 'twin,anna,0 anna.nii.gz,,', 'twin,ben,0 anna.nii.gz,,', '']), encoding='utf-8')
    page.open_table(table)
    qtbot.waitUntil(lambda: not page.run.is_running, timeout=60_000)
    assert list(page.run.refused) == ['twin']
    assert '6 cases, 1 refused' in page.said.text()
    assert 'twin: ' in page.said.toolTip()


def test_a_table_that_cannot_be_read_says_so(qtbot, page, tmp_path):
    page.open_table(tmp_path / 'none.csv')
    qtbot.waitUntil(lambda: not page.run.is_running, timeout=30_000)
    assert 'none.csv cannot be used' in page.said.text()
    assert page._body.isHidden()


def test_other_settings_offer_another_run(qtbot, measured):
    assert not measured.again.isVisible()
    measured.session.state.tolerance_mm = 3.5
    qtbot.waitUntil(lambda: measured.again.isVisible())
    qtbot.mouseClick(measured.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not measured.run.is_running, timeout=60_000)
    assert measured.run.how.tolerance_mm == 3.5
    assert not measured.again.isVisible()


def test_the_model_is_hidden_while_people_are_blinded(measured):
    columns = len(measured.cases.model().columns)
    measured.review.blind({'anna': 'C', 'ben': 'A', 'carla': 'B', 'dora': 'D'})
    assert len(measured.cases.model().columns) == columns - 1
    assert measured.scatter.accessibleDescription() == 'Hidden until the adjudication closes.'
    assert 'model' not in measured.said.text()
    assert 'anna' not in measured.pair.currentText()
    measured.review.blind(None)
    assert len(measured.cases.model().columns) == columns


def test_a_run_ends_with_its_case_list_not_with_the_case(qtbot, measured, raters_case):
    measured.explorer.open_case(replace(raters_case, name='other'))
    assert len(measured.run.found) == CASES
