from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import Region, RegionWeights, mask_sha256, region_weight

SHAPE = (9, 20, 22)


@pytest.fixture
def labels():
    mask = np.zeros(SHAPE, np.uint8)
    mask[3:6, 5:15, 5:15] = 1
    mask[4:5, 8:11, 8:11] = 5
    return mask


def weight(region, labels=None, spacing=None, **options):
    references = {} if labels is None else {'expert': labels, 'empty': np.zeros(SHAPE, np.uint8)}
    return region_weight(region, references=references, shape=SHAPE, spacing=spacing, **options)


def test_the_whole_image_needs_no_weights():
    assert weight(Region()) is None


def test_hard_regions_are_their_masks(labels):
    for region, inside in [
        (Region(kind='foreground'), labels > 0),
        (Region(kind='background'), labels == 0),
        (Region(kind='label', label=5), labels == 5),
        (Region(kind='foreground', reference='empty'), np.zeros(SHAPE, bool)),
        (Region(kind='background', reference='empty', feather_mm=4), np.ones(SHAPE, bool)),
    ]:
        found = weight(region, labels)
        assert found.dtype == np.float32
        assert np.array_equal(found, inside)
    box = weight(Region(kind='box', box=((0, 2), (3, 4), (0, 22))))
    assert box.sum() == box[0:2, 3:4].sum() == 44
    assert np.array_equal(weight(Region(kind='mask', mask_sha256='x'), mask=labels * 0.5), labels > 0)


@given(
    st.floats(0.1, 12),
    st.sampled_from([(1.0, 1.0, 1.0), (5.0, 0.7, 1.0)]),
    st.sampled_from([Region(kind=kind, label=5) for kind in ('foreground', 'background', 'label')]),
)
def test_soft_edge_lies_inside_and_is_measured_in_mm(feather, spacing, region):
    labels = np.zeros(SHAPE, np.uint8)
    labels[3:6, 5:15, 5:15] = 1
    labels[4:5, 8:11, 0:11] = 5
    inside = {'foreground': labels > 0, 'background': labels == 0, 'label': labels == 5}[region.kind]
    found = weight(region.model_copy(update={'feather_mm': feather}), labels, spacing)
    exact = np.minimum(distance_transform_edt(inside, sampling=spacing) / feather, 1)
    np.testing.assert_allclose(found, exact, rtol=1e-6)
    assert not found[~inside].any()


@pytest.mark.parametrize(
    ('region', 'words'),
    [
        (Region(kind='label', label=7), 'label 7 is not in the reference. Choose one of: 1, 5.'),
        (Region(kind='label'), 'no label value'),
        (Region(kind='foreground', reference='nobody'), "no reference 'nobody'. Choose one of: expert, empty."),
        (Region(kind='box'), 'Give 3 pairs'),
        (Region(kind='box', box=((0, 2), (3, 4))), 'Give 3 pairs'),
        (Region(kind='box', box=((0, 2), (3, 4), (5, 23))), 'leaves the image'),
        (Region(kind='box', box=((2, 2), (3, 4), (5, 6))), 'leaves the image'),
        (Region(kind='mask', mask_sha256='x'), 'its mask is missing'),
    ],
)
def test_what_is_missing_is_said_in_one_line(region, words, labels):
    with pytest.raises(PerturbationError) as caught:
        weight(region, labels)
    assert words in str(caught.value)
    assert '\n' not in str(caught.value)


def test_masks_must_lie_on_the_grid(labels):
    with pytest.raises(PerturbationError, match='no reference mask'):
        weight(Region(kind='foreground'))
    with pytest.raises(PerturbationError, match='on an image'):
        weight(Region(kind='foreground'), labels[1:])


def test_weights_are_made_once_and_cut_into_blocks(labels):
    calls = []

    class Counting(dict):
        def __getitem__(self, key):
            calls.append(key)
            return super().__getitem__(key)

    weights = RegionWeights(Counting(expert=labels), SHAPE, None)
    block = (slice(4, 5), slice(0, 20), slice(7, 9))
    region = Region(kind='label', label=5)
    assert np.array_equal(weights(region, block), (labels == 5)[block])
    assert np.array_equal(weights(region, block), (labels == 5)[block])
    assert calls == ['expert']
    assert weights(Region(), block) is None


def test_drawn_masks_are_known_by_their_content(labels):
    key = mask_sha256(labels)
    assert key == mask_sha256(labels > 0) != mask_sha256(labels == 5)
    assert mask_sha256(np.zeros((2, 8))) != mask_sha256(np.zeros((4, 4)))
    weights = RegionWeights({}, SHAPE, None, {key: labels})
    everything = tuple(slice(0, n) for n in SHAPE)
    assert np.array_equal(weights(Region(kind='mask', mask_sha256=key), everything), labels > 0)
