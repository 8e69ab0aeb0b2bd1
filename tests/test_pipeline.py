"""The stages: what each key depends on, and what a run gives where the answer can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.compare import compare, metric_specs
from napari_segrobust.errors import CaseError, ModelError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.judging import clean_of, gather
from napari_segrobust.perturb import Perturbation, Region
from napari_segrobust.perturbed import PerturbedImage
from napari_segrobust.pipeline import advance, infer, plane_block, run, stability
from napari_segrobust.scenario import Judgement, Scenario
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.walk import Walk

NOISE = Perturbation(name='gaussian_noise', severity=2.0, seed=7)


class Bright:
    """Voxels above 0.5 are the object."""

    device = 'cpu'

    def __init__(self, key: str = 'bright', classes: tuple[str, ...] = ('background', 'object'), **spec: Any) -> None:
        self.spec = ModelSpec(name=key, dimensions=3, classes=classes, window=(2, 4, 4), blending='constant', **spec)
        self.key = key
        self.calls = 0

    def __call__(self, windows):
        import torch

        self.calls += 1
        others = [torch.full_like(windows, -9.0)] * (len(self.spec.classes) - 2)
        return torch.cat([0.5 - windows, windows - 0.5, *others], dim=1)


@pytest.fixture
def case() -> Case:
    """Two slices of 4 x 4 voxels of 2 x 1 x 1 mm: four bright voxels in slice 1, three of which are the reference."""
    image = np.zeros((1, 2, 4, 4), np.float32)
    image[0, 1, 1:3, 1:3] = 1
    reference = np.zeros((2, 4, 4), np.uint8)
    reference[1, 1:3, 1:3] = 5
    reference[1, 2, 2] = 0
    return Case(
        name='tiny',
        image=image,
        geometry=GridGeometry.from_spacing((2, 4, 4), (2.0, 1.0, 1.0)),
        references={'expert': reference, 'second': np.roll(reference, 1, axis=2)},
        predictions={'given': np.where(reference, 5, 0).astype(np.uint8)},
        labels={5: Label('object')},
        provenance={'dtype': 'uint8'},
    )


def walk(case: Case, model: Any = None, given: str | None = None, **scenario: Any) -> Walk:
    model = model if model is not None or given is not None else Bright()
    return Walk(case, model, Scenario(**scenario), given)


KEYS = ('perturb_key', 'infer_key', 'label_key', 'compare_key')


def changed(first: Walk, second: Walk) -> set[str]:
    """Keys in which two walks differ."""
    return {key for key in KEYS if getattr(first, key) != getattr(second, key)}


# -- keys ---------------------------------------------------------------------------------------------------------


def test_equal_questions_have_equal_keys(case):
    copy = replace(case, name='another name', image=case.image.copy())
    assert changed(walk(case, perturbations=(NOISE,)), walk(copy, perturbations=(NOISE,))) == set()


@pytest.mark.parametrize(
    ('scenario', 'first'),
    [
        ({'perturbations': (NOISE.model_copy(update={'severity': 2.5}),)}, 'perturb_key'),
        ({'perturbations': (NOISE.model_copy(update={'seed': 8}),)}, 'perturb_key'),
        ({'perturbations': (NOISE, NOISE)}, 'perturb_key'),
        ({'perturbations': (NOISE,), 'seed': 9}, 'perturb_key'),
        ({'perturbations': (NOISE,), 'context': {'overlap': 0.5}}, 'infer_key'),
        ({'perturbations': (NOISE,), 'context': {'window': (2, 2, 2)}}, 'infer_key'),
        ({'perturbations': (NOISE,), 'context': {'box': ((0, 2), (0, 4), (0, 3))}}, 'infer_key'),
        ({'perturbations': (NOISE,), 'judgement': {'threshold': 0.6}}, 'label_key'),
        ({'perturbations': (NOISE,), 'judgement': {'label_map': {1: 6}}}, 'label_key'),
        ({'perturbations': (NOISE,), 'judgement': {'tolerance_mm': 3}}, 'compare_key'),
        ({'perturbations': (NOISE,), 'judgement': {'definitions': {'beta': 1.0}}}, 'compare_key'),
        ({'perturbations': (NOISE,), 'judgement': {'reference': 'second'}}, 'compare_key'),
    ],
)
def test_a_change_reaches_its_stage_and_all_that_follow(case, scenario, first):
    other = Walk(case, Bright(), Scenario.model_validate(scenario))
    assert changed(walk(case, perturbations=(NOISE,)), other) == set(KEYS[KEYS.index(first) :])


def test_what_does_nothing_changes_nothing(case):
    off = NOISE.model_copy(update={'enabled': False})
    none = NOISE.model_copy(update={'severity': 0.0})
    assert changed(walk(case), walk(case, perturbations=(off, none))) == set()


def test_another_image_or_model_or_mask(case):
    other_image = replace(case, image=case.image + 1)
    moved = replace(case, geometry=GridGeometry.from_spacing((2, 4, 4), (3.0, 1.0, 1.0)))
    other_mask = replace(case, references={'expert': case.references['second']})
    assert changed(walk(case), walk(other_image)) == set(KEYS)
    assert changed(walk(case), walk(moved)) == set(KEYS)
    assert changed(walk(case), walk(case, Bright('other'))) == set(KEYS[1:])
    assert changed(walk(case), walk(other_mask)) == {'compare_key'}


def test_a_mask_counts_for_the_image_only_where_a_perturbation_follows_it(case):
    inside = NOISE.model_copy(update={'region': Region(kind='foreground')})
    other = replace(case, references={'expert': case.references['second']})
    assert 'perturb_key' not in changed(walk(case, perturbations=(NOISE,)), walk(other, perturbations=(NOISE,)))
    assert 'perturb_key' in changed(walk(case, perturbations=(inside,)), walk(other, perturbations=(inside,)))


def test_nothing_acts_on_a_mask_that_was_given(case):
    clean, noisy = walk(case, given='given'), walk(case, given='given', perturbations=(NOISE,))
    assert changed(clean, noisy) == set()
    assert noisy.stack == ()


# -- label maps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('classes', 'labels', 'expected'),
    [
        (('background', 'Object'), {5: 'object'}, {1: 5}),
        (('background', 'anything'), {5: 'object'}, {1: 5}),
        (('background', 'spleen', 'liver'), {1: 'liver', 2: 'spleen'}, {1: 2, 2: 1}),
        (('background', 'spleen', 'liver'), {1: 'liver'}, {1: 0, 2: 1}),
        (('background', 'a', 'b'), {1: 'c', 2: 'd'}, {1: 0, 2: 0}),
    ],
    ids=['names', 'one and one', 'crossed', 'left out', 'numbers mean nothing'],
)
def test_label_map_is_proposed_by_names(case, classes, labels, expected):
    named = replace(case, labels={value: Label(name) for value, name in labels.items()})
    assert walk(named, Bright(classes=classes)).label_map == expected


def test_label_map_without_a_reference_keeps_the_numbers(case):
    alone = replace(case, references={})
    assert walk(alone, Bright(classes=('background', 'a', 'b'))).label_map == {1: 1, 2: 2}


def test_label_map_of_one_unnamed_label(case):
    assert walk(replace(case, labels={})).label_map == {1: 5}


def test_label_map_that_was_chosen_stays(case):
    assert walk(case, judgement=Judgement(label_map={1: 9})).label_map == {1: 9}


# -- runs ---------------------------------------------------------------------------------------------------------


def test_run_by_hand(case):
    """Four voxels predicted, three of them right: dice = 6 / 7, volume difference = 1 voxel of 0.002 ml."""
    result = run(case, Bright())
    expected = np.where(case.image[0] > 0.5, 5, 0)
    np.testing.assert_array_equal(result.labels, expected)
    np.testing.assert_array_equal(result.image, case.image)
    values = result.comparison.metrics[5]
    assert values['dice'].value == pytest.approx(6 / 7)
    assert values['iou'].value == pytest.approx(3 / 4)
    assert values['volume_difference_ml'].value == pytest.approx(0.002)
    assert np.count_nonzero(result.comparison.error_map == 2) == 1
    assert result.comparison.error_map[1, 2, 2] == 2
    np.testing.assert_allclose(result.probabilities[1], 1 / (1 + np.exp(1 - 2 * case.image[0])), atol=1e-6)
    assert set(result.times_ms) == {'perturb', 'plan', 'infer', 'label', 'compare'}
    assert result.valid is None


def test_run_with_noise_of_severity_0_is_the_clean_run(case):
    none = NOISE.model_copy(update={'severity': 0.0})
    assert run(case, Bright(), Scenario(perturbations=(none,))).key == run(case, Bright()).key


def test_run_repeats_to_the_bit(case):
    first, second = (run(case, Bright(), Scenario(perturbations=(NOISE,))) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes() != case.image.tobytes()
    assert first.probabilities.tobytes() == second.probabilities.tobytes()


def test_run_of_a_given_prediction(case):
    result = run(case, None, Scenario(perturbations=(NOISE,)), given='given')
    np.testing.assert_array_equal(result.labels, case.predictions['given'])
    np.testing.assert_array_equal(result.image, case.image)
    assert result.probabilities is None
    assert result.comparison.metrics[5]['dice'].value == 1


def test_run_against_another_rater(case):
    scenario = Scenario(judgement=Judgement(reference='second'))
    assert run(case, Bright(), scenario).comparison.metrics[5]['dice'].value == pytest.approx(2 * 2 / 7)


def test_run_without_a_reference(case):
    result = run(replace(case, references={}), Bright())
    assert result.comparison is None
    assert set(np.unique(result.labels)) == {0, 1}


def test_numbers_are_taken_inside_the_context_box(case):
    """Without column 2 two voxels are right and none is wrong."""
    result = run(case, Bright(), Scenario(context={'box': ((0, 2), (0, 4), (0, 2))}))
    assert not result.labels[..., 2:].any()
    assert not result.comparison.error_map[..., 2:].any()
    assert result.valid.sum() == 16
    assert result.comparison.metrics[5]['dice'].value == 1
    assert result.comparison.metrics[5]['tp'].value == 2


def test_run_is_stopped_between_windows(case):
    model = Bright()
    with pytest.raises(ModelError, match='Run cancelled'):
        run(case, model, Scenario(context={'window': (1, 2, 2)}), cancel=lambda: model.calls >= 2)
    assert model.calls == 2


def test_progress_counts_to_the_end(case):
    told = []
    by_slice = Scenario(context={'window': (1, 4, 4)})
    run(case, Bright(), by_slice, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == told[-1][1]


def test_windows_done_for_a_plane_are_not_done_again(case):
    model = Bright()
    asked = walk(case, model, context={'window': (1, 4, 4), 'overlap': 0.0})
    inference = infer(asked, PerturbedImage(case, asked.stack, clean_of(case)))
    assert advance(inference, plane_block(case.shape, 0, 1))
    assert (model.calls, inference.done, inference.total) == (1, 1, 2)
    assert advance(inference)
    assert model.calls == 2


def test_mistakes_are_named(case):
    with pytest.raises(CaseError, match='No such reference: nobody'):
        run(case, Bright(), Scenario(judgement=Judgement(reference='nobody')))
    with pytest.raises(CaseError, match=r'No such prediction: nothing. Choose one of: given'):
        run(case, None, given='nothing')
    with pytest.raises(CaseError, match='No such prediction'):
        run(case, None)


def test_stability_compares_with_the_clean_prediction(case):
    model = Bright()
    perturbed = run(case, model, Scenario(perturbations=(NOISE,)))
    clean = run(case, model)
    by_hand = compare(clean.labels, perturbed.labels, spacing=case.geometry.spacing_mm)
    found = stability(perturbed)
    assert stability(clean) is None
    assert found.metrics[5]['dice'] == by_hand.metrics[5]['dice']
    assert found.roles == ('clean prediction', 'prediction')


# -- warps, noise of annotations, headers -------------------------------------------------------------------------

FLIP = Perturbation(name='flip', severity=1.0)
ALONE = FLIP.model_copy(update={'moves_reference': False})
RATER = Perturbation(name='under_segmentation', severity=1.0, parameters={'distance': 1.0})
SPACING = Perturbation(name='wrong_spacing', severity=4.0)


def test_a_carried_reference_gives_the_dice_of_moving_the_prediction_by_hand(case):
    expert = case.references['expert']
    carried = run(case, Bright(), Scenario(perturbations=(FLIP,)))
    by_hand = compare(expert[..., ::-1], carried.labels, spacing=case.geometry.spacing_mm, labels=[5])
    np.testing.assert_array_equal(carried.reference, expert[..., ::-1])
    assert carried.comparison.metrics[5]['dice'] == by_hand.metrics[5]['dice']
    assert carried.comparison.metrics[5]['dice'].value == pytest.approx(6 / 7)
    assert carried.comparison.error_map[1, 2, 1] == 2
    alone = run(case, Bright(), Scenario(perturbations=(ALONE,)))
    np.testing.assert_array_equal(alone.labels, carried.labels)
    np.testing.assert_array_equal(alone.reference, expert)
    assert alone.comparison.metrics[5]['dice'].value == pytest.approx(
        compare(expert, alone.labels, labels=[5]).metrics[5]['dice'].value
    )


def test_each_key_depends_on_what_acts_there_and_on_nothing_else(case):
    def keys(*perturbations, **options):
        asked = walk(case, perturbations=perturbations, **options)
        return asked.perturb_key, asked.label_key, asked.reference_key, asked.compare_key

    stacks = (), (NOISE,), (FLIP,), (ALONE,), (RATER,), (SPACING,)
    clean, noisy, flipped, alone, redrawn, told = (keys(*stack) for stack in stacks)
    assert clean[2] == noisy[2] == alone[2] == told[2]
    assert len({clean[2], flipped[2], redrawn[2]}) == 3
    assert redrawn[:2] == clean[:2]
    assert len({keys_[3] for keys_ in (clean, noisy, flipped, alone, redrawn, told)}) == 6
    louder = NOISE.model_copy(update={'severity': 4.0})
    assert keys(NOISE, FLIP, RATER)[2] == keys(FLIP, louder, RATER)[2]
    channel = FLIP.model_copy(update={'clip': True, 'scale': 'byte'})
    assert keys(channel)[2] == flipped[2]
    assert walk(case, given='given', perturbations=(FLIP, NOISE)).reference_key == clean[2]


def test_noise_of_annotations_acts_on_the_reference_alone(case):
    result = run(case, Bright(), Scenario(perturbations=(RATER,)))
    assert not result.reference.any()
    assert result.comparison.metrics[5]['dice'].value == 0
    np.testing.assert_array_equal(result.labels, run(case, Bright()).labels)
    assert stability(result) is None


def test_noise_of_annotations_acts_where_the_prediction_was_given_and_warps_do_not(case):
    moved = run(case, None, Scenario(perturbations=(FLIP, NOISE)), given='given')
    np.testing.assert_array_equal(moved.reference, case.references['expert'])
    assert moved.comparison.metrics[5]['dice'].value == 1
    redrawn = run(case, None, Scenario(perturbations=(FLIP, RATER)), given='given')
    assert redrawn.walk.stack == (RATER,)
    assert not redrawn.reference.any()


def test_the_clean_prediction_is_carried_to_where_the_image_went(case):
    aside = replace(case, image=np.roll(case.image, 1, axis=3))
    for stack, dice in (((FLIP,), 1), ((ALONE,), 0)):
        found = stability(run(aside, Bright(), Scenario(perturbations=stack)))
        assert found.metrics[5]['dice'].value == dice


class Told:
    """A model that is told the spacing and answers with nothing else."""

    device, key = 'cpu', 'told'

    def __init__(self):
        self.spec = ModelSpec(name='told', dimensions=3, classes=('background', 'object'))
        self.spacings = []

    def segment(self, image, spacing, shown):
        self.spacings.append(spacing)
        return np.concatenate([image <= 0.5, image > 0.5]).astype(np.float32)


def test_a_wrong_spacing_is_what_the_network_is_told_and_changes_no_number_in_mm(case):
    model = Told()
    true, wrong = (run(case, model, Scenario(perturbations=stack)) for stack in ((), (SPACING,)))
    assert [tuple(spacing) for spacing in model.spacings] == [(2.0, 1.0, 1.0), (4.0, 1.0, 1.0)]
    assert wrong.comparison.spacing == true.comparison.spacing == (2.0, 1.0, 1.0)
    assert wrong.comparison.metrics[5]['hd'] == true.comparison.metrics[5]['hd']
    np.testing.assert_array_equal(wrong.image, case.image)


def test_soft_references_and_images_are_carried_and_a_redrawn_reference_has_no_soft_one(case):
    expert = (case.references['expert'] > 0).astype(np.float32)
    soft = replace(case, soft_references={'expert': np.stack([1 - expert, expert])})
    metrics = [key for key, spec in metric_specs().items() if {'soft_reference', 'image'} & set(spec.needs)]
    found = gather(walk(soft, perturbations=(FLIP,)), None, metrics)
    np.testing.assert_array_equal(found.soft_reference[1], expert[..., ::-1])
    np.testing.assert_array_equal(found.image, case.image[0, ..., ::-1])
    plane = gather(walk(soft, perturbations=(FLIP,)), None, metrics, plane_block(case.shape, 0, 1))
    np.testing.assert_array_equal(plane.soft_reference[1], expert[1:2, :, ::-1])
    assert gather(walk(soft, perturbations=(RATER,)), None, metrics).soft_reference is None
