"""What a stack does to a reference: by hand where whole voxels move, block by block, in order, where it is told to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import (
    Clean,
    Region,
    carried,
    carries,
    mask_stack,
    new_perturbation,
    perturb_labels,
    perturbations,
    told_spacing,
)
from napari_segrobust.perturb.warp import Warp, everything

WARPS = sorted(name for name, spec in perturbations().items() if spec.coordinates)
EDITS = sorted(name for name, spec in perturbations().items() if spec.edit)
SHAPE, SPACING = (11, 16, 14), (2.0, 1.0, 0.7)


def organs(shape=SHAPE, kind=np.uint8):
    labels = np.zeros(shape, kind)
    labels[tuple(slice(n // 5, n // 2 + 1) for n in shape)] = 1
    labels[tuple(slice(n // 2 + 1, n - n // 6) for n in shape)] = 7
    return labels


def clean_case(shape=SHAPE, channels=1, **options):
    image = np.random.default_rng(0).random((channels, *shape), dtype=np.float32)
    return Clean(image, (0.0, 1.0), SPACING[-len(shape) :], references={'r': organs(shape)}, **options)


def test_which_entries_act_on_a_reference():
    noise, flip, rater = (new_perturbation(name, 2.0) for name in ('gaussian_noise', 'flip', 'virtual_rater'))
    still = new_perturbation('rigid', 2.0, moves_reference=False)
    header, off = new_perturbation('wrong_spacing', 2.0), new_perturbation('elastic', 0.0)
    assert mask_stack([noise, rater, still, header, off, flip]) == (rater, flip)
    part = new_perturbation('flip', 1.0, channels=(0,))
    assert carries(part, 1)
    assert not carries(part, 2)
    assert carries(new_perturbation('flip', 1.0, channels=(0, 1)), 2)


def test_nothing_acts_on_a_view():
    labels = organs()
    found = perturb_labels(clean_case(), labels, [new_perturbation('gaussian_noise', 3.0)])
    assert np.shares_memory(found, labels)
    np.testing.assert_array_equal(found, labels)


@pytest.mark.parametrize('kind', [np.uint8, np.uint16, np.int32, bool])
def test_a_flip_is_exact(kind):
    labels = organs(kind=kind)
    found = perturb_labels(clean_case(), labels, [new_perturbation('flip', 1.0)])
    np.testing.assert_array_equal(found, labels[..., ::-1])
    assert found.dtype == kind


@pytest.mark.parametrize('name', WARPS)
def test_a_warp_moves_the_reference_as_it_moves_the_image(name):
    clean, labels, record = clean_case(), organs(), new_perturbation(name, 2.0, 5)
    places = Warp(clean, record)(everything(SHAPE)).numpy()
    theirs = map_coordinates(labels, places, order=0, mode='grid-constant')
    np.testing.assert_array_equal(perturb_labels(clean, labels, [record]), theirs)


def test_entries_act_in_the_order_of_the_stack():
    clean, labels = clean_case(), organs()
    flip, shift = new_perturbation('flip', 1.0), new_perturbation('shifted_mask', 5.0, 3)
    one, other = (perturb_labels(clean, labels, stack) for stack in ([flip, shift], [shift, flip]))
    np.testing.assert_array_equal(one, perturb_labels(clean, labels[..., ::-1], [shift]))
    np.testing.assert_array_equal(other, perturb_labels(clean, labels, [shift])[..., ::-1])
    assert not np.array_equal(one, other)


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from([*WARPS, 'under_segmentation', 'virtual_rater']), min_size=1, max_size=3),
    st.sampled_from([SHAPE, (1, 12, 13), (18, 15)]),
    st.data(),
)
def test_block_equals_that_block_of_the_whole(names, shape, data):
    starts = [data.draw(st.integers(0, n - 1)) for n in shape]
    block = tuple(slice(a, data.draw(st.integers(a + 1, n))) for a, n in zip(starts, shape, strict=True))
    clean, labels = clean_case(shape), organs(shape)
    stack = [new_perturbation(name, 2.3, 5) for name in names]
    whole = perturb_labels(clean, labels, stack)
    np.testing.assert_array_equal(perturb_labels(clean, labels, stack, block=block), whole[block])


def test_a_region_bounds_warps_and_edits():
    weight = np.zeros(SHAPE, np.float32)
    weight[:, :, 7:] = 1
    clean, labels = clean_case(region_weights=lambda region, block: weight[block]), organs()
    for name in ('flip', 'elastic', 'under_segmentation', 'shifted_mask'):
        record = new_perturbation(name, 3.0, 1, region=Region(kind='foreground'))
        found = perturb_labels(clean, labels, [record])
        free = perturb_labels(clean, labels, [record.model_copy(update={'region': Region()})])
        np.testing.assert_array_equal(found[..., :7], labels[..., :7])
        np.testing.assert_array_equal(found[..., 7:], free[..., 7:])


def test_maps_are_carried_linearly_by_warps_alone():
    clean = clean_case()
    maps = np.stack([organs() == 1, organs() == 7]).astype(np.float32)
    warp, rater = new_perturbation('elastic', 3.0, 2, clip=True), new_perturbation('virtual_rater', 3.0)
    found = carried(clean, maps, [warp, rater, new_perturbation('gaussian_noise', 2.0)])
    places = Warp(clean, warp)(everything(SHAPE)).numpy()
    for ours, given_map in zip(found, maps, strict=True):
        np.testing.assert_allclose(ours, map_coordinates(given_map, places, order=1, mode='grid-constant'), atol=1e-5)
    block = (slice(4, 5), slice(2, 9), slice(0, 14))
    np.testing.assert_array_equal(carried(clean, maps, [warp], block=block), found[(slice(None), *block)])
    assert np.shares_memory(carried(clean, maps, [rater]), maps)


def test_headers_follow_one_another():
    twice = [new_perturbation('wrong_spacing', 4.0), new_perturbation('wrong_spacing', 4.0, parameters={'axis': 1})]
    assert told_spacing((3.0, 1.0), twice) == (6.0, 2.0)
    assert told_spacing((3.0, 1.0), [new_perturbation('gaussian_noise', 4.0)]) == (3.0, 1.0)


def test_an_edit_without_a_reference_is_refused_in_one_line():
    bare = Clean(np.zeros((1, 5, 5), np.float32), (0.0, 1.0))
    with pytest.raises(PerturbationError, match='Virtual rater unusable: it uses the reference mask'):
        perturb_labels(bare, np.ones((5, 5), np.uint8), [new_perturbation('virtual_rater', 2.0)])
