"""What leaves a review by hand: files that hold what is seen, and no more than may be told."""

from __future__ import annotations

import csv

import nibabel
import numpy as np
import pytest

from napari_segrobust.review.adjudication import Adjudication


@pytest.fixture
def export(review_panel):
    return review_panel.export


@pytest.fixture
def saved(export, tmp_path, qtbot):
    """``saved(kind, name)``: write, and wait for the file."""

    def save(kind, name):
        path = tmp_path / name
        assert export.save(kind, path)
        qtbot.waitUntil(path.exists, timeout=30_000)
        return path

    return save


def test_the_report_holds_raters_and_model(saved, reviewed):
    text = saved('report', 'page.html').read_text(encoding='utf-8')
    assert 'Agreement of 4 raters: object' in text
    assert 'Model (threshold): mean Dice' in text
    assert 'anna' in text
    assert reviewed.review.case.key in text


def test_the_tables_parse(saved, reviewed):
    with saved('agreement', 'a.csv').open(newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    dice = {(r['first'], r['second']): float(r['value']) for r in rows if r['quantity'] == 'dice'}
    matrix = reviewed.review.agreement.pairwise.matrices['dice']
    assert dice['anna', 'ben'] == pytest.approx(matrix[0][1].value, rel=1e-5)
    with saved('disputes', 'd.csv').open(newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(reviewed.review.agreement.disputes.items) + 1


def test_the_mask_is_there_when_somebody_adjudicates(export, saved, reviewed, tmp_path):
    review = reviewed.review
    export.sync()
    action = export.actions_of_kinds['mask']
    assert not action.isEnabled()
    assert action.text() == 'Final mask: nothing is adjudicated'
    assert not export.save('mask', tmp_path / 'none.nii.gz')
    adjudication = Adjudication.open(tmp_path / 'log.jsonl', review.agreement, adjudicator='zoe', seed=1)
    review.adjudicate(adjudication)
    adjudication.decide(adjudication.items[0].id, 'rater', rater='anna')
    export.sync()
    assert action.isEnabled()
    stored = np.asarray(nibabel.load(saved('mask', 'final.nii.gz')).dataobj)
    np.testing.assert_array_equal(review.case.geometry.order.apply(stored), adjudication.final_map())
    text = saved('report', 'open.html').read_text(encoding='utf-8')
    assert not [name for name in (*review.names, 'threshold') if name in text]
    assert 'still open: 1 of' in text


def test_a_blinded_trial_lets_nothing_out(export, reviewed, tmp_path):
    reviewed.review.blind({})
    for kind in export.actions_of_kinds:
        assert export.why_not(kind) == 'a blinded trial is open'
        assert not export.save(kind, tmp_path / 'x')
    reviewed.review.blind(None)
    assert export.why_not('report') == ''


def test_what_cannot_be_written_is_said(export, tmp_path, qtbot, monkeypatch):
    said = []
    monkeypatch.setattr('napari_segrobust.ui.review.exports.show_warning', said.append)
    assert export.save('report', tmp_path / 'nowhere' / 'page.html')
    qtbot.waitUntil(lambda: bool(said), timeout=30_000)
    assert 'cannot be saved' in said[0]
