"""The second cue beside colour: hatching, outlines, the thin rim."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.compare import ChangeCode, DriftCode, ErrorCode
from napari_segrobust.explore.picture import PALE, change_picture, error_picture


def square(code: int) -> np.ndarray:
    codes = np.zeros((8, 8), np.uint8)
    codes[2:7, 2:7] = code
    return codes


def test_nothing_is_drawn_where_nothing_is():
    nothing = np.zeros((3, 5), np.uint8)
    assert not error_picture(nothing).any()
    assert not change_picture(nothing, True).any()


@pytest.mark.parametrize('shape', [(0, 0), (1, 1), (1, 5), (2, 2)])
def test_pictures_of_tiny_planes(shape):
    codes = np.full(shape, ErrorCode.FALSE_NEGATIVE, np.uint8)
    picture = error_picture(codes)
    assert picture.shape == shape
    assert set(np.unique(picture)) <= {ErrorCode.FALSE_NEGATIVE}  # no inside: all of it is outline


def test_codes_are_never_changed():
    codes = square(ErrorCode.FALSE_POSITIVE)
    before = codes.copy()
    error_picture(codes)
    np.testing.assert_array_equal(codes, before)


def test_true_positives_are_a_thin_rim():
    picture = error_picture(square(ErrorCode.TRUE_POSITIVE))
    assert picture[2, 4] == ErrorCode.TRUE_POSITIVE
    assert not picture[3:6, 3:6].any()


def test_false_negatives_are_outlined():
    picture = error_picture(square(ErrorCode.FALSE_NEGATIVE))
    assert picture[2, 4] == ErrorCode.FALSE_NEGATIVE
    assert (picture[3:6, 3:6] == ErrorCode.FALSE_NEGATIVE + PALE).all()


@pytest.mark.parametrize('code', [ErrorCode.FALSE_POSITIVE, ErrorCode.WRONG_CLASS])
def test_hatching_runs_along_diagonals(code):
    picture = error_picture(np.full((8, 8), code, np.uint8))
    assert set(np.unique(picture)) == {code, code + PALE}
    np.testing.assert_array_equal(picture[1:, :-1], picture[:-1, 1:])
    assert np.count_nonzero(picture == code) == np.count_nonzero(picture == code + PALE)


@pytest.mark.parametrize(
    ('with_reference', 'outlined', 'hatched'),
    [(True, ChangeCode.NEWLY_RIGHT, ChangeCode.NEWLY_WRONG), (False, DriftCode.GAINED, DriftCode.LOST)],
)
def test_better_is_outlined_and_worse_is_hatched(with_reference, outlined, hatched):
    picture = change_picture(square(outlined), with_reference)
    assert picture[2, 4] == outlined
    assert (picture[3:6, 3:6] == outlined + PALE).all()
    assert set(np.unique(change_picture(square(hatched), with_reference))) == {0, hatched, hatched + PALE}


def test_provisional_pictures_are_drawn_on_every_third_diagonal():
    codes = np.full((9, 9), ErrorCode.FALSE_NEGATIVE, np.uint8)
    provisional = error_picture(codes, provisional=True)
    rows, columns = np.nonzero(provisional)
    assert ((rows - columns) % 3 == 0).all()
    assert np.count_nonzero(provisional) == 27


def test_a_volume_is_drawn_slice_by_slice():
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 5, (4, 12, 10), dtype=np.uint8)
    np.testing.assert_array_equal(error_picture(codes), np.stack([error_picture(plane) for plane in codes]))
