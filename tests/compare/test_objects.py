"""Objects, lesions, topology and clinical quantities: by hand, and against other people's code."""

import numpy as np
import pytest
import torch
from monai.metrics import PanopticQualityMetric
from scipy.spatial.distance import pdist
from skimage import measure
from torchmetrics.functional.detection import panoptic_quality

from napari_segrobust.compare import MetricSettings, compare
from napari_segrobust.compare.components import components, euler_characteristic, hole_count
from napari_segrobust.compare.surfaces import Surface

CONNECTIVITIES = {'full': lambda ndim: ndim, 'face': lambda _: 1}
OBJECTS = ('panoptic_quality', 'segmentation_quality', 'recognition_quality', 'objects_tp', 'objects_fp', 'objects_fn')
LESIONS = ('lesion_recall', 'lesion_precision', 'lesion_f1', 'lesions_merged', 'lesions_split')


def boxes(shape, *where):
    mask = np.zeros(shape, np.uint8)
    for rows, columns in where:
        mask[slice(*rows), slice(*columns)] = 1
    return mask


def values(reference, prediction, spacing=None, **kwargs):
    found = compare(reference, prediction, spacing, labels=[1], **kwargs).metrics[1]
    return {key: value.value for key, value in found.items()}


def sides(reference, prediction, key, spacing=None, **kwargs):
    return compare(reference, prediction, spacing, labels=[1], metrics=[key], **kwargs).metrics[1][key].sides


@pytest.mark.parametrize('connectivity', CONNECTIVITIES)
def test_topology_is_that_of_scikit_image(pair, connectivity):
    for mask in pair[:2]:
        surface = Surface.of(mask, 1)
        flat = mask.squeeze()
        reach = CONNECTIVITIES[connectivity](flat.ndim)
        assert len(components(surface, connectivity)) == measure.label(flat, connectivity=reach).max()
        assert euler_characteristic(surface, connectivity) == measure.euler_number(flat, connectivity=reach)
        background = 1 if connectivity == 'full' else flat.ndim
        enclosed = measure.label(np.pad(1 - flat, 1, constant_values=1), connectivity=background).max() - 1
        assert hole_count(surface, connectivity) == enclosed


def test_topology_by_hand():
    ring = boxes((9, 9), ((2, 7), (2, 7))) - boxes((9, 9), ((4, 5), (4, 5)))
    corner = boxes((9, 9), ((1, 3), (1, 3)), ((3, 5), (3, 5)))
    for key, expected in (('components', (1, 1)), ('holes', (1, 0)), ('euler_characteristic', (0, 1))):
        assert sides(ring, corner, key) == expected
    assert sides(ring, corner, 'components', connectivity='face') == (1, 2)
    assert values(ring, corner)['holes'] == -1
    shell = np.ones((5, 5, 5), np.uint8)
    shell[2, 2, 2] = 0
    tube = np.ones((5, 5, 5), np.uint8)
    tube[:, 2, 2] = 0
    assert sides(shell, tube, 'holes') == (1, 0)
    assert sides(shell, tube, 'euler_characteristic') == (2, 0)


def test_area_ratio_of_a_mask_and_one_twice_as_far():
    small, large = boxes((40, 40), ((5, 15), (5, 15))), boxes((40, 40), ((5, 25), (5, 25)))
    contour = [4 * (n - 1) + 4 * np.sqrt(0.5) for n in (10, 20)]
    assert values(small, large)['surface_area_ratio'] == pytest.approx(contour[1] / contour[0])


@pytest.mark.parametrize('connectivity', CONNECTIVITIES)
def test_panoptic_quality_is_that_of_torchmetrics_and_monai(pair, connectivity):
    reference, prediction, spacing = pair
    found = values(reference, prediction, spacing, metrics=OBJECTS, connectivity=connectivity)
    reach = CONNECTIVITIES[connectivity](reference.squeeze().ndim)
    instances = [measure.label(mask.squeeze(), connectivity=reach) for mask in (prediction, reference)]
    # Category 1 is the structure, 0 the background, which is no thing.
    stacked = [torch.from_numpy(np.stack((i > 0, i), axis=-1).astype(np.int64))[None] for i in instances]
    theirs = panoptic_quality(*stacked, things={1}, stuffs={0}, return_sq_and_rq=True, return_per_class=True)[0]
    quality = dict(zip(OBJECTS[:3], theirs.tolist(), strict=True))
    for key in ('panoptic_quality', 'recognition_quality'):
        assert found[key] == pytest.approx(quality[key], abs=1e-6), key
    if found['objects_tp']:
        assert found['segmentation_quality'] == pytest.approx(quality['segmentation_quality'], abs=1e-6)
    else:
        assert found['segmentation_quality'] is None
    if reference.squeeze().ndim == 2:  # MONAI's takes two dimensions
        flat = [torch.from_numpy(np.stack((i, i > 0)).astype(np.int64))[None] for i in instances]
        metric = PanopticQualityMetric(num_classes=1, match_iou_threshold=0.5, metric_name='pq')
        metric(*flat)
        assert found['panoptic_quality'] == pytest.approx(float(metric.aggregate()), abs=1e-5)


def test_an_iou_of_one_half_is_no_match():
    reference, prediction = boxes((9, 9), ((1, 3), (1, 3))), boxes((9, 9), ((1, 5), (1, 3)))
    found = values(reference, prediction)
    assert [found[key] for key in OBJECTS] == [0, None, 0, 0, 1, 1]


def test_a_large_object_hides_small_ones_from_voxels_but_not_from_objects():
    small = (((2, 4), (30, 32)), ((10, 12), (30, 32)), ((20, 22), (30, 32)))
    reference = boxes((30, 40), ((2, 22), (2, 22)), *small)
    all_found, large_found = boxes((30, 40), ((4, 20), (4, 20)), *small), boxes((30, 40), ((2, 22), (2, 22)))
    for prediction, dice, recall in ((all_found, 0.788, 1), (large_found, 0.985, 0.25)):
        found = values(reference, prediction)
        assert found['dice'] == pytest.approx(dice, abs=5e-4)
        assert found['objects_tp'] / 4 == found['lesion_recall'] == recall


def test_lesions_merged_and_split():
    two, one = boxes((12, 20), ((2, 8), (2, 6)), ((2, 8), (10, 14))), boxes((12, 20), ((2, 8), (2, 14)))
    assert [values(two, one)[key] for key in LESIONS] == [1, 1, 1, 1, 0]
    assert [values(one, two)[key] for key in LESIONS] == [1, 1, 1, 0, 1]


def test_the_overlap_that_finds_a_lesion_is_a_setting():
    reference, prediction = boxes((12, 12), ((2, 6), (2, 6))), boxes((12, 12), ((2, 6), (5, 9)))
    for share, found in ((0.0, 1), (0.2, 1), (0.25, 0), (0.5, 0)):
        settings = MetricSettings(lesion_overlap=share)
        assert values(reference, prediction, settings=settings)['lesion_recall'] == found


def test_the_smallest_lesion_that_counts_is_a_setting():
    reference = np.stack([boxes((12, 12), ((2, 6), (2, 6)), ((9, 10), (9, 10)))] * 2)
    prediction = np.stack([boxes((12, 12), ((2, 6), (2, 6)), ((1, 2), (9, 11)))] * 2)
    spacing = (1.0, 10.0, 10.0)  # 0.1 ml a voxel: 3.2 and 0.2 ml; 3.2 and 0.4 ml
    for minimum, count, precision in ((0.0, (2, 2), 0.5), (0.4, (1, 2), 0.5), (0.5, (1, 1), 1), (4, (0, 0), None)):
        settings = MetricSettings(lesion_minimum_ml=minimum)
        assert sides(reference, prediction, 'lesion_count', spacing, settings=settings) == count
        assert values(reference, prediction, spacing, settings=settings)['lesion_precision'] == precision


def test_the_longest_diameter_is_that_of_all_outline_points(pair):
    reference, prediction, spacing = pair
    steps = np.array(spacing or (1.0,) * reference.ndim)[-2:]
    expected = []
    for mask in (reference, prediction):
        numbers = measure.label(mask.squeeze(), connectivity=mask.squeeze().ndim).reshape(-1, *mask.shape[-2:])
        best = 0.0
        for plane in numbers:
            for number in np.unique(plane[plane > 0]):
                points = np.argwhere(plane == number)[:, None] + np.array([(-0.5, 0), (0.5, 0), (0, -0.5), (0, 0.5)])
                best = max(best, pdist(points.reshape(-1, 2) * steps).max())
        expected.append(best)
    assert sides(reference, prediction, 'longest_axial_diameter_mm', spacing) == pytest.approx(expected)


def test_a_row_of_pixels_is_as_long_as_it_is():
    row = boxes((9, 12), ((4, 5), (2, 9)))
    far = row | boxes((9, 12), ((0, 1), (11, 12)))  # another object does not lengthen it
    assert sides(row, far, 'longest_axial_diameter_mm', (1.0, 0.5)) == pytest.approx((3.5, 3.5))


def test_intensities_and_centres_are_those_of_numpy(pair):
    reference, prediction, spacing = pair
    image = np.random.default_rng(0).normal(100, 20, reference.shape).astype(np.float32)
    masks = [mask == 1 for mask in (reference, prediction)]
    for key, function in (('mean_intensity', np.mean), ('sd_intensity', np.std)):
        expected = [function(image[mask].astype(float)) for mask in masks]
        assert sides(reference, prediction, key, spacing, image=image) == pytest.approx(expected)
        found = values(reference, prediction, spacing, image=image, metrics=[key])[key]
        assert found == pytest.approx(expected[1] - expected[0], abs=1e-9)
    centres = [np.argwhere(mask).mean(axis=0) * (spacing or 1.0) for mask in masks]
    for found, expected in zip(sides(reference, prediction, 'centre_of_mass_mm', spacing), centres, strict=True):
        assert found == pytest.approx(expected)
    found = values(reference, prediction, spacing)
    assert found['centre_of_mass_mm'] == pytest.approx(centres[1] - centres[0], abs=1e-12)
    assert found['centre_distance'] == pytest.approx(np.linalg.norm(centres[1] - centres[0]))


def test_mahalanobis_is_its_formula(pair):
    reference, prediction, spacing = pair
    points = [np.argwhere(mask.squeeze() == 1) for mask in (reference, prediction)]
    sizes = [len(p) for p in points]
    if min(sizes) < 2:
        assert values(reference, prediction, spacing)['mahalanobis'] is None
        return
    pooled = sum(n * np.cov(p.T) for n, p in zip(sizes, points, strict=True)) / sum(sizes)
    step = points[1].mean(axis=0) - points[0].mean(axis=0)
    expected = np.sqrt(step @ np.linalg.inv(pooled) @ step)
    assert values(reference, prediction, spacing)['mahalanobis'] == pytest.approx(expected)


@pytest.mark.parametrize(
    'prediction', [boxes((9, 9), ((2, 3), (2, 3))), boxes((9, 9), ((2, 3), (2, 6)))], ids=['a single pixel', 'a line']
)
def test_mahalanobis_of_lines_is_undefined(prediction):
    line = boxes((9, 9), ((4, 5), (2, 8)))
    found = compare(line, prediction, metrics=['mahalanobis']).metrics[1]['mahalanobis']
    assert (found.value, found.status) == (None, 'zero_denominator')
