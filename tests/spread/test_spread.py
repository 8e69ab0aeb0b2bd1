"""Trueness and precision over draws, worked out by hand; bands along severity; what is not random is not repeated."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cases.case import Case, Label
from napari_segrobust.errors import CompareError, PerturbationError, SegrobustError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.perturb import new_perturbation
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.spread import VOLUME, Numbers, band, spread, stamp

NOISE = new_perturbation('gaussian_noise', 4.0, seed=7)
BLUR = new_perturbation('gaussian_blur', 1.0)


class Bright:
    """Voxels above 0.5 are the object."""

    device = 'cpu'
    key = 'bright'

    def __init__(self):
        self.spec = ModelSpec(
            name='bright', dimensions=3, classes=('background', 'object'), window=(4, 12, 12), blending='constant'
        )
        self.runs = 0

    def __call__(self, windows):
        import torch

        self.runs += 1
        return torch.cat([0.5 - windows, windows - 0.5], dim=1)


@pytest.fixture
def model():
    return Bright()


@pytest.fixture
def case():
    """A bright cube of 4 x 6 x 6 voxels of 2 x 1 x 1 mm in a dark image; one window for all of it."""
    image = np.zeros((1, 4, 12, 12), np.float32)
    image[0, :, 3:9, 3:9] = 1
    return Case(
        name='cube',
        image=image,
        geometry=GridGeometry.from_spacing((4, 12, 12), (2.0, 1.0, 1.0)),
        references={'expert': (image[0] > 0).astype(np.uint8)},
        labels={1: Label('object')},
        provenance={'dtype': 'uint8'},
    )


def test_worked_by_hand():
    numbers = Numbers((1.0, 2.0, None, 6.0), clean=2.0, unit='ml')
    assert numbers.n == 3
    assert numbers.mean == 3.0
    assert numbers.bias == 1.0
    assert numbers.sd == math.sqrt((4 + 1 + 9) / 2)
    assert numbers.rc == 2.77 * math.sqrt(7)
    assert numbers.to_dict()['values'] == [1.0, 2.0, None, 6.0]


def test_equals_numpy():
    values = np.random.default_rng(0).normal(5, 2, 9)
    numbers = Numbers(tuple(values), clean=4.0)
    assert numbers.mean == pytest.approx(values.mean())
    assert numbers.sd == pytest.approx(values.std(ddof=1))
    assert numbers.bias == pytest.approx(values.mean() - 4)


def test_too_few_values():
    none, one = Numbers((None, None), clean=1.0), Numbers((3.0,), clean=None)
    assert (none.mean, none.bias, none.sd, none.rc, none.n) == (None, None, None, None, 0)
    assert (one.mean, one.bias, one.sd, one.rc, one.n) == (3.0, None, None, None, 1)


def test_values_are_those_of_a_run_for_each_seed(case, model):
    found = spread(case, model, Scenario(perturbations=(NOISE,)), seeds=(3, 4, 5), metrics=['dice'])
    single = [
        sr.run(case, model, Scenario(perturbations=(NOISE.model_copy(update={'seed': seed}),))) for seed in (3, 4, 5)
    ]
    assert found.seeds == (3, 4, 5)
    assert found.random
    assert found.against == 'reference'
    dice, volume = found.labels[1]['dice'], found.labels[1][VOLUME]
    assert dice.values == tuple(result.comparison.metrics[1]['dice'].value for result in single)
    assert dice.clean == 1.0
    assert dice.bias < 0
    assert dice.sd > 0
    assert volume.values == tuple(np.count_nonzero(result.labels) * 0.002 for result in single)
    assert (volume.clean, volume.unit) == (144 * 0.002, 'ml')
    assert found.stamp == 'one image, 3 draws, one training'
    assert set(found.labels[1]) == {VOLUME, 'dice'}


def test_every_metric_without_a_choice(case, model):
    found = spread(case, model, Scenario(perturbations=(NOISE,)), seeds=(1, 2))
    assert {'dice', 'hd95', 'volume_difference_ml', 'brier'} <= set(found.labels[1])
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told['labels']['1']['dice']['n'] == 2
    assert told['repeatability'] == '2.77 standard deviations'


def test_what_is_not_random_runs_once(case, model):
    found = spread(case, model, Scenario(perturbations=(BLUR,)), seeds=range(5), metrics=['dice'])
    assert not found.random
    assert found.seeds == (0,)
    assert found.labels[1]['dice'].sd is None
    assert model.runs == 2


def test_one_seed_twice_is_one_draw(case, model):
    assert spread(case, model, Scenario(perturbations=(NOISE,)), seeds=(1, 1, 2), metrics=['dice']).seeds == (1, 2)


def test_without_a_reference_the_clean_prediction_stands_in(case, model):
    bare = replace(case, references={})
    found = spread(bare, model, Scenario(perturbations=(NOISE,)), seeds=(1, 2))
    assert found.against == 'clean prediction'
    assert found.labels[1]['dice'].clean == 1.0
    with_reference = spread(case, model, Scenario(perturbations=(NOISE,)), seeds=(1, 2), metrics=['dice'])
    # the model is right on the clean image, so both say the same
    assert found.labels[1]['dice'].values == with_reference.labels[1]['dice'].values


def test_volume_of_a_flat_image_is_an_area(model):
    image = np.zeros((1, 12, 12), np.float32)
    image[0, 3:9, 3:9] = 1
    flat = Case(
        name='square',
        image=image,
        geometry=GridGeometry.from_spacing((12, 12), (0.5, 0.5)),
        references={'expert': (image[0] > 0).astype(np.uint8)},
        provenance={'dtype': 'uint8'},
    )
    model.spec = ModelSpec(name='bright', dimensions=2, classes=('background', 'object'), window=(12, 12))
    volume = spread(flat, model, Scenario(perturbations=(NOISE,)), seeds=(1, 2), metrics=['dice']).labels[1][VOLUME]
    assert (volume.clean, volume.unit) == (9.0, 'mm^2')


def test_a_warp_that_carries_the_clean_prediction_is_no_instability(case, model):
    bare = replace(case, references={})
    turned = new_perturbation('flip', 1.0)
    found = spread(bare, model, Scenario(perturbations=(turned,)), seeds=(1,))
    assert found.labels[1]['dice'].values == (1.0,)


def test_virtual_raters_are_draws_too(case, model):
    rater = new_perturbation('virtual_rater', 3.0)
    found = spread(case, model, Scenario(perturbations=(rater,)), seeds=(1, 2, 3), metrics=['dice'])
    assert found.random
    assert found.labels[1]['dice'].sd > 0
    assert found.labels[1][VOLUME].sd == 0, 'the image is the same'


def test_a_band_along_severity(case, model):
    scenario = Scenario(perturbations=(BLUR.model_copy(update={'severity': 0.5}), NOISE))
    found = band(case, model, scenario, 1, (0, 3.0, 5.0), (3, 4, 5), 'dice')
    assert (found.metric, found.label, found.severities, found.seeds) == ('dice', 1, (0, 3.0, 5.0), (3, 4, 5))
    at_five = spread(
        case,
        model,
        Scenario(perturbations=(scenario.perturbations[0], NOISE.model_copy(update={'severity': 5.0}))),
        seeds=(3, 4, 5),
        metrics=['dice'],
    ).labels[1]['dice']
    assert found.numbers[2] == at_five
    assert found.low[2] == min(at_five.values)
    assert found.high[2] == max(at_five.values)
    assert found.median[2] == sorted(at_five.values)[1]
    assert found.mean[2] == at_five.mean
    assert found.sd[2] == at_five.sd
    assert found.low[0] == found.high[0], 'the noise is off'
    assert found.numbers[0].n == 3
    assert model.runs == (1 + 1 + 3 + 3) + (1 + 3)
    assert found.mean[0] > found.mean[1] > found.mean[2]
    assert found.stamp == 'one image, 3 draws, one training'


def test_a_band_of_the_volume(case, model):
    found = band(case, model, Scenario(perturbations=(NOISE,)), 0, (5.0,), (3, 4), VOLUME)
    assert found.numbers[0].unit == 'ml'
    assert found.numbers[0].n == 2


def test_an_entry_that_is_off_is_followed(case, model):
    off = NOISE.model_copy(update={'enabled': False})
    assert band(case, model, Scenario(perturbations=(off,)), 0, (5.0,), (3, 4), 'dice').high[0] < 1


@pytest.mark.parametrize(
    ('index', 'metric', 'label', 'kind'),
    [(2, 'dice', None, PerturbationError), (0, 'dice', 9, CompareError), (0, 'cl_dices', None, CompareError)],
)
def test_what_is_not_there_is_refused(case, model, index, metric, label, kind):
    with pytest.raises(kind):
        band(case, model, Scenario(perturbations=(NOISE,)), index, (1.0,), (1, 2), metric, label=label)


def test_no_seeds_are_refused(case, model):
    with pytest.raises(PerturbationError, match='at least one seed'):
        spread(case, model, Scenario(perturbations=(NOISE,)), seeds=())


def test_progress_and_cancel(case, model):
    told = []
    scenario = Scenario(perturbations=(NOISE,))
    spread(case, model, scenario, seeds=(1, 2), metrics=['dice'], progress=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(SegrobustError, match='cancelled'):
        spread(case, model, scenario, seeds=(1, 2), cancel=lambda: len(told) > 0)


def test_a_stamp_in_words():
    assert stamp() == 'one image, one draw, one training'
    assert stamp(images=20, draws=5, trainings=3) == '20 images, 5 draws, 3 trainings'
