"""A model among raters: leave-one-out, Williams' index, soft labels, and no verdict from one case."""

from __future__ import annotations

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.compare.surfaces import Surface
from napari_segrobust.review.drawn import Drawn
from napari_segrobust.review.soft import reliability, soft_calibration


def dice(one, other):
    return 2 * np.count_nonzero((one > 0) & (other > 0)) / (np.count_nonzero(one) + np.count_nonzero(other))


def test_raters_and_model_meet_the_same_consensuses(ball):
    masks = np.stack([ball(5), ball(6), ball(7, (12, 12, 13)), ball(5.5, (13, 12, 12))])
    model = ball(6.2, (12, 13, 12))
    top = sr.agree(masks, model=model, spacing=(2, 1, 1)).ceiling
    for j in range(4):
        others = np.delete(masks, j, axis=0)
        majority = (2 * others.sum(axis=0) > 3).astype(np.uint8)
        expected = sr.compare(majority, masks[j], spacing=(2, 1, 1), labels=[1]).metrics[1]
        against = sr.compare(majority, model, spacing=(2, 1, 1), labels=[1]).metrics[1]
        for key in ('dice', 'nsd', 'hd95'):
            assert top.raters[key][j] == pytest.approx(expected[key].value)
            assert top.model[key][j] == pytest.approx(against[key].value)
    assert top.range('dice') == (min(top.raters['dice']), max(top.raters['dice']))


def test_ties_of_the_others_are_counted(disc):
    masks = np.stack([disc(5), disc(6), disc(7), disc(6.5, (21, 20)), disc(5.5)])
    top = sr.agree(masks).ceiling
    others = masks[1:].sum(axis=0)
    assert top.ties[0] == np.count_nonzero(others == 2)


@pytest.mark.parametrize(
    ('radius', 'centre', 'place', 'words'),
    [
        (6, (20, 20), 'better than all', 'better than each of these 3 raters, which is not outside their range'),
        (6.5, (20.6, 20.6), 'within', 'within the range these 3 raters showed'),
        (5, (25, 25), 'worse than all', 'worse than each of these 3 raters; one case gives no verdict'),
    ],
)
def test_where_the_model_lies_in_words(disc, radius, centre, place, words):
    masks = np.stack([disc(5.5, (19, 20)), disc(6, (20, 20.6)), disc(6.5, (21, 20))])
    record = sr.agree(masks, model=disc(radius, centre)).to_dict()
    assert record['ceiling']['dice']['place'] == place
    assert record['model']['words']['dice'] == words
    assert record['model']['verdict'] is None
    # A distance is better when it is smaller.
    assert record['ceiling']['hd95']['place'] == place


def test_two_raters_have_no_ceiling(disc):
    record = sr.agree(np.stack([disc(5), disc(6)]), model=disc(5.5)).to_dict()
    assert record['ceiling'] is None
    assert record['undefined']['ceiling']['reason'] == 'it needs three or more raters'
    assert record['model']['words'] is None
    assert record['williams']['raters'] == [None, None]
    scores = [dice(disc(5.5), disc(5)), dice(disc(5.5), disc(6))]
    assert record['williams']['model'] == pytest.approx(np.mean(scores) / dice(disc(5), disc(6)))
    assert record['difficulty']['case']['model_score'] == pytest.approx(np.mean(scores))


def test_williams_by_hand(disc):
    masks = [disc(5), disc(6), disc(7)]
    d01, d02, d12 = (dice(masks[i], masks[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    model = disc(6, (21, 20))
    found = sr.agree(np.stack(masks), model=model).williams
    assert found.raters == pytest.approx(((d01 + d02) / 2 / d12, (d01 + d12) / 2 / d02, (d02 + d12) / 2 / d01))
    own = np.mean([dice(model, mask) for mask in masks])
    assert found.model == pytest.approx(own / np.mean([d01, d02, d12]))


def test_two_empty_masks_agree_fully_in_the_index(disc):
    empty = np.zeros((40, 40), np.uint8)
    found = sr.agree({'A': empty, 'B': empty.copy(), 'C': disc(5)}, model=empty.copy()).williams
    # A with B 1, with C 0; B with C 0. Others of C agree fully, and C with neither.
    assert found.raters == (None, None, 0)
    assert found.model == pytest.approx((2 / 3) / (1 / 3))


def test_the_model_has_a_row_of_its_own_and_no_vote(disc):
    masks = np.stack([disc(5), disc(6), disc(7)])
    with_model, without = (sr.agree(masks, model=m).to_dict() for m in (disc(12), None))
    assert with_model['pairwise'] == without['pairwise']
    assert with_model['majority_voxels'] == without['majority_voxels']
    assert with_model['staple'] == without['staple']
    assert with_model['model']['pairwise']['dice'] == [pytest.approx(dice(disc(12), mask)) for mask in masks]
    assert with_model['model']['pairwise']['volume_difference_ml'][0] == disc(12).sum() - disc(5).sum()
    assert without['model'] is None


def test_soft_numbers_by_hand():
    masks = np.zeros((2, 1, 4), np.uint8)
    masks[0, 0, :2] = masks[1, 0, 1:3] = 1  # soft label 0.5, 1, 0.5, 0
    probability = np.array([[0.5, 1.0, 0.25, 0.25]])
    record = sr.agree(masks, probability=probability, spacing=(1, 2)).to_dict()['soft']
    assert record['expected_volume'] == pytest.approx(2 * 2.0)
    assert record['unit'] == 'mm^2'
    model = record['model']
    # |x| = |y| = 2, |x - y| = 0.5.
    assert model['dice_semimetric'] == pytest.approx((4 - 0.5) / 4)
    assert model['soft_dice'] == pytest.approx(2 * (0.25 + 1 + 0.125) / 4)
    assert model['expected_volume'] == pytest.approx(4)
    assert model['volume_bias'] == pytest.approx(0)
    # Bins of 0.2-0.3 (0.25 twice, labels 0.5 and 0), 0.4-0.5 and 0.9-1: all right on average.
    assert model['ece']['full'] == pytest.approx(0)
    # Leave-one-out: the first against the second alone.
    assert record['raters']['dice_semimetric'] == [pytest.approx(0.5)] * 2


def test_calibration_against_a_soft_label():
    soft = np.array([0.6, 0.6, 0.2, 0.0])
    assert soft_calibration(soft, soft) == 0
    # A model that is certain where three of five are in is off by 0.4 there.
    assert soft_calibration(np.array([1.0, 1.0, 0.0, 0.0]), soft) == pytest.approx((0.4 * 2 + 0.2) / 4)
    assert soft_calibration(np.zeros(0), np.zeros(0)) is None
    assert soft_calibration(soft, np.zeros(4), np.array([1, 0, 0, 1], bool)) == pytest.approx(0.3)
    # With a hard label it is the ECE of compare.
    rng = np.random.default_rng(0)
    p, mask = rng.random((12, 12)), rng.integers(0, 2, (12, 12))
    ece = sr.compare(mask, mask, labels=[1], probability=p, metrics=['ece']).metrics[1]['ece'].value
    assert soft_calibration(p, mask.astype(float)) == pytest.approx(ece)


def test_a_model_of_probabilities_alone_has_a_mask(disc):
    masks = np.stack([disc(5), disc(6), disc(7)])
    p = np.where(disc(6.5) > 0, 0.9, 0.5)
    record = sr.agree(masks, probability=p).to_dict()
    assert record['model']['pairwise'] == sr.agree(masks, model=disc(6.5)).to_dict()['model']['pairwise']


def test_references_are_made_once_and_give_the_same_numbers_to_everybody(ball):
    masks = {
        name: ball(r, c) for name, r, c in (('A', 5, (12, 12, 12)), ('B', 6, (12, 13, 12)), ('C', 7, (12, 12, 12)))
    }
    agreement = sr.agree(masks, model=ball(6), spacing=(2, 1, 1))
    references = agreement.references
    assert references is agreement.references
    for key, values in references.measure(Drawn('model', ball(6) > 0)).items():
        assert values == agreement.ceiling.model[key]
    assert references.mean(Drawn('model', ball(6) > 0))['dice'] == pytest.approx(agreement.ceiling.model_mean('dice'))
    # Somebody who is a rater is held against the others alone, under noise as without.
    assert references.mean(Drawn('B', masks['B'] > 0)) == {key: v[1] for key, v in agreement.ceiling.raters.items()}


def test_a_surface_of_a_reference_is_never_made_twice(ball, monkeypatch):
    references = sr.agree([ball(5), ball(6), ball(7)]).references
    assert references.raters
    made = []
    of = Surface.of
    monkeypatch.setattr(Surface, 'of', lambda *given, **more: made.append(1) or of(*given, **more))
    references.measure(Drawn('model', ball(6.5) > 0))
    assert len(made) == 1


def test_simulated_raters_are_named_so_in_words(disc):
    masks = {f'simulated rater {n}': disc(5 + n) for n in range(3)}
    assert (
        sr.agree(masks, model=disc(6)).ceiling.words('dice').startswith('better than each of these 3 simulated raters')
    )


def test_bins_of_what_the_model_says():
    found = reliability(np.array([0.0, 0.05, 0.95]), np.array([0.0, 0.5, 1.0]), bins=2)
    np.testing.assert_array_equal(found.counts, [2, 1])
    np.testing.assert_allclose(found.said, [0.05, 0.95])
    np.testing.assert_allclose(found.agreed, [0.5, 1.0])
