"""Energy distance and matched IoU on sets whose distances are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

import napari_segrobust as sr
from napari_segrobust.errors import ReviewError
from napari_segrobust.review.distribution import distribution
from napari_segrobust.review.drawn import Drawn


def drawn(masks):
    return [Drawn(str(i), np.asarray(mask, bool)) for i, mask in enumerate(masks)]


def test_by_hand():
    # IoU of a and b 1/3, of a and c 0, of b and c 1/3.
    a, b, c = np.eye(3, 4, dtype=bool)[:, None]
    a, b, c = a | np.roll(a, 1, 1), b | np.roll(b, 1, 1), c | np.roll(c, 1, 1)
    found = distribution(drawn([b]), drawn([a, c]))
    cross = 2 / 3
    assert found.ged_v == pytest.approx(2 * cross - 0 - (1 + 1) / 4)
    assert found.ged_u == pytest.approx(2 * cross - 0 - 1)
    assert found.matched_iou == pytest.approx(1 / 3)
    two = distribution(drawn([a, b]), drawn([b, a]))
    assert two.ged_v == pytest.approx(0)
    assert two.ged_u == pytest.approx(2 * (2 / 3) / 2 - 2 / 3 - 2 / 3)
    assert two.matched_iou == 1


@given(arrays(np.bool_, (3, 2, 4)))
def test_equal_sets_are_at_distance_0_and_u_is_below(masks):
    found = distribution(drawn(masks), drawn(masks[::-1]))
    assert found.ged_v == pytest.approx(0, abs=1e-12)
    assert found.ged_u <= 1e-12
    assert found.matched_iou == pytest.approx(1)


@given(arrays(np.bool_, (2, 2, 4)), arrays(np.bool_, (3, 2, 4)))
def test_v_is_never_negative(samples, raters):
    assert distribution(drawn(samples), drawn(raters)).ged_v >= -1e-12


def test_two_empty_masks_are_alike_and_a_set_of_one_has_no_u():
    empty = np.zeros((2, 2), bool)
    assert distribution(drawn([empty]), drawn([empty])).ged_v == 0
    assert distribution(drawn([empty]), drawn([empty])).ged_u is None


def test_matching_repeats_the_smaller_set(disc):
    masks = [disc(r) for r in (5, 6, 7)]
    found = distribution(drawn([masks[0], masks[1]]), drawn(masks))

    # Six pairs: each sample serves its own twice, and both serve the largest once.
    def iou(i, j):
        return (masks[i] & masks[j]).sum() / (masks[i] | masks[j]).sum()

    assert found.matched_iou == pytest.approx((2 * iou(0, 0) + iou(0, 2) + 2 * iou(1, 1) + iou(1, 2)) / 6)
    with pytest.raises(ReviewError, match='common multiple'):
        distribution(drawn([empty := np.zeros((2, 2))] * 43), drawn([empty] * 47))
    with pytest.raises(ReviewError, match='one of them is empty'):
        distribution([], drawn(masks))


def test_agree_takes_the_model_as_its_only_sample(disc):
    masks = np.stack([disc(5), disc(6), disc(7)])
    one = sr.agree(masks, model=disc(6.5)).to_dict()['ged']
    assert one['samples'] == 1
    assert one == sr.agree(masks, samples=[disc(6.5)]).to_dict()['ged']
    assert sr.agree(masks).to_dict()['ged'] == {'v': None, 'u': None}
