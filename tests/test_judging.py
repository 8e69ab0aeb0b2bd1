"""What metrics need beyond labels: the probability of each label, the soft reference, the image."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.cases.case import Case, Label
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.judging import gather
from napari_segrobust.scenario import Judgement, Scenario
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.walk import Walk

SHAPE = (3, 4, 5)


@pytest.fixture
def case():
    rng = np.random.default_rng(1)
    mask = rng.integers(0, 3, SHAPE).astype(np.uint8)
    soft = np.stack([(mask == k) * 0.9 + 0.05 for k in range(3)]).astype(np.float32)
    return Case(
        name='case',
        image=rng.random((2, *SHAPE), np.float32),
        geometry=GridGeometry.from_spacing(SHAPE, (2.0, 1.0, 1.0)),
        references={'expert': mask},
        predictions={'given': mask},
        soft_references={'expert': soft},
        labels={1: Label('one'), 2: Label('two')},
    )


def walk_of(case, classes, label_map, activation='softmax'):
    model = SimpleNamespace(
        spec=ModelSpec(name='model', dimensions=2, classes=tuple(classes), activation=activation), key='model'
    )
    return Walk(case, model, Scenario(judgement=Judgement(label_map=label_map)))


def run_of(channels):
    return SimpleNamespace(
        probabilities=lambda block=None: channels if block is None else channels[(slice(None), *block)]
    )


@pytest.fixture
def channels():
    return np.random.default_rng(2).dirichlet(np.ones(4), SHAPE).astype(np.float32).transpose(3, 0, 1, 2)


def test_nothing_is_gathered_that_no_metric_needs(case):
    walk = walk_of(case, ('a', 'b'), {1: 1})
    evidence = gather(walk, None, ('dice', 'hd95'))
    assert (evidence.probability, evidence.soft_reference, evidence.image) == (None, None, None)
    assert gather(walk, run_of(None), ('soft_dice',)).probability is None


def test_each_label_has_the_probability_of_its_class(case, channels):
    found = gather(walk_of(case, 'zabc', {1: 2, 2: 0, 3: 1}), run_of(channels), ('ece',)).probability
    assert sorted(found) == [1, 2]
    assert np.shares_memory(found[2], channels)
    np.testing.assert_array_equal(found[2], channels[1])
    np.testing.assert_array_equal(found[1], channels[3])


def test_classes_of_one_label_add_up(case, channels):
    found = gather(walk_of(case, 'zabc', {1: 1, 2: 1, 3: 1}), run_of(channels), ('ece',)).probability
    np.testing.assert_allclose(found[1], 1 - channels[0], atol=1e-6)
    assert found[1].max() <= 1
    independent = gather(walk_of(case, 'abcd', {1: 1, 4: 1}, 'sigmoid'), run_of(channels), ('ece',)).probability
    np.testing.assert_array_equal(independent[1], np.maximum(channels[0], channels[3]))


def test_what_is_no_probability_is_not_taken_for_one(case, channels):
    assert gather(walk_of(case, 'abcd', {1: 1}, 'none'), run_of(channels), ('ece',)).probability is None


def test_a_block_is_cut_out_of_everything(case, channels):
    block = pipeline.plane_block(SHAPE, 1, 2)
    flat = gather(walk_of(case, 'zabc', {1: 1, 2: 2}), run_of(channels), None, block).across(1)
    np.testing.assert_array_equal(flat.probability[2], channels[2][:, 2])
    np.testing.assert_array_equal(flat.soft_reference[1], case.soft_references['expert'][1][:, 2])
    np.testing.assert_array_equal(flat.image, case.image[0][:, 2])


def test_a_given_mask_has_no_probability_but_the_rest(case):
    values = pipeline.run(case, None, given='given').comparison.metrics[1]
    assert values['mean_intensity'].value == 0
    assert values['soft_dice_squared'].value > 0.9
    assert 'ece' not in values
    asked = pipeline.run(case, None, given='given', metrics=('ece',)).comparison.metrics[1]['ece']
    assert (asked.value, asked.status) == (None, 'not_applicable')
