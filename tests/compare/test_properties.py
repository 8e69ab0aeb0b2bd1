"""What must hold for any two masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from napari_segrobust.compare import compare, metric_specs

shapes = st.one_of(
    npst.array_shapes(min_dims=2, max_dims=2, max_side=9), npst.array_shapes(min_dims=3, max_dims=3, max_side=6)
)
steps = st.floats(0.25, 4.0)
SYMMETRIC = (
    *('dice', 'iou', 'tp', 'tn', 'nsd', 'boundary_iou', 'boundary_iou_coco', 'cl_dice', 'nsd_surfel'),
    *('hd', 'hd95', 'hd95_pooled', 'assd', 'masd', 'hd_surfel', 'hd95_surfel', 'hd_all_voxels', 'average_hausdorff'),
    *('mahalanobis', 'centre_distance', 'panoptic_quality', 'segmentation_quality', 'recognition_quality'),
    *('objects_tp', 'lesion_f1'),
)
MIRRORED = {
    'fp': 'fn',
    'precision': 'recall',
    'asd_reference_to_prediction': 'asd_prediction_to_reference',
    'asd_reference_to_prediction_surfel': 'asd_prediction_to_reference_surfel',
    'objects_fp': 'objects_fn',
    'lesion_precision': 'lesion_recall',
    'lesions_merged': 'lesions_split',
    'reference_volume_ml': 'prediction_volume_ml',
}
#: What is taken slice by slice, listed by axis, or thinned one axis after the other.
OF_THE_AXES = {'boundary_iou_coco', 'cl_dice', 'longest_axial_diameter_mm', 'centre_of_mass_mm'}
#: Positions from the first voxel of the image.
OF_THE_ORIGIN = {'centre_of_mass_mm'}
OF_THE_DOMAIN = {key for key, spec in metric_specs().items() if spec.domain_dependent}


@st.composite
def pairs(draw, count=2):
    shape = draw(shapes)
    masks = [draw(npst.arrays(np.uint8, shape, elements=st.integers(0, 1))) for _ in range(count)]
    return *masks, tuple(draw(steps) for _ in shape)


def values(*args, **kwargs):
    return {key: value.value for key, value in compare(*args, labels=[1], **kwargs).metrics[1].items()}


def assert_same(found, expected, key):
    if found is None or isinstance(found, str):
        assert found == expected, key
    else:
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), key


@given(pairs())
def test_swapping_the_masks_swaps_the_directions(pair):
    first, second, spacing = pair
    there, back = values(first, second, spacing), values(second, first, spacing)
    for key in SYMMETRIC:
        assert_same(there[key], back[key], key)
    for key, other in MIRRORED.items():
        assert_same(there[key], back[other], key)
    for key, spec in metric_specs().items():
        if spec.better == 'zero' and isinstance(there.get(key), int | float) and key != 'relative_volume_difference':
            assert there[key] == pytest.approx(-back[key], abs=1e-12), key


@given(pairs(), st.integers(1, 3))
def test_padding_changes_nothing_but_the_domain(pair, width):
    first, second, spacing = pair
    small, large = values(first, second, spacing), values(np.pad(first, width), np.pad(second, width), spacing)
    if 1 in first.shape:  # an axis that is no longer squeezed has neighbours
        return
    for key in set(small) - OF_THE_DOMAIN:
        assert_same(small[key], large[key], key)


@given(pairs(), st.randoms(use_true_random=False))
def test_axes_may_be_permuted_with_the_spacing(pair, random):
    first, second, spacing = pair
    if sum(n > 1 for n in first.shape) < 2:  # a single row is laid into a plane along the last of its other axes
        return
    axes = random.sample(range(first.ndim), first.ndim)
    there = values(first, second, spacing)
    turned = values(first.transpose(axes), second.transpose(axes), [spacing[axis] for axis in axes])
    for key in set(there) - OF_THE_AXES:
        assert_same(there[key], turned[key], key)


@given(pairs())
def test_a_mask_agrees_with_itself(pair):
    mask, _, spacing = pair
    found = values(mask, mask, spacing)
    if mask.any():
        best = [
            key
            for key, spec in metric_specs().items()
            if spec.better == 'higher' and spec.family in ('overlap', 'boundary', 'surface elements', 'objects')
        ]
        assert {'dice', 'nsd', 'boundary_iou', 'nsd_surfel', 'panoptic_quality', 'lesion_f1'} <= set(best)
        assert {found[key] for key in best if key in found} <= {1, None}
        least = [key for key, spec in metric_specs().items() if spec.family in ('distance', 'surface elements')]
        assert {found[key] for key in least if metric_specs()[key].better == 'lower'} <= {0, None}
        assert found['hd'] == found['hd95_surfel'] == 0


@given(pairs(), st.tuples(st.floats(0, 5), st.floats(0, 5)))
def test_nsd_grows_with_the_tolerance(pair, tolerances):
    low, high = (values(*pair, tolerance_mm=t, metrics=['nsd', 'nsd_surfel']) for t in sorted(tolerances))
    for key in low:
        assert low[key] is high[key] is None or low[key] <= high[key] + 1e-12


@given(pairs(count=3))
def test_hausdorff_obeys_the_triangle_inequality(triple):
    a, b, c, spacing = triple
    keys = ['hd', 'hd_surfel', 'hd_all_voxels']
    ab, bc, ac = (values(x, y, spacing, metrics=keys) for x, y in ((a, b), (b, c), (a, c)))
    if all(mask.any() for mask in (a, b, c)):
        for key in keys:
            assert ac[key] <= ab[key] + bc[key] + 1e-9


@given(pairs())
def test_values_lie_in_their_range(pair):
    for key, value in values(*pair).items():
        low, high = metric_specs()[key].range
        if value is not None:
            assert low is None or value >= low
            assert high is None or value <= high


@given(pairs())
def test_order_of_the_distances(pair):
    found = values(*pair)
    if found['hd'] is not None:
        assert found['hd95'] <= found['hd'] + 1e-12
        assert found['hd95_pooled'] <= found['hd'] + 1e-12
        assert found['assd'] <= found['hd'] + 1e-12


@given(npst.arrays(np.uint8, (2, 4, 5, 6), elements=st.integers(0, 2)))
def test_a_valid_box_equals_the_crop(masks):
    valid = np.zeros((4, 5, 6), bool)
    valid[1:4, 0:3, 2:6] = True
    cut = (slice(1, 4), slice(0, 3), slice(2, 6))
    inside = compare(*masks, (2, 1, 1), labels=[1, 2], valid=valid)
    crop = compare(*(mask[cut] for mask in masks), (2, 1, 1), labels=[1, 2])
    for label in (1, 2):
        assert {key: value for key, value in inside.metrics[label].items() if key not in OF_THE_ORIGIN} == {
            key: value for key, value in crop.metrics[label].items() if key not in OF_THE_ORIGIN
        }
    assert inside.together == crop.together
    np.testing.assert_array_equal(inside.error_map[cut], crop.error_map)
    assert not inside.error_map[~valid].any()
