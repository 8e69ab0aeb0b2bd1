"""What is painted for a number is what decided it."""

import numpy as np
import pytest

from napari_segrobust.compare import MetricSettings, compare
from napari_segrobust.compare.components import label
from napari_segrobust.compare.packed import inner_border
from napari_segrobust.compare.witness import witness

STEPS = {2: (0.7, 1.3), 3: (2.5, 0.8, 0.8)}


def show(key, reference, prediction, spacing=None, **kwargs):
    comparison = compare(reference, prediction, spacing, labels=[1], metrics=[key], **kwargs)
    return witness(comparison.pairs[1], key, comparison.settings), comparison.metrics[1][key].value


@pytest.mark.parametrize('key', ['hd', 'hd_all_voxels'])
def test_the_pair_of_points_has_the_distance_and_lies_on_both_masks(pair, key):
    reference, prediction, spacing = pair
    found, value = show(key, *pair)
    first, second = found.parts['reference'], found.parts['prediction']
    assert first.shape == second.shape == (1, reference.ndim)
    assert np.linalg.norm((first - second) * (spacing or 1.0)) == pytest.approx(value)
    assert reference[tuple(first[0])] == prediction[tuple(second[0])] == 1


def test_points_are_indices_of_the_whole_image():
    masks = np.zeros((2, 30, 40), np.uint8)
    masks[0, 10:15, 20:25] = 1
    masks[1, 10:15, 20:29] = 1
    found, value = show('hd', *masks)
    assert value == 4
    assert found.parts['prediction'][0, 1] == 28
    assert found.parts['reference'][0, 1] == 24
    far, _ = show('nsd', *masks)
    assert far.mask('prediction', (30, 40)).sum() == 2 + 5  # of columns 27 and 28
    assert not far.mask('reference', (30, 40)).any()


def test_voxels_outside_the_tolerance_make_up_the_nsd(pair):
    found, value = show('nsd', *pair, tolerance_mm=1.5)
    sizes = [compare(*pair, labels=[1], metrics=[]).pairs[1]]
    total = sizes[0].reference.border_size + sizes[0].prediction.border_size
    outside = sum(len(points) for points in found.parts.values())
    assert value == pytest.approx(1 - outside / total)
    for name, mask in zip(('reference', 'prediction'), pair[:2], strict=True):
        assert (mask[tuple(found.parts[name].T)] == 1).all()


@pytest.mark.parametrize('key', ['boundary_iou', 'boundary_iou_coco'])
def test_bands_make_up_the_boundary_iou(pair, key):
    found, value = show(key, *pair)
    shape = pair[0].shape
    first, second = (found.mask(name, shape) for name in ('reference', 'prediction'))
    assert value == pytest.approx((first & second).sum() / (first | second).sum())
    assert (pair[0][first] == 1).all()


def test_skeletons_make_up_the_cl_dice(pair):
    found, value = show('cl_dice', *pair)
    lines = [found.parts[name] for name in ('reference', 'prediction')]
    if not all(len(line) for line in lines):
        assert value is None
        return
    shares = [other[tuple(line.T)].mean() for line, other in zip(lines, (pair[1], pair[0]), strict=True)]
    assert value == pytest.approx(2 * np.prod(shares) / max(np.sum(shares), 1e-9))


def test_matched_objects_have_one_number_and_every_voxel_is_shown(pair):
    found, _ = show('panoptic_quality', *pair)
    _, count = show('objects_tp', *pair)
    for name, rest, mask in (('reference', 'missed', pair[0]), ('prediction', 'spurious', pair[1])):
        assert set(found.numbers[name]) == set(range(1, count + 1))
        assert len(found.parts[name]) + len(found.parts[rest]) == (mask == 1).sum()
        assert len(found.parts[name]) == len(found.numbers[name])
        assert label(found.mask(name, mask.shape), 'full')[1] == count
    for number in range(1, count + 1):
        ours, theirs = (
            {tuple(p) for p in found.parts[name][found.numbers[name] == number]} for name in ('reference', 'prediction')
        )
        assert len(ours & theirs) / len(ours | theirs) > 0.5


def test_an_empty_mask_leaves_what_the_other_has():
    masks = np.zeros((2, 8, 8), np.uint8)
    masks[0, 2:6, 2:6] = 1
    assert show('hd', *masks)[0] is None
    assert show('hd_all_voxels', *masks)[0] is None
    for key in ('nsd', 'boundary_iou', 'cl_dice', 'panoptic_quality'):
        found, value = show(key, *masks)
        assert value == 0
        assert found.parts['prediction'].shape == (0, 2)
    np.testing.assert_array_equal(show('nsd', *masks)[0].mask('reference', (8, 8)), inner_border(masks[0] == 1))
    assert len(show('panoptic_quality', *masks)[0].parts['missed']) == 16


def test_counts_have_no_witness():
    mask = np.ones((3, 3), np.uint8)
    assert witness(compare(mask, mask).pairs[1], 'dice', MetricSettings()) is None
