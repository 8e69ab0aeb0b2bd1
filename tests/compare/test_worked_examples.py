"""Worked examples whose masks and values other tools agree on, by hand or printed in the literature."""

import numpy as np
import pytest

from napari_segrobust.compare import compare


def square(shape, *boxes):
    mask = np.zeros(shape, np.uint8)
    for rows, columns in boxes:
        mask[slice(*rows), slice(*columns)] = 1
    return mask


def values(reference, prediction, tolerance=1.0, spacing=None):
    comparison = compare(reference, prediction, spacing, labels=[1], tolerance_mm=tolerance)
    found = {key: value.value for key, value in comparison.metrics[1].items()}
    found['kappa'] = comparison.together['cohen_kappa'].value
    directed = [found[f'asd_{way}_surfel'] for way in ('reference_to_prediction', 'prediction_to_reference')]
    found['masd_surfel'] = None if None in directed else sum(directed) / 2
    for width in (1, 2):
        narrow = compare(reference, prediction, spacing, labels=[1], metrics=['boundary_iou'], boundary_width_mm=width)
        found[f'boundary_iou at {width}'] = narrow.metrics[1]['boundary_iou'].value
    return found


def disk(radius, hole=0):
    y, x = np.mgrid[-15:16, -15:16]
    return ((x * x + y * y <= radius**2) & ((x * x + y * y > hole**2) | (hole == 0))).astype(np.uint8)


FIVE = square((15, 15), ((5, 10), (5, 10)))
EXAMPLES = {
    # A 5 x 5 square; the prediction adds a cross of one pixel's width that reaches two pixels out.
    'plus on a square': (
        FIVE,
        FIVE | square((15, 15), ((7, 8), (3, 12)), ((3, 12), (7, 8))),
        {
            'hd': 2,
            'hd95': 2,
            'assd': 0.4444,
            'masd': 0.4250,
            'nsd': 0.8889,
            'dice': 0.862,
            'iou': 0.76,
            'hd_surfel': 2,
            'hd95_surfel': 2,
            'nsd_surfel': 0.8845,
            'masd_surfel': 0.3204,
            'hd_all_voxels': 2,
            'average_hausdorff': 0.1818,
        },
    ),
    'a stray pixel': (
        square((14, 14), ((2, 5), (2, 5)), ((12, 13), (12, 13))),
        square((14, 14), ((2, 5), (2, 5))),
        {'hd': 11.31, 'hd95': 6.79, 'hd95_pooled': 2.26, 'assd': 0.666, 'nsd': 0.941, 'hd95_surfel': 11.31},
    ),
    'a far false positive': (
        square((60, 60), ((2, 32), (2, 32))),
        square((60, 60), ((2, 32), (2, 32)), ((47, 49), (47, 49))),
        {'hd95': 0, 'hd95_pooled': 0, 'hd95_surfel': 21.2},
    ),
    'square with a hole': (
        square((15, 15), ((2, 13), (2, 13))),
        square((15, 15), ((2, 13), (2, 13))) - square((15, 15), ((5, 10), (5, 10))),
        {'hd': 2, 'hd_surfel': 3, 'hd_all_voxels': 3},
    ),
    'large structure, one row missing': (
        square((23, 23), ((2, 21), (2, 21))),
        square((23, 23), ((2, 20), (2, 21))),
        {'dice': 0.973, 'hd': 1, 'boundary_iou at 1': 0.596, 'boundary_iou at 2': 0.775},
    ),
    'small structure, one row missing': (
        FIVE,
        square((15, 15), ((5, 9), (5, 10))),
        {'dice': 0.889, 'hd': 1, 'boundary_iou at 1': 0.579, 'boundary_iou at 2': 0.760},
    ),
    'large dominates small: all small ones found': (
        square((30, 40), ((2, 22), (2, 22)), ((2, 4), (30, 32)), ((10, 12), (30, 32)), ((20, 22), (30, 32))),
        square((30, 40), ((4, 20), (4, 20)), ((2, 4), (30, 32)), ((10, 12), (30, 32)), ((20, 22), (30, 32))),
        {'dice': 0.788, 'lesion_recall': 1, 'objects_tp': 4, 'objects_fn': 0},
    ),
    'large dominates small: only the large one found': (
        square((30, 40), ((2, 22), (2, 22)), ((2, 4), (30, 32)), ((10, 12), (30, 32)), ((20, 22), (30, 32))),
        square((30, 40), ((2, 22), (2, 22))),
        {'dice': 0.985, 'lesion_recall': 0.25, 'objects_tp': 1, 'objects_fn': 3},
    ),
    'alignment: a band in the middle': (
        square((16, 16), ((4, 10), (4, 10))),
        square((16, 16), ((4, 10), (6, 8))),
        {'dice': 0.5, 'nsd': 0.5, 'hd': 2, 'relative_volume_difference': -2 / 3, 'centre_distance': 0},
    ),
    'alignment: shifted': (
        square((16, 16), ((4, 10), (4, 10))),
        square((16, 16), ((4, 10), (7, 13))),
        {'dice': 0.5, 'nsd': 0.5, 'hd': 3, 'volume_difference_ml': 0, 'centre_distance': 3},
    ),
    'disk with a hole': (
        disk(12),
        disk(12, 5),
        {'dice': 0.899, 'hd': 6, 'nsd': 0.80, 'recall': 0.816, 'hd_surfel': 7, 'holes': 1},
    ),
    'under-segmentation': (
        square((12, 12), ((4, 8), (4, 8))),
        square((12, 12), ((5, 7), (5, 7))),
        {'dice': 0.40, 'hd': 1.41, 'assd': 1.104, 'masd': 1.069, 'nsd': 0.75},
    ),
    'over-segmentation': (
        square((12, 12), ((4, 8), (4, 8))),
        square((12, 12), ((3, 9), (3, 9))),
        {'dice': 0.615, 'hd': 1.41, 'assd': 1.052, 'masd': 1.041, 'nsd': 0.875},
    ),
    'disjoint, of one size': (
        square((16, 16), ((2, 6), (2, 6))),
        square((16, 16), ((10, 14), (10, 14))),
        {'dice': 0, 'kappa': -0.067, 'hd': 11.31, 'volume_difference_ml': 0},
    ),
    'prevalence: small field of view': (
        square((16, 16), ((4, 10), (4, 10))),
        square((16, 16), ((5, 11), (4, 10))),
        {'dice': 0.833, 'kappa': 0.806},
    ),
    'prevalence: large field of view': (
        square((128, 128), ((4, 10), (4, 10))),
        square((128, 128), ((5, 11), (4, 10))),
        {'dice': 0.833, 'kappa': 0.833},
    ),
}


@pytest.mark.parametrize('name', EXAMPLES)
def test_values_are_those_printed(name):
    reference, prediction, expected = EXAMPLES[name]
    found = values(reference, prediction)
    for key, value in expected.items():
        digits = len(str(value).partition('.')[2]) if isinstance(value, float) else 12
        assert found[key] == pytest.approx(value, abs=0.5000001 * 10 ** -min(digits, 12)), key


def test_one_slice_of_shift_is_one_spacing():
    mask = np.zeros((12, 12, 12), np.uint8)
    mask[4:8, 4:8, 4:8] = 1
    assert values(mask, np.roll(mask, 1, axis=0), spacing=(3, 1, 1))['hd'] == 3
    assert values(mask, np.roll(mask, 1, axis=2), spacing=(3, 1, 1))['hd'] == 1


def test_a_distance_equal_to_the_tolerance_is_near():
    mask = np.zeros((20, 20), np.uint8)
    mask[5:15, 5:15] = 1
    assert values(mask, np.roll(mask, 3, axis=0), tolerance=0.3, spacing=(0.1, 0.1))['nsd'] == 1


def test_counts_by_hand():
    found = values(np.array([[1, 1, 0, 0]]), np.array([[0, 1, 1, 0]]))
    assert [found[key] for key in ('tp', 'fp', 'fn', 'tn')] == [1, 1, 1, 1]
    assert (found['precision'], found['recall'], found['iou']) == (0.5, 0.5, pytest.approx(1 / 3))


def test_blobs_that_touch_at_a_corner_are_one_object_or_two():
    mask = square((8, 8), ((2, 4), (2, 4)), ((4, 6), (4, 6)))
    for connectivity, expected in (('full', 1), ('face', 2)):
        found = compare(mask, mask, connectivity=connectivity, metrics=['components', 'objects_tp']).metrics[1]
        assert found['components'].sides == (expected, expected)
        assert found['objects_tp'].value == expected


@pytest.mark.parametrize(
    ('step', 'expected'),
    [
        (0.5, {'dice': 0.887, 'hd': 1.12, 'nsd': 0.851}),
        (1.0, {'dice': 0.897, 'hd': 1, 'nsd': 1}),
        (2.0, {'dice': 0.929, 'hd': 2, 'nsd': 0.727}),
        (4.0, {'dice': 0.857, 'hd': 4, 'nsd': 0.8}),
    ],
)
def test_the_grid_changes_every_number(step, expected):
    centres = np.arange(-12 + step / 2, 12, step)
    distance = np.hypot(*np.meshgrid(centres, centres))
    found = values(distance <= 8, distance <= 9, spacing=(step, step))
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, abs=6e-4 if key != 'hd' else 6e-3), key
