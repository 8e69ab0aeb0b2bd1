"""Which case and which slice are hard: by hand, and for people against a model."""

from __future__ import annotations

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.review.difficulty import case_difficulty, hardest_first, slice_difficulties, variation


def test_slices_are_those_of_agree_on_each(ball, votes):
    masks = [ball(5), ball(6, (12, 13, 12)), ball(4, (13, 12, 11))]
    found = slice_difficulties(votes(masks, spacing=(3.0, 1.0, 1.0)))
    drawn = np.flatnonzero(np.any(masks, axis=(0, 2, 3)))
    assert [item.index for item in found] == drawn.tolist()
    for item in found:
        planes = [mask[item.index] for mask in masks]
        values = [
            sr.compare(planes[i], planes[j], labels=[1], metrics=['dice']).metrics[1]['dice'].value
            for i, j in ((0, 1), (0, 2), (1, 2))
        ]
        defined = [value for value in values if value is not None]
        assert item.mean_dice == (pytest.approx(np.mean(defined)) if defined else None)
        inside = np.sum(planes, axis=0)
        assert item.disputed == pytest.approx(np.count_nonzero((inside > 0) & (inside < 3)) * 0.003)
        sizes = [plane.sum() for plane in planes]
        assert item.volume_cv == pytest.approx(np.std(sizes, ddof=1) / np.mean(sizes))


def test_a_rater_who_did_not_look_at_a_slice_says_nothing_of_it(ball, votes):
    looked = np.ones((24, 24, 24), bool)
    looked[:12] = False
    made = votes([ball(5), ball(6), ball(7)], [None, None, looked])
    early = next(item for item in slice_difficulties(made) if item.index == 10)
    pair = sr.compare(ball(5)[10], ball(6)[10], labels=[1], metrics=['dice']).metrics[1]['dice'].value
    assert early.mean_dice == pytest.approx(pair)
    assert early.disputed == np.count_nonzero(ball(5)[10] != ball(6)[10])


def test_hardest_first_and_what_is_undefined_last(disc, votes):
    easy, hard = votes([disc(8), disc(8.5)]), votes([disc(4), disc(9)])
    nothing = votes([np.zeros((5, 5)), np.zeros((5, 5))])
    items = [
        case_difficulty(easy, 'easy', model_score=0.3),
        case_difficulty(nothing, 'nothing'),
        case_difficulty(hard, 'hard', model_score=0.6),
    ]
    for by in ('mean_dice', 'volume_cv', 'disputed'):
        order = [item.name for item in hardest_first(items, by)]
        assert order.index('hard') < order.index('easy')
    assert hardest_first(items, 'mean_dice')[-1].name == 'nothing'
    # Where people agree and the model fails comes first.
    assert [item.name for item in hardest_first(items, 'surprise')] == ['easy', 'hard', 'nothing']
    assert items[1].to_dict()['mean_dice'] is None


def test_a_2d_image_has_no_slices_and_two_volumes_are_needed(disc, votes):
    assert slice_difficulties(votes([disc(4), disc(5)])) == ()
    assert variation([3.0]) is None
    assert variation([0.0, 0.0]) is None
    assert variation([1.0, 3.0]) == pytest.approx(np.sqrt(2) / 2)
