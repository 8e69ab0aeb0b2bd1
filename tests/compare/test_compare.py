"""The door: JSON, choice of labels and metrics, prepared references, the registry."""

import json
import subprocess
import sys

import numpy as np
import pytest

from napari_segrobust.compare import MetricSettings, PreparedReference, compare, metric_specs
from napari_segrobust.errors import CompareError
from napari_segrobust.geometry import GridGeometry


@pytest.fixture
def labels():
    rng = np.random.default_rng(7)
    reference = np.kron(rng.integers(0, 4, (3, 4, 4)), np.ones((2, 3, 3), int)).astype(np.uint8)
    prediction = np.roll(reference, 1, axis=2)
    return reference, prediction


def test_json_has_the_documented_form(labels):
    record = json.loads(json.dumps(compare(*labels, (2.0, 1.0, 1.0), labels=[1, 3]).to_dict(), allow_nan=False))
    assert list(record) == ['schema', 'geometry', 'conventions', 'labels', 'together', 'slices']
    assert record['schema'] == 1
    assert record['geometry'] == {
        'shape': [6, 12, 12],
        'spacing_mm': [2.0, 1.0, 1.0],
        'affine': None,
        'orientation': None,
        'voxel_ml': 0.002,
    }
    assert list(record['labels']) == ['1', '3']
    assert set(record['labels']['1']['dice']) == {'value', 'unit', 'status', 'reason'}
    assert set(record['labels']['1']) == {key for key, spec in metric_specs().items() if not spec.needs}
    assert list(record['together']) == [
        'dice_mean',
        'dice_pooled',
        'iou_mean',
        'iou_pooled',
        'generalised_dice',
        'cohen_kappa',
        'mcc',
        'confusion_matrix',
    ]
    assert record['together']['confusion_matrix']['labels'] == [0, 1, 3]
    assert np.sum(record['together']['confusion_matrix']['counts']) == labels[0].size
    assert record['slices']['axis'] == 0
    assert record['conventions']['tolerance_mm'] == 2.0
    assert record['conventions']['metrics']['nsd'] == 'voxel surfaces, at 2 mm'
    assert record['conventions']['metrics']['tn'] == 'whole image'
    assert record['conventions']['domain_voxels'] == labels[0].size


def test_json_takes_the_geometry_of_the_case(labels):
    geometry = GridGeometry(labels[0].shape, [[0, 0, -1, 9], [0, -1, 0, 8], [2, 0, 0, 7], [0, 0, 0, 1]])
    record = compare(*labels, geometry.spacing).to_dict(geometry)['geometry']
    assert record['orientation'] == 'SPL'
    assert record['affine'] == geometry.affine.tolist()
    assert record['voxel_ml'] == geometry.voxel_ml


def test_slices_are_what_each_slice_gives_alone(labels):
    reference, prediction = labels
    record = compare(reference, prediction, labels=[1, 2]).to_dict()['slices']['labels']
    for z in range(len(reference)):
        alone = compare(reference[z], prediction[z], labels=[1, 2]).metrics
        for label in (1, 2):
            assert record[str(label)]['dice'][z] == alone[label]['dice'].value


def test_a_choice_of_labels_and_metrics_changes_no_value(labels):
    everything = compare(*labels)
    assert everything.labels == (1, 2, 3)
    chosen = compare(*labels, labels=[3], metrics=['hd', 'dice'])
    assert chosen.metrics == {3: {key: everything.metrics[3][key] for key in ('hd', 'dice')}}


def test_a_prepared_reference_gives_the_same_numbers(labels):
    reference, prediction = labels
    valid = np.ones(reference.shape, bool)
    valid[:, :2] = False
    prepared = PreparedReference(reference, (2.0, 1.0, 1.0), valid)
    for shift in (0, 1, 2):
        moved = np.roll(prediction, shift, axis=1)
        fresh = compare(reference, moved, (2.0, 1.0, 1.0), valid=valid)
        again = compare(reference, moved, prepared=prepared)
        assert fresh.metrics == again.metrics
        assert fresh.items.to_dict() == again.items.to_dict()
    plane = prepared.slice(3)
    assert plane is prepared.slice(3)
    assert (
        compare(reference[3], prediction[3], prepared=plane).metrics
        == compare(reference[3], prediction[3], (1.0, 1.0), valid=valid[3]).metrics
    )
    across = prepared.slice(5, axis=2)
    assert across.spacing == (2.0, 1.0)
    np.testing.assert_array_equal(across.reference, reference[:, :, 5])


def test_the_error_map_is_that_of_the_one_label_asked_for(labels):
    assert set(np.unique(compare(*labels).error_map)) == {0, 1, 2, 3, 4}
    assert set(np.unique(compare(*labels, labels=[2]).error_map)) == {0, 1, 2, 3}


def test_labels_undefined_in_both_masks_are_left_out_of_the_mean_and_named(labels):
    mean = compare(*labels, labels=[1, 9]).together['dice_mean']
    assert mean.value == compare(*labels).metrics[1]['dice'].value
    assert mean.reason == '1 of 2 labels are empty in both masks and left out'


@pytest.mark.parametrize(
    ('tolerance', 'spacing', 'warned'),
    [(2.0, (5, 0.5, 0.5), 1), (5.0, (5, 0.5, 0.5), 0), (0.5, None, 1), (1.0, None, 0)],
)
def test_a_tolerance_below_the_largest_spacing_is_pointed_out(labels, tolerance, spacing, warned):
    comparison = compare(*labels, spacing, tolerance_mm=tolerance, metrics=['nsd'])
    assert len(comparison.warnings) == warned
    assert comparison.to_dict()['conventions']['warnings'] == list(comparison.warnings)


def test_an_axis_of_one_slice_does_not_warn():
    mask = np.ones((1, 5, 5), np.uint8)
    assert compare(mask, mask, (5.0, 0.5, 0.5)).warnings == ()


@pytest.mark.parametrize(
    ('arguments', 'what'),
    [
        ({'prediction': np.zeros((2, 3), int)}, 'not on one grid'),
        ({'metrics': ['dise']}, 'Unknown metric: dise'),
        ({'spacing': (1.0,)}, 'Spacing unusable'),
        ({'spacing': (1.0, -1.0)}, 'Spacing unusable'),
        ({'labels': [0, 1]}, '0 is the background'),
        ({'valid': np.ones((2, 2), bool)}, 'Valid voxels'),
        ({'probability': np.zeros((2, 3, 3))}, 'Probabilities do not fit'),
        ({'probability': np.full((3, 3), 2.0)}, 'not all from 0 to 1'),
        ({'probability': np.full((3, 3), np.nan)}, 'not all from 0 to 1'),
        ({'soft_reference': np.zeros((4, 3))}, 'Soft references do not fit'),
        ({'image': np.zeros((2, 2))}, 'Image not on the grid'),
        ({'bins': 0}, 'Bins unusable'),
        ({'connectivity': 'edge'}, 'Connectivity unusable'),
        ({'beta': 0.0}, 'Beta unusable'),
        ({'boundary_width_mm': 0.0}, 'Boundary width unusable'),
        ({'detection_threshold_ml': -1.0}, 'Detection threshold unusable'),
        ({'probability': np.zeros((2, 3, 3)), 'labels': [1]}, 'Probabilities do not fit'),
        ({'tolerance_mm': -1.0}, 'Tolerance unusable'),
        ({'tolerance_mm': float('nan')}, 'Tolerance unusable'),
    ],
)
def test_mistakes_are_named_in_one_line(arguments, what):
    mask = np.eye(3, dtype=int)
    with pytest.raises(CompareError, match=what) as caught:
        compare(**({'reference': mask, 'prediction': mask} | arguments))
    assert '\n' not in str(caught.value)


def test_every_metric_says_what_a_reader_must_know():
    specs = metric_specs()
    assert {'counts', 'overlap', 'volume', 'distance', 'boundary'} <= {spec.family for spec in specs.values()}
    for key, spec in specs.items():
        assert spec.key == key
        assert all((spec.title, spec.formula, spec.summary, spec.blind_spot, spec.source))
        assert not spec.chip(MetricSettings()).count('{')
        assert len(spec.states) == 3
        assert spec.summary.endswith('.')


#: Keys are a promise: files that others have written name them.
KEYS = """
tp fp fn tn
dice iou precision recall specificity false_positive_rate false_negative_rate f_beta global_consistency_error
tversky_index weighted_hamming
volumetric_similarity volume_difference_ml relative_volume_difference absolute_volume_difference_ml
reference_volume_ml prediction_volume_ml soft_volume_ml volume_bias_ml
rand_index adjusted_rand_index accuracy
mutual_information_bits variation_of_information_bits
cohen_kappa mcc balanced_accuracy auc_hard icc_1_1 probabilistic_distance youden_index negative_predictive_value
positive_likelihood_ratio
hd hd95 hd95_pooled hd_all_voxels assd masd asd_reference_to_prediction asd_prediction_to_reference average_hausdorff
mahalanobis centre_distance
nsd boundary_iou boundary_iou_coco cl_dice
hd_surfel hd95_surfel nsd_surfel asd_reference_to_prediction_surfel asd_prediction_to_reference_surfel
ece ece_roi mce ace brier nll auroc average_precision
dice_semimetric jaccard_semimetric soft_dice soft_dice_squared thresholded_dice
panoptic_quality segmentation_quality recognition_quality objects_tp objects_fp objects_fn
lesion_recall lesion_precision lesion_f1 lesions_merged lesions_split
components holes euler_characteristic surface_area_ratio
longest_axial_diameter_mm mean_intensity sd_intensity lesion_count sphericity centre_of_mass_mm
detection
"""


def test_keys_are_those_that_were_promised():
    assert sorted(metric_specs()) == sorted(KEYS.split())


def test_without_a_reference_the_words_are_those_of_the_pair(labels):
    conventions = compare(*labels, roles=('clean prediction', 'perturbed prediction')).to_dict()['conventions']
    assert conventions['pair'] == ['clean prediction', 'perturbed prediction']
    assert conventions['differences'] == 'perturbed prediction minus clean prediction'


def test_comparing_loads_no_deep_learning():
    code = (
        'import sys, numpy as np; from napari_segrobust.compare import compare, metric_specs; '
        'compare(np.eye(4, dtype=int), np.eye(4, dtype=int)).items; metric_specs(); '
        'assert not {"torch", "monai", "napari", "qtpy"} & set(sys.modules)'
    )
    subprocess.run([sys.executable, '-c', code], check=True)
