"""With and without remedies: headless, in the live loop, in the table and on the curve."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.compare import MetricValue
from napari_segrobust.explore.curves import WITHOUT
from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.remedies import has_remedy, judge_remedies, shares, without_remedies, won_back
from napari_segrobust.run_file import CaseRecord, write_run
from napari_segrobust.scenario import Scenario

NOISE = Perturbation(name='gaussian_noise', severity=4, seed=7)
REMEDY = Perturbation(name='denoise_gaussian', severity=5)


def value(number, unit=None):
    return MetricValue(number, unit)


@pytest.mark.parametrize(
    ('key', 'now', 'bare', 'clean', 'share'),
    [
        ('dice', 0.8, 0.6, 1.0, 0.5),
        ('dice', 0.6, 0.6, 1.0, 0.0),
        ('dice', 0.5, 0.6, 0.8, -0.5),
        ('dice', 1.0, 0.6, 0.9, 4 / 3),
        ('hd95', 4.0, 10.0, 2.0, 0.75),
        ('volume_difference_ml', -1.0, 4.0, 0.0, 0.75),
        ('volume_difference_ml', 1.0, -4.0, 1.0, 1.0),
    ],
)
def test_share_won_back_by_hand(key, now, bare, clean, share):
    assert won_back(key, value(now), value(bare), value(clean)).value == pytest.approx(share)


@pytest.mark.parametrize(
    ('key', 'values', 'reason'),
    [
        ('dice', (0.9, 0.9, 0.9), 'nothing was lost'),
        ('dice', (0.9, 0.95, 0.9), 'nothing was lost'),
        ('hd95', (3.0, 2.0, 2.0), 'nothing was lost'),
        ('hd95', (3.0, None, 2.0), 'undefined without remedies'),
        ('hd95', (None, 3.0, 2.0), 'undefined with remedies'),
        ('hd95', (3.0, 2.0, None), 'undefined on the clean image'),
        ('tp', (3, 2, 4), 'neither direction of this metric is better'),
    ],
)
def test_share_is_undefined_and_says_why(key, values, reason):
    found = won_back(key, *(value(number) for number in values))
    assert (found.value, found.status, found.reason) == (None, 'not_applicable', reason)


def test_shares_are_of_metrics_that_all_three_have():
    one, two = {'dice': value(0.8), 'hd95': value(1.0)}, {'dice': value(0.6)}
    assert list(shares(one, two, {'dice': value(1.0), 'nsd': value(1.0)})) == ['dice']


def test_which_entries_are_remedies():
    off = REMEDY.model_copy(update={'enabled': False})
    assert has_remedy([NOISE, REMEDY])
    assert not has_remedy([NOISE, off, REMEDY.model_copy(update={'severity': 0.0})])
    assert without_remedies([REMEDY, NOISE, off]) == (NOISE,)


def test_headless_run_is_judged_without_and_clean(ball_case, make_model, tmp_path):
    model, stack = make_model(), (REMEDY, NOISE)
    metrics = ('dice', 'volume_difference_ml')
    result = pipeline.run(ball_case, model, Scenario(perturbations=stack), metrics=metrics)
    remedied = judge_remedies(result)
    bare = pipeline.run(ball_case, model, Scenario(perturbations=(NOISE,)), metrics=metrics)
    clean = pipeline.run(ball_case, model, metrics=metrics)
    assert remedied.without.to_dict() == bare.comparison.to_dict()
    assert remedied.clean.to_dict() == clean.comparison.to_dict()
    dice = [found.metrics[1]['dice'].value for found in (result.comparison, remedied.without, remedied.clean)]
    assert dice[1] < dice[0] < dice[2]
    share = (dice[0] - dice[1]) / (dice[2] - dice[1])
    assert remedied.won_back[1]['dice'].value == pytest.approx(share)
    assert judge_remedies(bare) is None
    write_run(result, CaseRecord(sample='ball'), tmp_path, remedied=remedied)
    written = json.loads((tmp_path / 'metrics.json').read_text(encoding='utf-8'))
    assert written['won_back']['1']['dice']['value'] == pytest.approx(share)
    assert written['without_remedies']['labels']['1']['dice']['value'] == pytest.approx(dice[1])


def test_nothing_more_is_run_without_a_remedy(session):
    session.state.stack = (NOISE, REMEDY.model_copy(update={'enabled': False}))
    assert session.wait()
    assert session.volume.request.lanes[0].without is None
    assert len(session.volume.request.lanes[0].walks) == 2
    calls = session.models['threshold'].calls
    session.state.stack = (NOISE.model_copy(update={'seed': 8}),)
    assert session.wait()
    assert session.models['threshold'].calls == calls * 3 // 2  # clean once, noise twice
    for update in (session.plane, session.volume):
        assert update.lanes[0].without is None
    assert all(row.without is None and row.won_back is None for row in session.table()[0])


@pytest.mark.parametrize('scope', ['slice', 'volume'])
def test_live_lane_is_also_judged_without_its_remedies(session, ball_case, scope):
    session.state.scope = scope
    session.state.stack = (REMEDY, NOISE)
    assert session.wait()
    walk = session.volume.request.lanes[0].without
    assert walk.stack == (NOISE,)
    headless = pipeline.run(ball_case, walk.model, walk.scenario, metrics=session.volume.request.metrics)
    assert session.volume.lanes[0].without.to_dict() == headless.comparison.to_dict()
    rows, pending = session.table()
    assert not pending
    row = next(row for row in rows if row.key == 'dice')
    assert row.without.value < row.now.value < row.baseline.value
    expected = (row.now.value - row.without.value) / (row.baseline.value - row.without.value)
    assert row.won_back.value == pytest.approx(expected)
    stability = next(row for row in rows if row.key == 'stability_dice')
    assert stability.won_back is None


def test_another_strength_runs_nothing_without_remedies_again(session, monkeypatch):
    session.state.stack = (NOISE, REMEDY)
    assert session.wait()
    model = session.models['threshold']
    calls, before = model.calls, session.volume.lanes[0].without
    session.state.set_perturbation(1, severity=3.0)
    assert session.wait()
    assert session.volume.lanes[0].without is before
    assert model.calls - calls == calls // 3  # of clean, with and without, only with


def test_a_remedy_alone_is_held_against_the_clean_run(session):
    session.state.stack = (REMEDY,)
    assert session.wait()
    view = session.volume.lanes[0]
    assert view.without is view.baseline_accuracy
    assert next(row for row in session.table()[0] if row.key == 'dice').won_back.reason == 'nothing was lost'


def test_with_another_baseline_no_share_is_claimed(session):
    session.state.stack = (NOISE, REMEDY)
    session.pin()
    assert session.wait()
    row = next(row for row in session.table()[0] if row.key == 'dice')
    assert isinstance(row.without.value, float)
    assert row.won_back.reason == 'the baseline is A, not the clean image'


def test_second_curve_is_without_remedies(session):
    session.state.stack = (NOISE, REMEDY)
    for severity in (1.0, 3.0, 5.0):
        session.state.set_perturbation(0, severity=severity)
        assert session.wait()
    curve = session.curves.identify(session.volume.request, 0, 'volume', 1)
    remedied, bare = (session.curves.points(curve, key) for key in ('dice', f'{WITHOUT}dice'))
    assert [severity for severity, _ in bare] == [1.0, 3.0, 5.0] == [severity for severity, _ in remedied]
    assert bare[-1][1] < remedied[-1][1]
    session.state.stack = (NOISE,)
    assert session.wait()
    alone = session.curves.identify(session.volume.request, 0, 'volume', 1)
    assert session.curves.points(alone, f'{WITHOUT}dice') == []


def test_nothing_acts_on_a_mask_that_was_given(session):
    session.state.stack = (NOISE, REMEDY)
    session.state.lanes = (Lane(source='shifted', given=True), Lane(source='threshold'))
    assert session.wait()
    given, lane = session.volume.lanes
    assert given.without is None
    assert lane.without is not None


def test_the_shown_image_is_the_remedied_one(session, ball_case):
    session.state.stack = (NOISE, REMEDY)
    assert session.wait()
    noisy = pipeline.run(ball_case, None, Scenario(), given='shifted').image
    change = [float(np.abs(image - ball_case.image).mean()) for image in (session.volume.image, noisy)]
    assert change[0] > change[1] == 0
