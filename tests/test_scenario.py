"""The record of a run: what acts, what is refused, and that it survives JSON."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from napari_segrobust.context import Context
from napari_segrobust.perturb import Perturbation, Region
from napari_segrobust.scenario import Judgement, Scenario

NOISE = Perturbation(name='gaussian_noise', severity=2.5, seed=7)
BLUR = Perturbation(name='gaussian_blur', severity=1.0, seed=3)


def test_default_does_nothing():
    assert Scenario().stack == ()
    assert Scenario().judgement.tolerance_mm == 2.0


def test_stack_keeps_order_and_leaves_out_what_does_not_act():
    off = BLUR.model_copy(update={'enabled': False})
    none = NOISE.model_copy(update={'severity': 0.0})
    assert Scenario(perturbations=(BLUR, off, NOISE, none)).stack == (BLUR, NOISE)


def test_one_seed_for_all():
    assert [p.seed for p in Scenario(perturbations=(NOISE, BLUR), seed=1).stack] == [1, 1]
    assert [p.seed for p in Scenario(perturbations=(NOISE, BLUR)).stack] == [7, 3]


def test_clean_keeps_everything_else():
    asked = Scenario(perturbations=(NOISE,), context=Context(overlap=0.5), seed=4)
    assert asked.clean() == Scenario(context=Context(overlap=0.5), seed=4)


def test_json_brings_back_the_same_scenario():
    asked = Scenario(
        perturbations=(NOISE.model_copy(update={'region': Region(kind='box', box=((0, 2), (1, 3)))}), BLUR),
        context=Context(box=((0, 4), (0, 4)), window=(2, 2), overlap=0.25, blending='gaussian'),
        judgement=Judgement(
            reference='expert', threshold=0.4, label_map={1: 5}, tolerance_mm=3.0, definitions={'error_weights': [1, 2]}
        ),
        seed=11,
    )
    assert Scenario.model_validate_json(asked.model_dump_json()) == asked


@pytest.mark.parametrize(
    'fields',
    [
        {'judgement': {'threshold': 1.5}},
        {'judgement': {'tolerance_mm': -1}},
        {'judgement': {'definitions': {'tolerance_mm': 1}}},
        {'judgement': {'definitions': {'gamma': 1}}},
        {'judgement': {'definitions': {'bins': 0}}},
        {'judgement': {'definitions': {'bins': 'many'}}},
        {'judgement': {'tolerance_mm': float('nan')}},
        {'judgement': {'tolerance_mm': float('inf')}},
        {'perturbations': ({'name': 'gaussian_noise', 'severity': 6},)},
        {'perturbations': ({'name': 'gaussian_noise', 'severity': float('nan')},)},
        {'perturbations': ({'name': 'gaussian_noise', 'seed': -1},)},
        {'seed': -1},
        {'sede': 1},
    ],
)
def test_what_is_refused(fields):
    with pytest.raises(ValidationError):
        Scenario.model_validate(fields)


def test_a_record_cannot_be_changed():
    with pytest.raises(ValidationError):
        Scenario().seed = 3
