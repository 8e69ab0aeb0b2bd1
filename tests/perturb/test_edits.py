"""Edits of masks: nothing at 0, exact distances, the same voxels from the same record, in 2D and 3D."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_segrobust.errors import LabError
from napari_segrobust.perturb.edits import MaskEdit, edit_mask, mask_edits

NAMES = sorted(mask_edits())
SPACINGS = {2: (0.5, 2.0), 3: (3.0, 1.0, 0.7)}


def ball(ndim, radius=5.0, size=21):
    axes = np.meshgrid(*[np.arange(size) - size // 2] * ndim, indexing='ij')
    return (sum(axis**2 for axis in axes) <= radius**2).astype(np.uint8)


def edited(mask, name, amount, spacing=None, **fields):
    return edit_mask(mask, [MaskEdit(name=name, amount=amount, **fields)], spacing)


@pytest.fixture(params=[2, 3])
def mask(request):
    return ball(request.param)


def test_the_edits_of_the_lab():
    wanted = 'add_objects coarsen dilate drag drop_objects empty erode fill_all hole over_under roughen shift'
    assert wanted.split() == NAMES
    for spec in mask_edits().values():
        assert spec.amount.minimum <= 0 < spec.amount.maximum
        assert spec.summary.endswith('.')


@pytest.mark.parametrize('name', NAMES)
def test_an_amount_of_0_is_the_identity(name, mask):
    for kind in (mask, mask.astype(np.int32) * 7, mask.astype(bool), np.zeros_like(mask)):
        found = edited(kind, name, 0.0, SPACINGS[mask.ndim])
        assert found is not kind
        np.testing.assert_array_equal(found, kind)


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('spacing', [None, 'mm'])
def test_a_record_replays_and_survives_json(name, spacing, mask):
    steps = None if spacing is None else SPACINGS[mask.ndim]
    edit = MaskEdit(name=name, amount=2, seed=3)
    again = MaskEdit.model_validate_json(edit.model_dump_json())
    assert again == edit
    before = mask.copy()
    first, second = (edit_mask(mask, [e], steps) for e in (edit, again))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(mask, before)
    assert first.dtype == mask.dtype
    assert (first != mask).any() or name in ('drop_objects', 'roughen')


@pytest.mark.parametrize('name', NAMES)
def test_empty_and_full_masks_and_a_single_voxel(name):
    for mask in (np.zeros((5, 6), np.uint8), np.ones((4, 5, 6), np.uint8), np.ones((1, 1), np.uint8)):
        found = edited(mask, name, 1.0)
        assert found.shape == mask.shape
        if not mask.any() and name not in ('add_objects', 'fill_all'):
            assert not found.any()


@pytest.mark.parametrize('amount', [0.4, 1.0, 1.5, 3.0])
def test_growth_is_exact_by_distance(amount, mask):
    spacing = SPACINGS[mask.ndim]
    outside = ndimage.distance_transform_edt(mask == 0, sampling=spacing)
    inside = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[(slice(1, -1),) * mask.ndim]
    np.testing.assert_array_equal(edited(mask, 'dilate', amount, spacing), outside <= amount + 1e-6)
    np.testing.assert_array_equal(edited(mask, 'erode', amount, spacing), inside > amount + 1e-6)
    for sign, name in ((1, 'dilate'), (-1, 'erode')):
        np.testing.assert_array_equal(
            edited(mask, 'over_under', sign * amount, spacing), edited(mask, name, amount, spacing)
        )


def test_what_is_cut_off_by_the_image_is_eroded_there():
    assert edited(np.ones((5, 5), np.uint8), 'erode', 1).sum() == 9


def test_shift_is_in_mm_and_what_leaves_is_lost(mask):
    spacing = SPACINGS[mask.ndim]
    offset = (*(0,) * (mask.ndim - 1), 2 * spacing[-1])
    np.testing.assert_array_equal(edited(mask, 'shift', 1, spacing, offset=offset), np.roll(mask, 2, axis=-1))
    np.testing.assert_array_equal(edited(mask, 'shift', 2, spacing, offset=offset), np.roll(mask, 4, axis=-1))
    np.testing.assert_array_equal(edited(mask, 'shift', 2), np.roll(mask, 2, axis=-1))
    assert not edited(mask, 'shift', 1, offset=(*(0,) * (mask.ndim - 1), 100)).any()


def test_a_hole_is_a_ball_at_the_deepest_voxel_or_at_a_place(mask):
    found = mask & ~edited(mask, 'hole', 2)
    np.testing.assert_array_equal(found, ball(mask.ndim, 2))
    place = (np.argwhere(mask)[0] + 0.5).tolist()
    assert edited(mask, 'hole', 0.1, place=place).sum() == mask.sum() - 1


def objects():
    mask = np.zeros((20, 20), np.uint8)
    mask[1:7, 1:7], mask[10:12, 10:13], mask[15, 15] = 1, 1, 1
    return mask


def test_the_smallest_objects_are_dropped_first_or_the_nearest():
    mask = objects()
    sizes = [int(edited(mask, 'drop_objects', n).sum()) for n in range(5)]
    assert sizes == [43, 42, 36, 0, 0]
    assert edited(mask, 'drop_objects', 1, place=(3, 3)).sum() == 7


def test_added_objects_touch_nothing_and_come_one_after_another():
    mask = objects()
    before = mask
    for n in range(1, 5):
        now = edited(mask, 'add_objects', n, radius=1.5, seed=5)
        assert ndimage.label(now, np.ones((3, 3)))[1] == 3 + n
        assert (now[before == 1] == 1).all()
        before = now
    assert edited(mask, 'add_objects', 50, radius=1.5).sum() < mask.size


def test_roughness_grows_from_one_draw():
    mask = ball(2, 40, 121)
    changed = [edited(mask, 'roughen', amount, radius=8, seed=2) != mask for amount in (0.5, 1, 2, 3)]
    for less, more in pairwise(changed):
        assert less.sum() < more.sum()
        assert not (less & ~more).any()
    assert (edited(mask, 'roughen', 2, seed=3) != edited(mask, 'roughen', 2, seed=4)).any()
    moved = ndimage.distance_transform_edt(mask == 0)[edited(mask, 'roughen', 2, radius=8) == 1].max()
    assert 2 < moved < 8


def test_roughness_is_the_same_on_a_finer_grid():
    coarse = ball(2, 40, 121)
    fine = np.kron(coarse, np.ones((2, 2), np.uint8))
    one = np.kron(edited(coarse, 'roughen', 2, (1, 1), radius=10), np.ones((2, 2), np.uint8))
    two = edited(fine, 'roughen', 2, (0.5, 0.5), radius=10)
    assert (one != two).sum() < 0.25 * (two != fine).sum()


def test_a_coarser_grid_holds_blocks():
    mask = ball(2, 9, 24)
    found = edited(mask, 'coarsen', 2)
    blocks = mask.reshape(6, 4, 6, 4).mean(axis=(1, 3)) >= 0.5
    np.testing.assert_array_equal(found, np.kron(blocks, np.ones((4, 4))))
    shifted = edited(np.roll(mask, 3, axis=1), 'coarsen', 1.3)
    assert abs(int(shifted.sum()) - int(mask.sum())) < 0.1 * mask.sum()


def test_dragging_brings_what_lies_at_the_place_to_the_target_and_leaves_the_rest():
    mask = ball(2, 10, 41)
    found = edited(mask, 'drag', 1, place=(10.5, 20.5), radius=7, offset=(-4, 0))
    assert found[8, 20] == 1
    assert mask[8, 20] == 0
    y, x = np.mgrid[:41, :41] + 0.5
    far = np.hypot(y - 6.5, x - 20.5) >= 7
    np.testing.assert_array_equal(found[far], mask[far])


def test_labels_are_edited_each_by_itself_and_cover_others():
    mask = np.zeros((12, 12), np.uint8)
    mask[2:6, 2:6], mask[2:6, 6:10] = 3, 5
    one = edited(mask, 'shift', 2, label=3)
    assert (one[2:6, 4:8] == 3).all()
    assert (one[2:6, 8:10] == 5).all()
    assert not one[2:6, 2:4].any()
    np.testing.assert_array_equal(edited(mask, 'shift', 2), np.roll(mask, 2, axis=1))


def test_edits_follow_one_another(mask):
    edits = [MaskEdit(name='dilate', amount=2), MaskEdit(name='hole', amount=2)]
    expected = edit_mask(edit_mask(mask, edits[:1]), edits[1:])
    np.testing.assert_array_equal(edit_mask(mask, edits), expected)


@given(st.integers(0, 2**31), st.floats(0, 4), st.sampled_from(NAMES))
def test_labels_stay_what_they_were(seed, amount, name):
    labels = np.random.default_rng(seed).choice(4, (9, 11), p=[0.7, 0.1, 0.1, 0.1]).astype(np.uint8)
    found = edited(labels, name, amount, seed=seed % 100, radius=1.0)
    assert set(np.unique(found)) <= set(np.unique(labels)) | {0, 1}


@pytest.mark.parametrize(
    ('fields', 'words'),
    [
        ({'name': 'melt', 'amount': 1}, 'Known are: add_objects'),
        ({'name': 'erode', 'amount': -1}, 'its amount is -1'),
        ({'name': 'shift', 'amount': 1, 'offset': (1, 2, 3)}, '3 numbers for 2 axes'),
        ({'name': 'hole', 'amount': 1, 'place': (1,)}, '1 numbers for 2 axes'),
    ],
)
def test_mistakes_are_named(fields, words):
    with pytest.raises(LabError, match=words):
        edit_mask(np.ones((4, 4), np.uint8), [MaskEdit(**fields)])


def test_a_spacing_that_does_not_fit_is_named():
    with pytest.raises(LabError, match='Give 2 positive numbers'):
        edit_mask(np.ones((4, 4), np.uint8), [], (1, 1, 1))
