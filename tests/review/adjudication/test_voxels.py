"""Voxels as a line of text and back."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_segrobust.review.adjudication.voxels import VoxelSet


def test_nothing_is_nothing():
    empty = VoxelSet.of(np.zeros(0, int), (3, 4))
    assert empty.bits == ''
    assert not len(empty.where((3, 4)))


@given(st.data(), array_shapes(min_dims=2, max_dims=3, max_side=9))
def test_there_and_back(data, shape):
    mask = data.draw(arrays(bool, shape))
    voxels = VoxelSet.of(np.flatnonzero(mask), shape)
    assert np.array_equal(VoxelSet.model_validate_json(voxels.model_dump_json()).where(shape), np.flatnonzero(mask))


def test_a_solid_piece_costs_little():
    mask = np.zeros((64, 256, 256), bool)
    mask[20:40, 100:200, 100:200] = True
    assert len(VoxelSet.of(np.flatnonzero(mask), mask.shape).bits) < 200


@pytest.mark.parametrize(
    ('box', 'bits', 'why'),
    [
        (((0, 2), (0, 9)), 'eJw=', 'in an image'),
        (((0, 2),), 'eJw=', 'in an image'),
        (((0, 2), (2, 1)), 'eJw=', 'in an image'),
        (((0, 2), (0, 2)), '%', 'unreadable'),
        (((0, 2), (0, 2)), 'AAAA', 'unreadable'),
        (((0, 2), (0, 2)), base64.b64encode(zlib.compress(bytes(10**6))).decode(), 'bytes of flags'),
    ],
)
def test_what_is_no_set_of_voxels_is_refused(box, bits, why):
    with pytest.raises(ValueError, match=why):
        VoxelSet(box=box, bits=bits).where((3, 4))
