"""Imprecise hands: nothing at 0, of the stated size, farther along one draw, and never off the image."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from napari_segrobust.errors import CaseError, PerturbationError
from napari_segrobust.perturb import Clean, get_spec, move_prompts, new_perturbation, perturb, perturbations
from napari_segrobust.prompts import Box, Point, Prompts

NAMES = sorted(name for name, spec in perturbations().items() if spec.kind == 'prompt')
SHAPE, SPACING = (9, 400, 500), (3.0, 0.5, 2.0)


def moved(prompts, name, severity=1.0, seed=0, spacing=SPACING, shape=SHAPE, **given):
    spec = get_spec(name)
    values = {p.name: given.get(p.name, p.at(severity)) for p in spec.parameters}
    return spec.move(prompts, values, seed, spacing, shape)


def many(count=400, at=(4.0, 200.0, 250.0)):
    return Prompts(points=tuple(Point(at=at, label=k % 3) for k in range(count)), candidate=1, scribbles='hash')


BOXES = Prompts(boxes=(Box(edges=((2.0, 5.0), (100.0, 140.0), (200.0, 300.0)), label=2),))


def places(prompts):
    return np.array([point.at for point in prompts.points])


def edges(prompts):
    return np.array([box.edges for box in prompts.boxes])


@pytest.mark.parametrize('name', NAMES)
def test_severity_0_is_the_identity_and_nothing_else_is_touched(name):
    prompts = many(5).model_copy(update={'boxes': BOXES.boxes})
    assert moved(prompts, name, 0.0) == prompts
    found = moved(prompts, name, 5.0, 3)
    assert found != prompts
    assert found == moved(prompts, name, 5.0, 3)
    assert (found.candidate, found.scribbles) == (1, 'hash')
    assert {p.label for p in found.points} <= {0, 1, 2}
    assert moved(Prompts(), name, 5.0) == Prompts()


@pytest.mark.parametrize('sigma', [1.0, 4.0])
def test_points_scatter_as_a_normal_law_in_mm_within_their_slice(sigma):
    away = (places(moved(many(), 'point_jitter', seed=5, sigma=sigma)) - places(many())) * SPACING
    assert not away[:, 0].any()
    for axis in (1, 2):
        assert stats.kstest(away[:, axis] / sigma, 'norm').pvalue > 0.01
    through = (places(moved(many(), 'point_jitter', seed=5, sigma=sigma, through=1.0)) - places(many())) * SPACING
    np.testing.assert_allclose(through[:, 1:], away[:, 1:])
    assert stats.kstest(through[np.abs(through[:, 0]) < 12, 0] / sigma, 'norm').pvalue > 0.01
    flat = moved(Prompts(points=(Point(at=(20.0, 30.0)),)), 'point_jitter', spacing=(1.0, 1.0), shape=(50, 60))
    assert all(a != b for a, b in zip(flat.points[0].at, (20.0, 30.0), strict=True))


def test_displacement_never_falls_while_severity_grows_and_the_draw_stays():
    prompts = many(60, at=(4.0, 3.0, 490.0)).model_copy(update={'boxes': BOXES.boxes})
    severities = np.linspace(0, 5, 21)
    for name, of in (('point_jitter', places), ('box_jitter', edges)):
        away = [np.abs(of(moved(prompts, name, s, 7, through=1.0)) - of(prompts)) for s in severities]
        for less, more in pairwise(away):
            assert (more >= less - 1e-9).all()
            assert more.sum() > less.sum()


def test_a_new_point_leaves_the_draws_of_the_others():
    few, more = many(3), many(4)
    np.testing.assert_array_equal(places(moved(few, 'point_jitter')), places(moved(more, 'point_jitter'))[:3])
    two = Prompts(boxes=BOXES.boxes * 2)
    np.testing.assert_array_equal(edges(moved(BOXES, 'box_jitter'))[0], edges(moved(two, 'box_jitter'))[0])


def test_nothing_leaves_the_image_and_what_was_outside_stays():
    corner = many(200, at=(0.0, 1.0, 498.0))
    found = places(moved(corner, 'point_jitter', 5, through=1.0))
    assert (found >= 0).all()
    assert (found <= np.array(SHAPE) - 1).all()
    assert (found[:, 1] == 0).any()
    outside = places(moved(many(50, at=(-3.0, 200.0, 510.0)), 'point_jitter', 5, through=1.0))
    assert outside[:, 0].min() == -3
    assert outside[:, 2].max() == 510


def test_edges_move_by_a_share_of_the_side():
    boxes = Prompts(boxes=BOXES.boxes * 400)
    away = (edges(moved(boxes, 'box_jitter', seed=2, sd=10)) - edges(boxes)) / np.array([3, 40, 100])[:, None]
    assert not away[:, 0].any()
    for axis, end in ((1, 0), (1, 1), (2, 0), (2, 1)):
        assert stats.kstest(away[:, axis, end] / 0.1, 'norm').pvalue > 0.01


@pytest.mark.parametrize('size', [0.4, 1.0, 7.0])
def test_there_is_always_a_box(size):
    boxes = Prompts(boxes=(Box(edges=((10.0, 10.0 + size),) * 2),) * 100)
    found = edges(moved(boxes, 'box_jitter', spacing=(1.0, 1.0), shape=(20, 20), sd=200))
    assert (found[..., 1] - found[..., 0] >= min(size, 1.0) - 1e-9).all()
    assert (found >= 0).all()
    assert (found <= 20).all()
    assert all(Box.model_validate(box.model_dump()) for box in moved(boxes, 'box_jitter', 5, shape=(20, 20)).boxes)


def test_points_go_one_by_one_and_one_stays():
    prompts = Prompts(points=tuple(Point(at=(0.0, float(k), 0.0)) for k in range(12)))
    left = [set(moved(prompts, 'point_dropout', seed=3, share=share).points) for share in range(0, 101, 5)]
    assert left[0] == set(prompts.points)
    assert len(left[-1]) == 1
    assert all(more >= less for more, less in pairwise(left))
    assert len(moved(many(400), 'point_dropout', seed=1, share=30).points) == pytest.approx(280, abs=30)


def test_an_image_is_no_prompt():
    with pytest.raises(PerturbationError, match='Point jitter unusable: it acts on prompts'):
        perturb(np.zeros((5, 5)), 'point_jitter', 1)
    clean = Clean(np.zeros((1, 5, 5), np.float32), (0.0, 1.0))
    with pytest.raises(CaseError, match='one has 3 axes, and the image has 2'):
        move_prompts(clean, many(1), [new_perturbation('point_jitter', 1.0)])
