"""The golden pair: a published stroke case whose metrics another tool printed."""

import json

import nibabel as nib
import numpy as np
import pytest

from napari_segrobust.compare import compare


@pytest.fixture(scope='module')
def stroke(shared_data):
    """Reference, prediction (Z, Y, X), spacing, and what USE-Evaluator printed; compared as arrays, as it does."""
    folder = shared_data / 'stroke'
    images = [nib.load(folder / f'{name}.nii.gz') for name in ('reference', 'prediction')]
    masks = [np.ascontiguousarray(np.asarray(image.dataobj).T > 0.5) for image in images]
    spacing = tuple(float(zoom) for zoom in images[0].header.get_zooms()[::-1])
    printed = json.loads((folder / 'expected_metrics.json').read_text())['results']['all'][0]['1']
    return *masks, spacing, printed


def test_counts_and_distances_are_those_printed(stroke):
    reference, prediction, spacing, printed = stroke
    values = {key: value.value for key, value in compare(reference, prediction, spacing).metrics[1].items()}
    assert values['dice'] == pytest.approx(0.1620039349, abs=1e-9)
    for key, name in (
        ('dice', 'Dice'),
        ('iou', 'Jaccard'),
        ('precision', 'Precision'),
        ('recall', 'Recall'),
        ('reference_volume_ml', 'Volume Reference'),
        ('prediction_volume_ml', 'Volume Test'),
        ('absolute_volume_difference_ml', 'Volume Absolute Difference'),
        ('volumetric_similarity', 'Volumetric Similarity'),
    ):
        assert values[key] == pytest.approx(printed[name], abs=1e-6), key
    assert values['tp'] + values['fn'] == printed['Total Positives Reference']
    assert values['tp'] + values['fp'] == printed['Total Positives Test']
    assert values['detection'] == 'TP'
    assert printed['Image-level TP'] == 1
    assert values['hd95_pooled'] == pytest.approx(printed['Hausdorff Distance 95'], abs=1e-3)
    assert values['masd'] == pytest.approx(printed['Avg. Symmetric Surface Distance'], abs=1e-3)


@pytest.mark.parametrize('tolerance', [2, 5, 10])
def test_surface_dice_is_that_printed(stroke, tolerance):
    reference, prediction, spacing, printed = stroke
    found = compare(reference, prediction, spacing, tolerance_mm=tolerance, metrics=['nsd_surfel']).metrics[1]
    assert found['nsd_surfel'].value == pytest.approx(printed[f'Surface Dice Variable {tolerance}'], abs=1e-3)
