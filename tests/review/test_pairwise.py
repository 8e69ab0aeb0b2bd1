"""Every cell of the matrices is what `compare` says of the pair; alike raters become neighbours."""

from __future__ import annotations

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.review.drawn import KEYS


def test_cells_are_those_of_compare(ball):
    masks = np.stack([ball(5), ball(6), ball(5, (13, 12, 11)), np.zeros((24, 24, 24), np.uint8)])
    spacing = (2.5, 1.0, 0.8)
    agreement = sr.agree(masks, spacing=spacing, tolerance_mm=1.5)
    found = agreement.to_dict()['pairwise']
    for i in range(4):
        for j in range(4):
            expected = sr.compare(masks[i], masks[j], spacing=spacing, labels=[1], tolerance_mm=1.5).metrics[1]
            for key in KEYS:
                value = agreement.pairwise.matrices[key][i][j]
                if expected[key].value is None:
                    assert value.value is None
                else:
                    assert value.value == pytest.approx(expected[key].value, abs=1e-12)
                assert value.status == expected[key].status
                assert value.unit == expected[key].unit
                assert found[key][i][j] == value.value
    assert found['units'] == {'dice': None, 'nsd': None, 'hd95': 'mm', 'volume_difference_ml': 'ml'}
    assert found['mean']['hd95'] == pytest.approx(np.mean([found['hd95'][i][j] for i, j in ((0, 1), (0, 2), (1, 2))]))


def test_missing_regions_leave_the_pair_alone(ball):
    masks = np.stack([ball(6), ball(7)])
    looked = np.zeros((2, 24, 24, 24), bool)
    looked[0, :14], looked[1, 8:] = True, True
    found = sr.agree(masks, valid=looked).pairwise.matrices
    expected = sr.compare(*masks, labels=[1], valid=looked.all(axis=0)).metrics[1]
    for key in KEYS:
        assert found[key][0][1].value == pytest.approx(expected[key].value)


def test_alike_raters_stand_side_by_side(disc):
    masks = np.stack([disc(4, (12, 12)), disc(8, (26, 26)), disc(4.5, (12, 12)), disc(8.4, (26, 26))])
    order = sr.agree(masks).pairwise.order
    assert sorted(order) == [0, 1, 2, 3]
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}
    assert sr.agree(masks[:2]).pairwise.order == (0, 1)


def test_the_usual_distance_of_raters_is_the_median_between_borders(disc):
    squares = np.zeros((2, 20, 20), np.uint8)
    squares[0, 4:16, 4:16] = squares[1, 7:13, 7:13] = 1
    agreement = sr.agree(squares, spacing=(2.0, 2.0))
    assert agreement.pairwise.usual_distance == 6.0
    assert sr.agree({'A': squares[0], 'B': np.zeros((20, 20), int)}).pairwise.usual_distance is None
    assert sr.agree(squares, spacing=(2.0, 3.0)).warnings == (
        'the tolerance of 2 mm is below the largest spacing, 3 mm: a shift by one voxel counts as an error',
    )
    assert agreement.warnings == ()
