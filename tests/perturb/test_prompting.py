"""Prompts under a stack: with the thing that they were set on, in order, and where no warp moves them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.perturb import (
    Clean,
    Region,
    acts_on_image,
    move_prompts,
    new_perturbation,
    perturb_block,
    perturb_labels,
    perturbations,
    prompt_stack,
)
from napari_segrobust.perturb.prompting import landing
from napari_segrobust.perturb.warp import Warp, everything
from napari_segrobust.prompts import Box, Point, Prompts

WARPS = sorted(name for name, spec in perturbations().items() if spec.coordinates)
SHAPE, SPACING = (12, 18, 15), (2.0, 1.0, 0.7)


def clean_case(shape=SHAPE, **options):
    return Clean(np.zeros((1, *shape), np.float32), (0.0, 1.0), SPACING[-len(shape) :], **options)


def test_which_entries_act_on_prompts():
    jitter, flip, noise = (new_perturbation(name, 2.0) for name in ('point_jitter', 'flip', 'gaussian_noise'))
    still, off = new_perturbation('rigid', 2.0, moves_reference=False), new_perturbation('box_jitter', 0.0)
    assert prompt_stack([noise, jitter, still, off, flip]) == (jitter, flip)
    assert not acts_on_image(jitter)
    prompts = Prompts(points=(Point(at=(1.0, 2.0, 3.0)),))
    assert move_prompts(clean_case(), prompts, [noise, still, off]) is prompts


def test_a_voxel_stays_as_it_is_under_what_acts_on_prompts_alone():
    clean = clean_case()
    found = perturb_block(clean, [new_perturbation('point_jitter', 5.0)], block=everything(SHAPE))
    assert np.shares_memory(found, clean.image)


@pytest.mark.parametrize('shape', [SHAPE, (17, 20), (1, 14, 13)])
def test_a_mirroring_is_exact(shape):
    place = tuple(min(2.0, n - 1) for n in shape[:-1])
    prompts = Prompts(
        points=(Point(at=(*place, 3.0)), Point(at=(*place, 3.25), label=0)),
        boxes=(Box(edges=(*((0.0, 1.0) for _ in shape[:-1]), (2.0, 6.5))),),
    )
    found = move_prompts(clean_case(shape), prompts, [new_perturbation('flip', 1.0)])
    n = shape[-1]
    np.testing.assert_allclose(found.points[0].at, (*place, n - 4), atol=1e-4)
    np.testing.assert_allclose(found.points[1].at, (*place, n - 4.25), atol=1e-4)
    assert [point.label for point in found.points] == [1, 0]
    np.testing.assert_allclose(found.boxes[0].edges[-1], (n - 6.5, n - 2), atol=1e-4)
    np.testing.assert_allclose(found.boxes[0].edges[:-1], [(0.0, 1.0)] * (len(shape) - 1), atol=1e-4)


@pytest.mark.parametrize('name', WARPS)
@pytest.mark.parametrize('severity', [1.0, 4.0])
def test_a_point_goes_where_its_voxel_goes(name, severity):
    """The source of the place where it lands is the place where it was."""
    clean, record = clean_case((20, 24)), new_perturbation(name, severity, 5)
    clean = clean if 'reference' not in perturbations()[name].needs else clean_case((20, 24))
    warp = Warp(clean, record)
    places = np.array([(9.0, 11.0), (7.5, 13.0), (12.0, 9.0)])
    found = landing(warp, places)
    sources = warp(everything(clean.shape)).numpy()
    for place, there in zip(places, found, strict=True):
        if ((there < 0) | (there > np.array(clean.shape) - 1)).any():
            continue  # it left the image
        low = np.minimum(there.astype(int), np.array(clean.shape) - 2)
        share = there - low
        corner = sources[:, low[0] : low[0] + 2, low[1] : low[1] + 2]
        source = np.einsum('aij,i,j->a', corner, [1 - share[0], share[0]], [1 - share[1], share[1]])
        assert np.abs(source - place).max() < 0.35


def test_a_point_stays_on_the_label_that_a_warp_carries():
    labels = np.zeros((40, 44), np.uint8)
    labels[12:20, 14:24] = 1
    clean = clean_case((40, 44), references={'r': labels})
    prompts = Prompts(points=(Point(at=(15.0, 18.0)),), boxes=(Box(edges=((12.0, 20.0), (14.0, 24.0))),))
    for name in ('elastic', 'rigid', 'transpose'):
        record = new_perturbation(name, 1.0, 2)
        found = move_prompts(clean, prompts, [record])
        mask = perturb_labels(clean, labels, [record])
        assert mask[tuple(np.rint(found.points[0].at).astype(int))] == 1, name
        rows, columns = np.nonzero(mask)
        for (start, stop), at in zip(found.boxes[0].edges, (rows, columns), strict=True):
            assert start <= at.min() + 1.5, name
            assert stop >= at.max() - 0.5, name


def test_what_leaves_the_image_lies_outside_it():
    weight = np.zeros(SHAPE, np.float32)
    clean = clean_case(region_weights=lambda region, block: weight[block])
    prompts = Prompts(points=(Point(at=(5.0, 6.0, 14.0)),))
    held = new_perturbation('rigid', 3.0, 1, region=Region(kind='foreground'))
    np.testing.assert_allclose(move_prompts(clean, prompts, [held]).points[0].at, (5.0, 6.0, 14.0), atol=1e-4)


def test_entries_act_in_the_order_of_the_stack():
    clean, prompts = clean_case(), Prompts(points=(Point(at=(5.0, 6.0, 4.0)),))
    flip, hand = new_perturbation('flip', 1.0), new_perturbation('point_jitter', 1.0, 3)
    one, other = (move_prompts(clean, prompts, stack) for stack in ([flip, hand], [hand, flip]))
    by = np.subtract(move_prompts(clean, prompts, [hand]).points[0].at, (5.0, 6.0, 4.0))
    np.testing.assert_allclose(np.subtract(one.points[0].at, (5.0, 6.0, 10.0)), by, atol=1e-4)
    np.testing.assert_allclose(np.subtract(other.points[0].at, (5.0, 6.0, 10.0)), by * (1, 1, -1), atol=1e-4)
