"""The stages: what each key depends on, and what a run gives where the answer can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.compare import compare
from napari_segrobust.errors import CaseError, ModelError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.judging import clean_of
from napari_segrobust.perturb import Perturbation, Region
from napari_segrobust.pipeline import PerturbedImage, advance, infer, plane_block, run, stability
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


def test_a_slab_of_the_perturbed_image_equals_the_whole(case):
    seen = PerturbedImage(case, (NOISE,), clean_of(case))
    part = seen.block(plane_block(case.shape, 0, 1)).copy()
    assert not seen.is_whole
    assert seen.compute_whole(slab=1)
    assert seen.is_whole
    assert seen.nbytes == case.image.nbytes
    np.testing.assert_array_equal(part[:, 0], seen.block((slice(0, 2), slice(0, 4), slice(0, 4)))[:, 1])


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
