"""What is laid over the image: codes, colours, words and legend belong together."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.cases.case import Label
from napari_segrobust.review import agree
from napari_segrobust.review.made import LABELS, SOFT, make_consensus
from napari_segrobust.ui.review.consensus_maps import (
    HATCH,
    SEQUENTIAL,
    alone_drawing,
    consensus_drawing,
    entropy_drawing,
    volume_words,
    votes_drawing,
)
from napari_segrobust.ui.review.hatch import PHASES

TWO = {'anna': np.array([[0, 1, 1, 0]] * 3, np.uint8), 'ben': np.array([[0, 0, 1, 1]] * 3, np.uint8)}


def drawn(case, masks, rule, **options):
    agreement = agree(masks, **options)
    return consensus_drawing(make_consensus(agreement, rule, masks), agreement.votes, case)


def test_ties_are_hatched_and_in_the_legend(ball_case):
    drawing = drawn(ball_case, TWO, 'majority', spacing=(2.0, 1.0))
    assert (drawing.array[:, [1, 3]] >= HATCH).all()
    np.testing.assert_array_equal(drawing.array[:, [0, 2]], [[0, 1]] * 3)
    assert [chip.word for chip in drawing.chips] == ['in 6.00 mm²', 'tie 12.0 mm², hatched']
    assert set(np.unique(drawing.array)) <= set(drawing.words)


def test_a_rule_without_ties_has_no_chip_of_them(ball_case):
    assert [chip.word for chip in drawn(ball_case, TWO, 'union').chips] == ['in 9 px²']


def test_where_nobody_looked_it_is_dimmed(ball_case):
    looked = np.ones((3, 4), bool)
    looked[0] = False
    drawing = drawn(ball_case, TWO, 'majority', valid=dict.fromkeys(TWO, looked))
    assert drawing.chips[-1].word == 'nobody looked, 4 px², dimmed'
    red, green, blue, alpha = drawing.colormap(3).map(np.array([3], np.uint8))[0]
    assert (red, green, blue) == (0, 0, 0)
    assert 0 < alpha < 1


def test_the_image_stays_visible_through_what_is_in(ball_case):
    assert drawn(ball_case, TWO, 'majority').colormap(3).map(np.array([1], np.uint8))[0, 3] <= 0.5


@pytest.mark.parametrize('width', [3, 24])
def test_a_hatch_has_two_colours_at_any_width(ball_case, width):
    colors = drawn(ball_case, TWO, 'majority').colormap(width).map(np.arange(HATCH, HATCH + PHASES, dtype=np.uint8))
    assert len(np.unique(colors, axis=0)) == 2


def test_shares_begin_transparent(ball_case):
    drawing = drawn(ball_case, TWO, SOFT)
    assert not drawing.is_codes
    assert SEQUENTIAL.map(np.array([0.0]))[0, 3] == 0
    assert SEQUENTIAL.map(np.array([0.5]))[0, 3] > 0.5


def test_all_labels_have_their_colours_and_tied_ones_are_hatched(ball_case):
    masks = {'anna': np.array([[1, 1, 200, 0]] * 3, np.uint8), 'ben': np.array([[1, 0, 200, 1]] * 3, np.uint8)}
    case = ball_case.with_masks(labels={1: Label('one', (255, 0, 0)), 200: Label('far', (0, 0, 255))})
    drawing = drawn(case, masks, LABELS, margin=None)
    made = make_consensus(agree(masks, margin=None), LABELS, masks)
    assert {drawing.words[code] for code in np.unique(drawing.array[~made.tied])} <= {'background', 'one', 'far'}
    assert (drawing.words[int(drawing.array[0, 2])], [chip.word for chip in drawing.chips[:2]]) == (
        'far',
        ['one', 'far'],
    )
    hatch = (drawing.array >= HATCH) & (drawing.array < HATCH + PHASES)
    np.testing.assert_array_equal(hatch, made.tied)


def test_votes_say_that_raters_disagree():
    drawing = votes_drawing(agree(TWO).votes)
    np.testing.assert_array_equal(drawing.array[0], [0, 1, 2, 1])
    assert [chip.word for chip in drawing.chips] == ['1 of 2: raters disagree', '2 of 2: all agree']


def test_entropy_is_one_bit_where_half_are_in():
    np.testing.assert_array_equal(entropy_drawing(agree(TWO).votes).array[0], [0, 1, 0, 1])


def test_one_alone():
    drawing = alone_drawing(agree(TWO, spacing=(1.0, 1.0)).votes, 0, 'A')
    assert drawing.array[0, 1] == 1
    assert drawing.array[0, 3] >= HATCH
    assert [chip.word for chip in drawing.chips] == ['only A in, 3.00 mm²', 'only A out, 3.00 mm², hatched']


def test_volumes_are_in_the_unit_of_the_masks():
    assert volume_words(1000, agree(TWO).votes) == '1,000 px²'
    three = {name: np.stack([mask] * 2) for name, mask in TWO.items()}
    assert volume_words(1000, agree(three, spacing=(2.0, 1.0, 1.0)).votes) == '2.00 ml'
