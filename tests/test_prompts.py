"""What a model is shown, from the record to the prediction: with the image, with the hand, and in the keys."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.cases.case import Case
from napari_segrobust.errors import CaseError, ModelError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.perturb import Perturbation
from napari_segrobust.pipeline import run, stability
from napari_segrobust.prompts import Point, Prompts
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.walk import Walk

NOISE = Perturbation(name='gaussian_noise', severity=2.0, seed=7)
FLIP = Perturbation(name='flip', severity=1.0)
RATER = Perturbation(name='under_segmentation', severity=5.0)


class Bright:
    """A model that is shown nothing but the image."""

    device, key = 'cpu', 'bright'
    spec = ModelSpec(name='bright', dimensions=3, classes=('background', 'object'))

    def segment(self, image, spacing, shown):
        return np.concatenate([image <= 0.5, image > 0.5]).astype(np.float32)


@pytest.fixture
def case():
    """Two slices of 4 x 4 voxels of 2 x 1 x 1 mm, with a reference."""
    mask = np.zeros((2, 4, 4), np.uint8)
    mask[1, 1:3, 1:3] = 1
    return Case(
        name='tiny',
        image=mask[None].astype(np.float32),
        geometry=GridGeometry.from_spacing((2, 4, 4), (2.0, 1.0, 1.0)),
        references={'expert': mask},
        predictions={'given': mask},
        provenance={'dtype': 'uint8'},
    )


class Seeded:
    """The voxel that each point lies in, on whatever image."""

    device, key = 'cpu', 'seeded'

    def __init__(self):
        self.spec = ModelSpec(name='seeded', dimensions=3, classes=('background', 'object'), prompts=('points',))
        self.scribbles = None

    def segment(self, image, spacing, shown):
        self.scribbles = shown.scribbles
        found = np.zeros(image.shape[1:], np.float32)
        for point in shown.prompts.points:
            found[tuple(round(a) for a in point.at)] = 1
        return np.stack([1 - found, found])


JITTER = Perturbation(name='point_jitter', severity=1.0, seed=4)
CLICK = Prompts(points=(Point(at=(1.0, 1.0, 2.0)),))


def test_prompts_go_with_the_image_and_with_the_hand(case):
    def where(*stack, prompts=CLICK):
        return np.argwhere(run(case, Seeded(), Scenario(perturbations=stack, prompts=prompts)).labels).tolist()

    assert where() == [[1, 1, 2]]
    assert where(FLIP) == [[1, 1, 1]]
    assert where(FLIP.model_copy(update={'moves_reference': False})) == [[1, 1, 2]]
    assert where(NOISE, JITTER.model_copy(update={'severity': 5.0})) != [[1, 1, 2]]
    with pytest.raises(ModelError, match='seeded waits for you: nothing was shown'):
        where(prompts=Prompts())


def test_scribbles_go_with_the_image(case):
    drawn = np.zeros((2, 4, 4), np.uint8)
    drawn[1, 1, 0] = 2
    model, shown = Seeded(), CLICK.model_copy(update={'scribbles': 'hash'})
    run(case.with_masks(drawn_masks={'hash': drawn}), model, Scenario(perturbations=(FLIP, RATER), prompts=shown))
    np.testing.assert_array_equal(model.scribbles, drawn[..., ::-1])
    with pytest.raises(CaseError, match='What was drawn is gone'):
        run(case, model, Scenario(prompts=shown))


def test_what_moves_prompts_decides_the_prediction_of_models_that_take_them_alone(case):
    def keys(model, *stack, prompts=CLICK):
        one = Walk(case, model, Scenario(perturbations=stack, prompts=prompts))
        return one.perturb_key, one.infer_key

    clean, moved = keys(Seeded()), keys(Seeded(), JITTER)
    assert moved[0] == clean[0]
    assert moved[1] != clean[1]
    assert keys(Seeded(), JITTER) == moved
    assert len({keys(Seeded(), JITTER.model_copy(update=c))[1] for c in ({}, {'severity': 2.0}, {'seed': 5})}) == 3
    assert keys(Seeded(), JITTER.model_copy(update={'severity': 0.0})) == clean
    assert keys(Seeded(), prompts=Prompts())[1] != clean[1]
    assert keys(Bright(), JITTER) == keys(Bright()) == keys(Bright(), prompts=Prompts())
    assert Walk(case, Bright(), Scenario(perturbations=(JITTER, NOISE))).stack == (NOISE,)
    assert Walk(case, None, Scenario(perturbations=(JITTER, RATER)), 'given').stack == (RATER,)


def test_stability_is_against_what_the_unmoved_prompts_gave(case):
    far = JITTER.model_copy(update={'severity': 5.0})
    found = stability(run(case, Seeded(), Scenario(perturbations=(far,), prompts=CLICK)))
    assert found.metrics[1]['dice'].value == 0
    assert stability(run(case, Bright(), Scenario(perturbations=(far,), prompts=CLICK))) is None
