"""Borders, bands, centre lines and distances of all voxels, against other people's code on the whole image."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pymia.evaluation.metric import MahalanobisDistance
from scipy import ndimage
from skimage.morphology import skeletonize

from napari_segrobust.compare import compare


def values(pair, **kwargs):
    reference, prediction, spacing = pair
    found = compare(reference, prediction, spacing, labels=[1], **kwargs).metrics[1]
    return {key: value.value for key, value in found.items()}


def flat(pair):
    """Masks and spacing without axes of length one."""
    reference, prediction, spacing = pair
    steps = spacing or (1.0,) * reference.ndim
    keep = [step for step, n in zip(steps, reference.shape, strict=True) if n > 1]
    return reference.squeeze() == 1, prediction.squeeze() == 1, keep


def as_image(mask, spacing):
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing([float(step) for step in spacing[::-1]])
    return image


def metrics_reloaded_band(mask, width, spacing):
    """Voxels of a mask nearer than `width` to its border, as Metrics Reloaded computes it."""
    border = mask & ~ndimage.binary_erosion(mask)
    return mask & (ndimage.distance_transform_edt(~border, sampling=spacing) < width)


def coco_band(mask):
    """What the boundary-IoU interface of COCO calls the boundary."""
    steps = max(1, round(0.02 * np.hypot(*mask.shape[-2:])))
    square = np.ones((1,) * (mask.ndim - 2) + (3, 3))
    return mask & ~ndimage.binary_erosion(mask, square, steps)


def iou(one, two):
    return (one & two).sum() / (one | two).sum()


def test_distances_of_all_voxels_are_those_of_simpleitk(pair):
    found = values(pair, metrics=['hd_all_voxels', 'average_hausdorff'])
    reference, prediction, spacing = flat(pair)
    images = [as_image(mask, spacing) for mask in (reference, prediction)]
    hausdorff = sitk.HausdorffDistanceImageFilter()
    hausdorff.Execute(*images)
    assert found['hd_all_voxels'] == pytest.approx(hausdorff.GetHausdorffDistance(), rel=1e-6)
    assert found['average_hausdorff'] == pytest.approx(hausdorff.GetAverageHausdorffDistance(), rel=1e-6)


@pytest.mark.parametrize('width', [1.0, 2.0, 3.5])
def test_boundary_iou_is_that_of_metrics_reloaded(pair, width):
    reference, prediction, spacing = flat(pair)
    expected = iou(*(metrics_reloaded_band(mask, width, spacing) for mask in (reference, prediction)))
    found = values(pair, metrics=['boundary_iou'], boundary_width_mm=width)['boundary_iou']
    assert found == pytest.approx(expected, rel=1e-12)


def test_coco_bands_are_repeated_erosions(pair):
    reference, prediction, _ = pair
    expected = iou(*(coco_band(mask == 1) for mask in (reference, prediction)))
    assert values(pair, metrics=['boundary_iou_coco'])['boundary_iou_coco'] == pytest.approx(expected, rel=1e-12)


def test_cl_dice_is_that_of_whole_images(pair):
    reference, prediction, _ = flat(pair)
    lines = [skeletonize(mask) for mask in (reference, prediction)]
    found = values(pair, metrics=['cl_dice'])['cl_dice']
    if not all(line.any() for line in lines):
        assert found is None
        return
    recall, precision = reference[lines[1]].mean(), prediction[lines[0]].mean()
    assert found == pytest.approx(2 * recall * precision / max(recall + precision, 1e-9), rel=1e-12)


def test_mahalanobis_is_that_of_pymia(pair):
    reference, prediction, _ = pair
    found = values(pair, metrics=['mahalanobis'])['mahalanobis']
    metric = MahalanobisDistance()
    metric.reference, metric.prediction = reference.squeeze(), prediction.squeeze()
    if found is not None:
        assert found == pytest.approx(metric.calculate(), rel=1e-6)


@given(npst.arrays(bool, (2, 4, 5, 6)), st.tuples(*[st.floats(0.3, 4.0)] * 3), st.sampled_from([0.5, 1.0, 2.0, 4.0]))
def test_bands_of_random_voxels(masks, spacing, width):
    if not masks.any(axis=(1, 2, 3)).all():
        return
    expected = iou(*(metrics_reloaded_band(mask, width - 1e-9, spacing) for mask in masks))
    found = values((*masks, spacing), metrics=['boundary_iou'], boundary_width_mm=width)['boundary_iou']
    assert found == pytest.approx(expected, rel=1e-12)
