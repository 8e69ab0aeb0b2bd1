"""The list of errors."""

import json

import numpy as np
import pytest
from scipy import ndimage

from napari_segrobust.compare import ErrorCode, compare


def scene():
    """A 20 x 20 square; the prediction is one pixel larger, lacks a far object and invents another."""
    reference, prediction = np.zeros((2, 60, 60), np.uint8)
    reference[10:30, 10:30] = 1
    prediction[9:31, 9:31] = 1
    reference[40:44, 40:45] = 1
    prediction[50:53, 5:8] = 1
    return reference, prediction


def test_identical_masks_have_nothing_to_look_at():
    reference, _ = scene()
    items = compare(reference, reference).items
    assert len(items) == 0
    assert items.header() == 'no errors'


def test_rim_missed_and_spurious_objects_are_told_apart():
    items = compare(*scene(), spacing=(1.0, 1.0)).items
    assert items.rim_voxels == 22 * 22 - 20 * 20
    missed, spurious = sorted(items.items, key=lambda item: item.kind)
    assert (missed.kind, missed.code, missed.voxels) == ('missed object', ErrorCode.FALSE_NEGATIVE, 20)
    assert (spurious.kind, spurious.code, spurious.voxels) == ('spurious object', ErrorCode.FALSE_POSITIVE, 9)
    assert missed.box == ((40, 44), (40, 45))
    # The far corner of the missed object against the corner (30, 30) of the prediction.
    assert missed.depth == pytest.approx(np.hypot(43 - 30, 44 - 30))
    assert missed.position == (43, 44)
    assert items.header() == '2 of 3 matter, the rest is rim'
    assert missed.depth_text == '19.1 mm deep'
    assert missed.size_text == '20 mm^2'


def test_a_bulge_is_a_deep_error():
    reference, prediction = np.zeros((2, 40, 40), np.uint8)
    reference[10:30, 10:20] = prediction[10:30, 10:20] = 1
    prediction[18:22, 20:30] = 1
    (item,) = compare(reference, prediction, tolerance_mm=2.0).items.items
    assert (item.kind, item.code) == ('deep error', ErrorCode.FALSE_POSITIVE)
    assert item.depth == 10
    assert item.voxels == 4 * 8  # the first two columns lie in the rim
    assert item.box == ((18, 22), (22, 30))


def test_without_a_counterpart_there_is_no_depth():
    mask = np.zeros((9, 9, 9), np.uint8)
    mask[2:7, 2:7, 2:7] = 1
    (missed,) = compare(mask, 0 * mask, (1, 1, 1)).items.items
    assert (missed.kind, missed.depth, missed.position) == ('missed object', None, (4, 4, 4))
    assert missed.depth_text == 'no counterpart'
    (spurious,) = compare(0 * mask, mask, (1, 1, 1)).items.items
    assert (spurious.kind, spurious.depth) == ('spurious object', None)


def test_a_floor_hides_small_ones_and_says_so():
    items = compare(*scene(), spacing=(1.0, 1.0)).items.above(10)
    assert [item.kind for item in items.items] == ['missed object']
    assert items.header() == '1 of 3 matter, the rest is rim or below 10 mm^2'


def test_a_wrong_class_is_listed_under_both_labels():
    reference, prediction = np.zeros((2, 30, 30), np.uint8)
    reference[2:12, 2:12] = 1
    prediction[2:12, 2:12] = 2
    reference[20:25, 20:25] = prediction[20:25, 20:25] = 1
    reference[20:25, 2:7] = prediction[20:25, 2:7] = 2
    found = {(item.label, item.kind) for item in compare(reference, prediction).items.items}
    assert found == {(1, 'missed object'), (2, 'spurious object')}


def test_diagonal_neighbours_are_one_piece():
    reference, prediction = np.zeros((2, 30, 30), np.uint8)
    reference[2:5, 2:5] = prediction[2:5, 2:5] = 1
    reference[20, 20] = reference[21, 21] = 1
    assert len(compare(reference, prediction).items) == 1


def test_items_and_rim_hold_every_error_voxel_once(pair):
    reference, prediction, spacing = pair
    for tolerance in (0.6, 2.0):
        comparison = compare(reference, prediction, spacing, tolerance_mm=tolerance)
        errors = comparison.metrics[1]['fp'].value + comparison.metrics[1]['fn'].value
        items = comparison.items
        assert sum(item.voxels for item in items.items) + items.rim_voxels == errors
        assert items.total >= len(items)
        for item in items.items:
            assert comparison.error_map[item.position] == item.code
            assert all(start <= i < stop for i, (start, stop) in zip(item.position, item.box, strict=True))


def test_depth_is_that_of_the_distance_transform(pair):
    reference, prediction, spacing = pair
    items = compare(reference, prediction, spacing, tolerance_mm=0.5).items.items
    sampling = spacing or (1.0,) * reference.ndim
    to_mask = {
        ErrorCode.FALSE_NEGATIVE: ndimage.distance_transform_edt(prediction == 0, sampling=sampling),
        ErrorCode.FALSE_POSITIVE: ndimage.distance_transform_edt(reference == 0, sampling=sampling),
    }
    for item in items:
        assert item.depth == pytest.approx(to_mask[item.code][item.position], rel=1e-14)
        box = tuple(slice(*ends) for ends in item.box)
        assert item.depth <= to_mask[item.code][box].max()


def test_it_is_json_and_sorted_by_depth_times_volume():
    items = compare(*scene(), spacing=(2.0, 2.0)).items
    record = json.loads(json.dumps(items.to_dict(), allow_nan=False))
    weights = [item['depth'] * item['volume'] for item in record['items']]
    assert weights == sorted(weights, reverse=True)
    assert record['rim']['voxels'] == 80  # the four corner pixels lie 2.8 mm off


def test_two_models_of_a_ct_leave_a_list_a_person_can_work_through(shared_data):
    import nibabel as nib

    reference, prediction = (
        np.asarray(nib.load(shared_data / 'ct' / name).dataobj).T.astype(np.uint8)
        for name in ('organs.nii.gz', 'organs_second.nii.gz')
    )
    items = compare(reference, prediction, (3.0, 3.0, 3.0), tolerance_mm=3.0).items.above(0.1)
    assert len(items) < 50 < 1000 < items.total
    assert items.rim_volume > 5 * sum(item.volume for item in items.items)


def test_one_label_has_its_own_totals():
    reference, prediction = scene()
    reference[45:50, 50:55] = 2
    both = compare(reference, prediction, spacing=(1.0, 1.0)).items
    assert both.header() == '3 of 4 matter, the rest is rim'
    assert both.of(1).header() == '2 of 3 matter, the rest is rim'
    assert both.of(2).header() == '1 of 1 matter'
    assert both.of(3).header() == 'no errors'
    assert both.of(None) is both


def test_a_floor_goes_up_and_down():
    items = compare(*scene(), spacing=(1.0, 1.0)).items
    assert [len(items.above(floor)) for floor in (0, 9, 9.5, 20, 21)] == [2, 2, 1, 1, 0]
    assert items.above(21).above(0).header() == items.header()
