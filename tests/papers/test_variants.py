"""Trainings that differ in one thing alone, their losses, and tests that are scored against the reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from monai.losses import DiceLoss

from napari_segrobust.papers import matrix_page
from napari_segrobust.papers.matrix_experiment import MatrixPlan, training_of
from napari_segrobust.papers.training import loss_of
from napari_segrobust.papers.variants import COUNT, TESTS, VARIANTS, batches, exam, labels_of

PLAN = MatrixPlan(seeds=(1, 2))


def first(key, seed=1):
    return next(batches(VARIANTS[key], 3, seed, 4, 64))


def test_every_training_sees_the_same_parts():
    clean = first('clean')
    for key in ('labels', 'entropy', 'dice', 'semimetric'):
        np.testing.assert_array_equal(first(key)[0], clean[0])
    for key in ('noise', 'contrast', 'entropy', 'dice'):
        np.testing.assert_array_equal(first(key)[1], clean[1])
    for key in ('noise', 'contrast'):
        assert not np.array_equal(first(key)[0], clean[0])
    for key in ('labels', 'semimetric'):
        assert not np.array_equal(first(key)[1], clean[1])
    assert not np.array_equal(first('clean', 2)[0], clean[0])


@pytest.mark.parametrize('key', VARIANTS)
def test_examples_are_scaled_and_fit(key):
    images, labels = first(key)
    assert images.shape == labels.shape == (4, 1, 64, 64)
    assert images.dtype == labels.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 1
    assert labels.min() >= 0
    assert labels.max() <= 1


def test_soft_labels_are_the_mean_of_raters():
    hard, one, soft = (labels_of(kind, 1) for kind in ('reference', 'one rater', 'mean of raters'))
    assert set(np.unique(hard)) == set(np.unique(one)) == {0, 1}
    assert set(np.round(np.unique(soft) * COUNT, 5)) == set(range(COUNT + 1))
    assert 0.8 < 2 * (hard * one).sum() / (hard.sum() + one.sum()) < 1


@pytest.mark.parametrize('key', TESTS)
def test_every_test_keeps_the_reference(key):
    for (changed, mask), (clean, reference) in zip(exam(key, 2), exam('clean', 2), strict=True):
        np.testing.assert_array_equal(mask, reference)
        assert changed.shape == clean.shape
        assert np.array_equal(changed, clean) == (key == 'clean')


def test_gamma_and_inversion_are_what_they_say():
    clean = exam('clean', 1)[0][0]
    np.testing.assert_allclose(exam('dark', 1)[0][0], clean**2.5, atol=1e-5)
    np.testing.assert_array_equal(exam('inverted', 1)[0][0], 1 - clean)


def test_recipes_differ_and_say_what_they_depend_on():
    prints = {training_of(PLAN, key, seed).fingerprint for key in VARIANTS for seed in PLAN.seeds}
    assert len(prints) == len(VARIANTS) * len(PLAN.seeds)
    assert training_of(PLAN, 'semimetric', 1).task['raters'] == COUNT


LOGITS, HARD = torch.randn(3, 1, 9, 9), (torch.rand(3, 1, 9, 9) > 0.5).float()


def test_on_hard_labels_the_semimetric_is_soft_dice():
    ours = loss_of('dice_semimetric')(LOGITS, HARD)
    theirs = DiceLoss(sigmoid=True, smooth_nr=0, smooth_dr=0)(LOGITS, HARD)
    torch.testing.assert_close(ours, theirs)


@given(seed=st.integers(0, 999))
def test_on_soft_labels_the_semimetric_is_least_where_they_are_met(seed):
    rng = np.random.default_rng(seed)
    soft = torch.tensor(rng.uniform(0.05, 0.95, (1, 1, 6, 6)), dtype=torch.float64)
    met = soft.logit()
    other = met + torch.tensor(rng.normal(0, 1, soft.shape))
    semimetric, dice = loss_of('dice_semimetric'), loss_of('dice_sigmoid')
    assert semimetric(met, soft) == pytest.approx(0, abs=1e-9)
    assert semimetric(other, soft) > semimetric(met, soft)
    assert dice(met, soft) > 0.01, 'soft Dice blames a prediction that equals the soft label'


def test_empty_labels_and_answers_are_no_division_by_zero():
    nothing = torch.full((1, 1, 4, 4), -200.0)
    assert torch.isfinite(loss_of('dice_semimetric')(nothing, torch.zeros_like(nothing)))


def test_the_sum_of_losses_is_their_sum():
    both = loss_of('dice_cross_entropy')(LOGITS, HARD)
    torch.testing.assert_close(both, loss_of('dice_sigmoid')(LOGITS, HARD) + loss_of('cross_entropy')(LOGITS, HARD))
    expected = torch.nn.functional.binary_cross_entropy(LOGITS.sigmoid(), HARD)
    torch.testing.assert_close(loss_of('cross_entropy')(LOGITS, HARD.to(torch.uint8)), expected)


def rows(dice_of):
    return [
        {'trained': key, 'tested': test, 'seed': seed, 'case': case, 'dice': dice_of(key, test, seed),
         'volume_difference': 0.1, 'calibration_error': 0.05}
        for key in PLAN.variants for test in PLAN.tests for seed in PLAN.seeds for case in range(2)
    ]  # fmt: skip


def test_better_and_worse_are_what_every_seed_says():
    def dice(key, test, seed):
        changed = {('noise', 'harder'): 0.3, ('contrast', 'clean'): -0.2, ('dice', 'blur'): 0.2 if seed == 1 else -0.2}
        return 0.6 + changed.get((key, test), 0.0)

    found = matrix_page.cells(rows(dice), 'dice')
    better, worse = (matrix_page.differences(PLAN, found, sign) for sign in (1, -1))
    assert better == [('texture noise', 'speckle 0.1', '+0.300 (+0.300 to +0.300)')]
    assert worse == [('wide contrast', 'clean', '-0.200 (-0.200 to -0.200)')]


def test_the_figure_marks_the_best_of_each_column():
    table = rows(lambda key, test, seed: 0.9 if (key, test) == ('noise', 'harder') else 0.25)
    sheet = matrix_page.figure(PLAN, {name: matrix_page.cells(table, name) for name in matrix_page.QUANTITIES})
    assert {variant.title for variant in VARIANTS.values()} <= set(sheet.texts())
    bold = [part.words for part in sheet.parts if getattr(part, 'bold', False) and part.words == '0.90']
    assert bold == ['0.90']
