"""Where two masks differ: the error map of `compare`, in the box of the raters and on the whole array."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.compare import ErrorCode, error_map
from napari_segrobust.explore.picture import error_picture
from napari_segrobust.review import agree
from napari_segrobust.ui.review.pair_map import pair_map


@pytest.fixture(scope='module')
def masks():
    rng = np.random.default_rng(3)
    base = np.zeros((6, 20, 20), np.uint8)
    base[1:5, 5:14, 4:15] = 1
    return {name: base & (rng.random(base.shape) < 0.9).astype(np.uint8) for name in ('anna', 'ben', 'carla', 'anna 2')}


@pytest.fixture(scope='module')
def agreement(masks):
    looked = np.ones((6, 20, 20), bool)
    looked[3] = False
    return agree(masks, spacing=(2, 1, 1), sessions={'anna 2': 'anna'}, valid={'carla': looked})


def plain(codes):
    return codes % 10


@pytest.mark.parametrize('pair', [('anna', 'ben'), ('ben', 'anna'), ('anna', 'anna 2')])
def test_codes_are_those_of_the_whole_error_map(agreement, masks, pair):
    found, whole = pair_map(agreement, pair), error_map(*(masks[name] for name in pair))
    # True positives are a rim, which is another one at the edge of the box; the others are drawn in full.
    codes = plain(found.codes())
    for code in (ErrorCode.FALSE_POSITIVE, ErrorCode.FALSE_NEGATIVE):
        np.testing.assert_array_equal(codes == code, whole == code)
    assert not np.any(codes[whole == 0])
    box = tuple(slice(s.start, s.stop) for s in found.box)
    np.testing.assert_array_equal(found.picture, error_picture(whole[box]))
    volumes = [np.count_nonzero(whole == code) * 0.002 for code in (ErrorCode.FALSE_NEGATIVE, ErrorCode.FALSE_POSITIVE)]
    assert found.only == pytest.approx(volumes)
    differs = (whole == ErrorCode.FALSE_POSITIVE) | (whole == ErrorCode.FALSE_NEGATIVE)
    for axis, index in enumerate(found.worst):
        per_slice = differs.sum(axis=tuple(a for a in range(3) if a != axis))
        assert per_slice[index] == per_slice.max()


def test_numbers_are_those_of_the_matrix(agreement):
    found = pair_map(agreement, ('anna', 'ben'))
    for key, value in found.values.items():
        assert value == agreement.pairwise.matrices[key][0][1]
    assert found.cohen == agreement.cohen(0, 1)
    again = pair_map(agreement, ('anna', 'anna 2'))
    assert again.cohen is None
    assert again.values['dice'] == agreement.intra_rater[0][2]['dice']


def test_where_one_did_not_look_nothing_is_said(agreement):
    assert not pair_map(agreement, ('anna', 'carla')).codes()[3].any()


def test_words_say_who_the_reference_is(agreement):
    found = pair_map(agreement, ('anna', 'ben'))
    assert [chip.word for chip in found.chips(str)] == ['only ben', 'only anna (reference)', 'both']
    words = found.words(str)
    assert words[int(ErrorCode.FALSE_POSITIVE)] == words[int(ErrorCode.FALSE_POSITIVE) + 10] == 'only ben'
    line = found.line({'anna': 'B', 'ben': 'A'}.__getitem__)
    assert line.startswith('A against B: Dice 0.')
    assert 'A \u2212 B' in line
    assert 'only B' in line
    assert 'anna' not in line


def test_two_empty_masks_have_no_slice_to_go_to():
    empty = np.zeros((4, 8, 8), np.uint8)
    found = pair_map(agree({'a': empty, 'b': empty.copy()}), ('a', 'b'))
    assert found.worst == (None, None, None)
    assert not found.codes().any()
    assert 'Dice undefined: both empty' in found.line(str)
    one = empty.copy()
    one[1, 2:4, 2:4] = 1
    assert pair_map(agree({'a': one, 'b': one.copy(), 'c': empty}, strict=False), ('a', 'b')).worst == (
        None,
        None,
        None,
    )
