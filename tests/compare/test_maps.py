"""Codes of error and change maps, against the definition voxel by voxel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from napari_segrobust.compare import ChangeCode, DriftCode, ErrorCode, change_map, compare, error_map
from napari_segrobust.errors import CompareError

masks = npst.arrays(np.uint8, (2, 3, 4), elements=st.integers(0, 3))


def code_of_error(reference, prediction):
    if reference == prediction:
        return ErrorCode.TRUE_POSITIVE if reference else ErrorCode.BACKGROUND
    if reference == 0:
        return ErrorCode.FALSE_POSITIVE
    return ErrorCode.WRONG_CLASS if prediction else ErrorCode.FALSE_NEGATIVE


def code_of_change(reference, before, now):
    if before == reference:
        return ChangeCode.RIGHT_IN_BOTH if now == reference else ChangeCode.NEWLY_WRONG
    if now == reference:
        return ChangeCode.NEWLY_RIGHT
    return ChangeCode.WRONG_ALIKE if before == now else ChangeCode.WRONG_DIFFERENTLY


def code_of_drift(before, now):
    if before == now:
        return DriftCode.SAME
    if before == 0:
        return DriftCode.GAINED
    return DriftCode.CLASS_CHANGED if now else DriftCode.LOST


def test_identical_masks_have_no_error():
    mask = np.array([[0, 1], [2, 0]], np.uint8)
    np.testing.assert_array_equal(error_map(mask, mask), [[0, 1], [1, 0]])
    assert not change_map(mask, mask, mask).any()
    assert not change_map(None, mask, mask).any()


@given(masks, masks)
def test_every_voxel_has_the_code_of_its_definition(reference, prediction):
    expected = np.vectorize(code_of_error)(reference, prediction)
    np.testing.assert_array_equal(error_map(reference, prediction), expected)


@given(masks, masks, masks)
def test_every_change_has_the_code_of_its_definition(reference, before, now):
    np.testing.assert_array_equal(
        change_map(reference, before, now), np.vectorize(code_of_change)(reference, before, now)
    )
    np.testing.assert_array_equal(change_map(None, before, now), np.vectorize(code_of_drift)(before, now))


@given(masks, masks, st.integers(1, 3))
def test_codes_of_one_label_add_up_to_its_counts(reference, prediction, label):
    codes = np.bincount(error_map(reference, prediction, label=label).ravel(), minlength=5)
    values = compare(reference, prediction, labels=[label], metrics=['tp', 'fp', 'fn', 'tn']).metrics[label]
    assert codes.tolist() == [values[key].value for key in ('tn', 'tp', 'fp', 'fn')] + [0]


def test_voxels_outside_the_valid_region_have_code_0():
    reference, prediction = np.array([[1, 1, 0]]), np.array([[0, 1, 1]])
    valid = np.array([[False, True, False]])
    np.testing.assert_array_equal(error_map(reference, prediction, valid), [[0, 1, 0]])
    np.testing.assert_array_equal(change_map(None, reference, prediction, valid), [[0, 0, 0]])


def test_writes_where_it_is_told():
    reference, prediction = np.ones((2, 3, 4), bool), np.zeros((2, 3, 4), bool)
    out = np.empty((2, 3, 4), np.uint8)
    assert error_map(reference, prediction, out=out) is out
    assert (out == ErrorCode.FALSE_NEGATIVE).all()
    assert change_map(None, reference, prediction, out=out) is out
    assert (out == DriftCode.LOST).all()


def test_masks_are_not_changed_and_need_not_be_contiguous():
    reference = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3
    prediction = reference[::-1].copy()
    before = reference.copy()
    np.testing.assert_array_equal(
        error_map(reference.T, prediction.T, valid=np.ones((4, 3, 2), bool)).T, error_map(reference, prediction)
    )
    np.testing.assert_array_equal(reference, before)


def test_other_shapes_are_refused():
    with pytest.raises(CompareError, match='not on one grid'):
        error_map(np.zeros((3, 3)), np.zeros((3, 4)))
