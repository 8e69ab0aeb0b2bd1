"""Scenes: the numbers that the literature prints, answers that the numbers hold, and clear words about bad files."""

import json
import re

import numpy as np
import pytest
import surface_distance
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice
from sklearn import metrics as sklearn_metrics

from napari_segrobust.errors import LabError
from napari_segrobust.lab import SAME, load_scene, rows, scenes
from napari_segrobust.lab.drawing import Drawing, read_rows, write_rows

pytestmark = [
    # MONAI 1.6 calls itself with an argument that it will drop in 1.7.
    pytest.mark.filterwarnings('ignore:.*always_return_as_numpy:FutureWarning'),
    # surface-distance 0.1 imports from a namespace of SciPy that goes away.
    pytest.mark.filterwarnings('ignore:.*scipy.ndimage.* namespace:DeprecationWarning'),
]

#: Values as they are printed: scene, pane, metric, value with its digits.
PRINTED = """
structure_size | large | dice 0.973 boundary_iou 0.596 hd 1
structure_size | small | dice 0.889 boundary_iou 0.579 hd 1 cohen_kappa 0.884
single_voxels | large, one missing | dice 0.992 hd95 0 hd95_pooled 0
single_voxels | large, two missing | dice 0.985 hd95 0 hd95_pooled 0
single_voxels | small, one missing | dice 0.933 hd95 0.65 hd95_pooled 0.30
single_voxels | small, two missing | dice 0.857 hd95 1.65 hd95_pooled 1.35
shape | trunk only | dice 0.667 cl_dice 0.475 hd 10 nsd 0.590
shape | all branches, thin | dice 0.686 cl_dice 0.780 hd 2 nsd 0.836
shape_table | 1 | dice 0.6 iou 0.4 hd 1.4 hd95 1.3 assd 0.9 masd 0.9 nsd 1.0
shape_table | 2 | dice 0.6 iou 0.4 hd 3.6 hd95 3.1 assd 1.0 masd 1.0 nsd 0.7
shape_table | 3 | dice 0.6 iou 0.4 hd 3.0 hd95 2.0 assd 0.8 masd 0.7 nsd 0.8
shape_table | 4 | dice 0.6 iou 0.4 hd 2.2 hd95 2.0 assd 0.8 masd 0.7 nsd 0.8
shape_table | 5 | dice 0.6 iou 0.4 hd 2.0 hd95 1.2 assd 0.8 masd 0.8 nsd 0.9
alignment | thin band, centred | dice 0.5 centre_distance 0 volumetric_similarity 0.5 nsd 0.5 hd 2
alignment | right size, shifted | dice 0.5 centre_distance 3 volumetric_similarity 1.0 nsd 0.5 hd 3
holes | a hole inside | dice 0.899 hd 6 nsd 0.80 recall 0.816
annotation_noise | exact, without the slip | hd 11.31 hd95 6.79 hd95_pooled 2.26 hd95_surfel 11.31 assd 0.666 nsd 0.941
resolution | 0.5 mm | hd 1.12 nsd 0.851
resolution | 1 mm | dice 0.897 hd 1 nsd 1
resolution | 2 mm | dice 0.929 hd 2 nsd 0.727
resolution | 4 mm | dice 0.857 hd 4 nsd 0.8
over_under | too small | dice 0.40 f_beta 0.294 hd 1.41 assd 1.104 masd 1.069 nsd 0.75
over_under | too large | dice 0.615 f_beta 0.800 hd 1.41 assd 1.052 masd 1.041 nsd 0.875
large_dominates_small | all four, roughly | dice 0.788
large_dominates_small | only the large one | dice 0.985
prevalence | small field of view | dice 0.833 accuracy 0.953 cohen_kappa 0.806 mutual_information_bits 0.339
prevalence | small field of view | auc_hard 0.903
prevalence | large field of view | dice 0.833 accuracy 0.999 cohen_kappa 0.833 mutual_information_bits 0.016
border_convention | a cross | hd 2 hd95 2 hd_surfel 2 hd95_surfel 2 nsd 0.8889 nsd_surfel 0.8845
border_convention | four voxels far away | hd95 0 hd95_surfel 21.2
volume_blind | somewhere else | volumetric_similarity 1.0 dice 0 cohen_kappa -0.067 hd 11.31
"""
#: Printed and exact values of numbers that were rounded twice.
ROUNDED_TWICE = {
    ('structure_size', 'large', 'cohen_kappa'): (0.902, 0.90147),
    ('resolution', '0.5 mm', 'dice'): (0.887, 0.88646),
    ('prevalence', 'large field of view', 'auc_hard'): (0.917, 0.91648),
}
NAMES = tuple(scenes())


def panes(name):
    return {pane.name: pane for pane in scenes()[name].draw() if not pane.case}


def value_of(scene, pane, key):
    return panes(scene)[pane].compare([key]).metrics[1][key].value


def printed():
    for line in PRINTED.strip().splitlines():
        scene, pane, values = line.split(' | ')
        words = values.split()
        for key, value in zip(words[::2], words[1::2], strict=True):
            yield pytest.param(scene, pane, key, value, id=f'{scene}-{pane}-{key}')


@pytest.mark.parametrize(('scene', 'pane', 'key', 'value'), list(printed()))
def test_numbers_are_those_printed(scene, pane, key, value):
    digits = len(value.partition('.')[2])
    exact = 1e-12 if digits == 0 else 0.5000001 * 10**-digits
    assert key in scenes()[scene].metrics
    assert value_of(scene, pane, key) == pytest.approx(float(value), abs=exact)


@pytest.mark.parametrize('where', list(ROUNDED_TWICE))
def test_three_printed_numbers_were_rounded_twice(where):
    shown, exact = ROUNDED_TWICE[where]
    assert value_of(*where) == pytest.approx(exact, abs=5e-6)
    assert round(round(exact, 4) + 1e-9, 3) == shown


def test_a_wider_band_sees_both_sizes_alike():
    wide = [pane.with_settings(boundary_width_mm=2) for pane in scenes()['structure_size'].draw()]
    found = {row.spec.key: row.values for row in rows(scenes()['structure_size'], wide)}['boundary_iou']
    assert {name: value.value for name, value in found.items()} == pytest.approx(
        {'large': 0.775, 'small': 0.760}, abs=5e-4
    )


def test_a_hole_has_no_distance_with_outer_contours_only():
    scene = scenes()['holes']
    found = rows(scene, [pane.outer_contours() for pane in scene.draw()])
    values = {row.spec.key: row.values['a hole inside'].value for row in found}
    assert values == {'hd': 0, 'dice': 1, 'recall': 1, 'nsd': 1}


@pytest.mark.parametrize('name', NAMES)
def test_the_answer_is_what_the_numbers_say(name):
    scene = scenes()[name]
    table = rows(scene)
    assert len(table) == len(scene.metrics) * max(1, len(scene.aggregate))
    if scene.question.metric is not None:
        assert table[0].right == (scene.question.answer,)
    assert any(len(set(map(str, row.values.values()))) > 1 for row in table), 'nothing tells the panes apart'


@pytest.mark.parametrize('name', NAMES)
def test_words_are_complete(name):
    scene = scenes()[name]
    assert scene.question.text.endswith('?')
    assert scene.explanation.endswith('.')
    assert not re.search(r'\.\s+[A-Z]', scene.explanation), 'one sentence'
    assert scene.source
    assert len(scene.contestants) >= 2


@pytest.mark.parametrize('name', NAMES)
def test_distances_are_those_of_monai_and_counts_those_of_scikit_learn(name):
    for pane in scenes()[name].draw():
        if not (pane.reference.any() and pane.prediction.any()):
            continue
        tolerance = pane.settings.tolerance_mm
        keys = ('dice', 'iou', 'precision', 'recall', 'hd', 'hd95', 'assd', 'nsd')
        found = {key: value.value for key, value in pane.compare(keys).metrics[1].items()}
        masks = pane.prediction.ravel(), pane.reference.ravel()
        guess, truth = (mask == 1 for mask in masks)
        prediction, reference = (
            torch.from_numpy(m == 1)[None, None].float() for m in (pane.prediction, pane.reference)
        )
        common = {'include_background': True, 'spacing': pane.spacing or (1.0,) * pane.reference.ndim}
        expected = {
            'dice': sklearn_metrics.f1_score(truth, guess),
            'iou': sklearn_metrics.jaccard_score(truth, guess),
            'precision': sklearn_metrics.precision_score(truth, guess),
            'recall': sklearn_metrics.recall_score(truth, guess),
            'hd': float(compute_hausdorff_distance(prediction, reference, **common)),
            'hd95': float(compute_hausdorff_distance(prediction, reference, percentile=95, **common)),
            'assd': float(compute_average_surface_distance(prediction, reference, symmetric=True, **common)),
            'nsd': float(compute_surface_dice(prediction, reference, [tolerance], **common)),
        }
        assert found == pytest.approx(expected, rel=2e-6, abs=1e-6), pane.name


OUTSIDERS = {
    'accuracy': lambda truth, guess, _: sklearn_metrics.accuracy_score(truth, guess),
    'cohen_kappa': lambda truth, guess, _: sklearn_metrics.cohen_kappa_score(truth, guess),
    'auc_hard': lambda truth, guess, _: sklearn_metrics.roc_auc_score(truth, guess),
    'mutual_information_bits': lambda truth, guess, _: sklearn_metrics.mutual_info_score(truth, guess) / np.log(2),
    'f_beta': lambda truth, guess, _: sklearn_metrics.fbeta_score(truth, guess, beta=2),
    'specificity': lambda truth, guess, _: sklearn_metrics.recall_score(~truth, ~guess),
    'auroc': lambda truth, _, certainty: sklearn_metrics.roc_auc_score(truth, certainty),
    'brier': lambda truth, _, certainty: sklearn_metrics.brier_score_loss(truth, certainty),
    'nll': lambda truth, _, certainty: sklearn_metrics.log_loss(truth, certainty),
}


@pytest.mark.parametrize('name', [name for name in NAMES if set(scenes()[name].metrics) & set(OUTSIDERS)])
def test_other_numbers_are_those_of_scikit_learn(name):
    keys = [key for key in scenes()[name].metrics if key in OUTSIDERS]
    for pane in scenes()[name].draw():
        truth, guess = (np.ravel(mask == 1) for mask in (pane.reference, pane.prediction))
        certainty = None if pane.probability is None else np.ravel(pane.probability).astype(float)
        found = pane.compare(keys).metrics[1]
        for key in keys:
            assert found[key].value == pytest.approx(OUTSIDERS[key](truth, guess, certainty), rel=1e-5), key


@pytest.mark.parametrize('name', ['annotation_noise', 'border_convention'])
def test_surface_elements_are_those_of_deepmind(name):
    for pane in scenes()[name].draw():
        masks = (pane.reference > 0, pane.prediction > 0)
        distances = surface_distance.compute_surface_distances(*masks, (1, 1))
        found = pane.compare(['hd_surfel', 'hd95_surfel', 'nsd_surfel']).metrics[1]
        assert [value.value for value in found.values()] == pytest.approx(
            [
                surface_distance.compute_robust_hausdorff(distances, 100),
                surface_distance.compute_robust_hausdorff(distances, 95),
                surface_distance.compute_surface_dice_at_tolerance(distances, 1),
            ]
        )


def test_who_knew_where_the_mistakes_were_is_best_calibrated():
    right = {row.spec.key: row.right for row in rows(scenes()['same_mask'])}
    assert right.pop('dice') == right.pop('nsd') == ('same',)
    assert set(right.values()) == {('unsure at the border',)}


def test_winners_change_with_the_way_to_aggregate():
    right = {row.policy: row.right for row in rows(scenes()['aggregation'])}
    assert right == {'mean': ('model A',), 'dropped': ('model B',), 'pooled': ('model A',)}
    assert {row.spec.key: row.right for row in rows(scenes()['dice_iou_flip'])} == {
        'dice': ('model A',),
        'iou': ('model B',),
    }


def test_every_scene_of_one_prediction_and_five_raters_shares_the_prediction():
    drawn = scenes()['five_raters'].draw()
    assert len(drawn) == 5
    assert len({pane.prediction.tobytes() for pane in drawn}) == 1
    assert len({pane.reference.tobytes() for pane in drawn}) == 5


def test_one_prediction_has_one_mask_and_three_probabilities():
    drawn = scenes()['same_mask'].draw()
    assert len({pane.prediction.tobytes() for pane in drawn}) == 1
    for pane in drawn:
        np.testing.assert_array_equal(pane.probability > 0.5, pane.prediction == 1)


def test_a_pane_becomes_a_case_and_follows_edits():
    from napari_segrobust.lab import MaskEdit

    pane = panes('holes')['a hole inside']
    case = pane.as_case()
    assert case.shape == (31, 31)
    np.testing.assert_array_equal(case.references['reference'], pane.reference)
    np.testing.assert_array_equal(case.predictions['a hole inside'], pane.prediction)
    edited = pane.edited([MaskEdit(name='dilate', amount=1)])
    assert edited.prediction.sum() > pane.prediction.sum()
    np.testing.assert_array_equal(edited.reference, pane.reference)


SCENE = """
schema = 1
title = "t"
explanation = "e."
metrics = ["dice"]
shape = [4, 6]
question = { text = "q?", answer = "a" }
reference.rows = '''
......
.##...
.##...
......
'''
[[panes]]
name = "a"
[[panes]]
name = "b"
prediction.edits = [{ name = "shift", amount = 1 }]
"""


def write(tmp_path, text, name='mine.toml'):
    path = tmp_path / name
    path.write_text(text, encoding='utf-8')
    return path


def test_a_scene_of_ones_own(tmp_path):
    scene = load_scene(write(tmp_path, SCENE))
    first, second = scene.draw()
    assert first.compare(['dice']).metrics[1]['dice'].value == 1
    assert second.compare(['dice']).metrics[1]['dice'].value == 0.5
    as_json = json.dumps(scene.model_dump(mode='json', by_alias=True))
    assert load_scene(write(tmp_path, as_json, 'mine.json')) == scene


@pytest.mark.parametrize(
    ('before', 'after', 'words'),
    [
        ('title = "t"', '', 'title: Field required'),
        ('schema = 1', 'schema = 2', 'schema'),
        ('["dice"]', '["dize"]', 'unknown metric dize'),
        ('answer = "a"', 'answer = "c"', "the answer 'c' is none of a, b or same"),
        ('answer = "a"', 'answer = "a", metric = "hd"', 'that metric must come first'),
        ('name = "b"', 'name = "a"', 'two panes have one name'),
        ('name = "b"', 'name = "a"\ncase = "2"', 'need aggregate'),
        ('shape = [4, 6]', '', "pane 'a' has no shape"),
        ('shape = [4, 6]', 'shape = [4, 6]\nspacing = [1]', '1 spacings for 2 axes'),
        ('shape = [4, 6]', 'shape = [4, 7]', 'they are \\(4, 6\\) for an image of \\(4, 7\\)'),
        ('.##...\n......', '.##..\n......', 'they have \\[5, 6\\] characters'),
        ('.##...', '.xx...', 'they hold x'),
        ('"shift"', '"melt"', 'Unknown mask edit'),
        ('title =', 'colour = 1\ntitle =', 'colour: Extra inputs'),
        ('title =', 'settings.tolerance_cm = 1\ntitle =', 'unknown setting tolerance_cm'),
        ('title =', 'settings.tolerance_mm = -1\ntitle =', 'Tolerance unusable'),
        ('title = "t"', 'title = t', 'is not TOML'),
        (
            'prediction.edits',
            'reference.shapes = [{ kind = "ball", centre = [1, 1, 1], radius = 1 }]\nprediction.edits',
            'a ball does not have one number',
        ),
        (
            'prediction.edits',
            'reference.shapes = [{ kind = "cone" }]\nprediction.edits',
            "panes.1.reference.shapes.0: Input tag 'cone'",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_entry(tmp_path, before, after, words):
    assert before in SCENE
    path = write(tmp_path, SCENE.replace(before, after))
    with pytest.raises(LabError, match=words) as caught:
        load_scene(path)
    assert 'mine.toml' in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(LabError, match=r'none.toml not read'):
        load_scene(tmp_path / 'none.toml')


def test_rows_read_what_they_write():
    for shape in ((3, 5), (2, 3, 4)):
        mask = np.random.default_rng(0).integers(0, 4, shape).astype(np.uint8)
        np.testing.assert_array_equal(read_rows(write_rows(mask), shape), mask)


def test_shapes_follow_the_spacing():
    drawing = Drawing.model_validate({'shapes': [{'kind': 'tube', 'points': [(10, 10), (10, 30)], 'radius': 3}]})
    areas = [drawing.draw((round(20 / s), round(40 / s)), (s, s)).sum() * s * s for s in (0.25, 0.5, 1.0)]
    assert areas == pytest.approx([20 * 6 + np.pi * 9] * 3, rel=0.03)
    box = Drawing.model_validate({'shapes': [{'kind': 'box', 'start': (1, 2, 0), 'stop': (2, 4, 3), 'label': 2}]})
    mask = box.draw((3, 5, 6), None)
    assert (mask[1:2, 2:4, 0:3] == 2).all()
    assert mask.sum() == 2 * 6


def test_same_is_an_answer():
    assert SAME == 'same'
