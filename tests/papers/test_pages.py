"""The words of both pages follow from the numbers: published ones come out as published, reversed ones otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_segrobust.papers import kamath2022, kamath2025, sphere_page, texture_page
from napari_segrobust.papers.sphere_experiment import MODELS, SpherePlan
from napari_segrobust.papers.texture_experiment import TexturePlan
from napari_segrobust.papers.texture_numbers import Means

SPHERES = SpherePlan(seeds=(1, 2))
TEXTURES = TexturePlan(seeds=(1, 2), alphas=kamath2025.ALPHAS, fine=(0.0, 0.05))


def sphere_rows(plan, dice_of):
    """One row for each radius; Dice as `dice_of(model, published window, region)` says."""
    found = []
    for seed in plan.seeds:
        for window in plan.windows:
            for model in MODELS:
                for radius in plan.task.radii(plan.task.test_radii):
                    region = plan.task.region(radius)
                    dice = dice_of(model, sphere_page.published_window(plan, window), region)
                    found.append({
                        'model': model, 'window': window, 'seed': seed, 'radius': radius, 'region': region,
                        'dice': dice, 'disagreement': 1 - dice, 'volume_difference': 0.1,
                        'fraction': 4.19 * (radius / plan.task.size) ** 3,
                    })  # fmt: skip
    return found


def published(model, window, region):
    return kamath2022.SPHERES[model, window][sphere_page.REGIONS.index(region)].dice


def texture_rows(plan, dice_of):
    found = []
    for blended in plan.blended:
        for seed in plan.seeds:
            for model in plan.models_of(blended):
                conditions = [('alpha', alpha) for alpha in plan.alphas] + [('level', place) for place in range(5)]
                conditions += [('speckle', variance) for variance in plan.fine]
                found += [
                    {'blended': blended, 'model': model, 'seed': seed, 'kind': kind, 'value': value, 'case': 0,
                     'dice': dice_of(blended, model, kind, value)}
                    for kind, value in conditions
                ]  # fmt: skip
    return found


def as_in_the_paper(blended, model, kind, value):
    known = kamath2025.SYNTHETIC.get((blended, model, 'easiest'))
    if kind == 'alpha' and known:
        return known[kamath2025.ALPHAS.index(value)]
    if kind == 'level':
        return kamath2025.DICE['heart', model][value]
    return 0.99


def test_published_numbers_come_out_as_published():
    found = sphere_page.findings(SPHERES, sphere_rows(SPHERES, published))
    assert {finding.kind for finding in found} == {'as published', 'open'}
    # Open is only what is published as no difference, or turns into none with radii that are spread evenly.
    assert all('less than' in finding.note or 'order' in finding.note for finding in found if finding.kind == 'open')
    assert sum(finding.kind == 'as published' for finding in found) > len(found) / 2


def test_reversed_numbers_come_out_otherwise():
    """Small balls best, and every network as good inside: no weak ones."""

    def dice(model, window, region):
        return {'smaller': 1.0, 'inside': 0.97, 'larger': 0.9}[region] - (0.001 if model == 'unet' else 0)

    found = sphere_page.findings(SPHERES, sphere_rows(SPHERES, dice))
    kinds = {finding.what: finding.kind for finding in found}
    inside = [kind for what, kind in kinds.items() if 'inside the training range minus smaller' in what]
    assert inside == ['otherwise'] * 9
    assert all(kind == 'otherwise' for what, kind in kinds.items() if 'largest first' in what)


def test_weak_sphere_networks_decide_nothing():
    found = sphere_page.findings(SPHERES, sphere_rows(SPHERES, lambda *key: published(*key) - 0.3))
    assert {finding.kind for finding in found} == {'open'}


def test_windows_are_matched_by_their_share_of_the_cube():
    assert [sphere_page.published_window(SPHERES, window) for window in (16, 24, 32, 40, 48)] == [32, 48, 64, 80, 96]


def test_what_is_equal_to_the_paper_moves_to_the_other_list():
    def alike(plan):
        return {step.what for step in sphere_page.protocol(plan) if step.alike}

    as_paper = replace(SPHERES, seeds=(1, 2, 3))
    assert 'runs of each network and window' in alike(as_paper) - alike(SPHERES)
    assert 'training cubes' in alike(SPHERES)
    assert 'training cubes' not in alike(replace(SPHERES, images=8))
    assert {'edge of the cube, voxels', 'UNETR', 'first rate of Adam, falling along a cosine'}.isdisjoint(
        alike(SPHERES)
    )


def test_published_textures_come_out_as_published():
    found = texture_page.findings(TEXTURES, Means.of(texture_rows(TEXTURES, as_in_the_paper)))
    along = [finding for finding in found if 'trained at' in finding.what]
    assert {finding.kind for finding in along} == {'as published', 'open'}
    assert all('less than' in finding.note or 'failed' in finding.note for finding in along if finding.kind == 'open')


def test_reversed_textures_come_out_otherwise():
    def dice(blended, model, kind, value):
        clean = kind == 'alpha' and value == kamath2025.ALPHAS[0]
        return 0.99 if clean else {'NoSkip U-Net': 0.2}.get(model, 0.9)

    found = texture_page.findings(TEXTURES, Means.of(texture_rows(TEXTURES, dice)))
    hardest = [f for f in found if 'Hardest' in f.what and 'AGU-Net' in f.what]
    assert [finding.kind for finding in hardest] == ['otherwise'] * 2
    middle = [f for f in found if 'alpha 0.6' in f.what and ': U-Net minus' in f.what]
    assert [finding.kind for finding in middle] == ['otherwise'] * 2


def test_two_networks_that_have_failed_decide_nothing():
    def dice(blended, model, kind, value):
        if kind == 'alpha' and value > 0.5:
            return 0.04 if model == 'U-Net' else 0.0
        return 0.99

    found = texture_page.findings(TEXTURES, Means.of(texture_rows(TEXTURES, dice)))
    late = [f for f in found if 'alpha 0.7' in f.what and ': U-Net minus' in f.what]
    assert [finding.kind for finding in late] == ['open'] * 2
    assert all('failed before' in finding.note for finding in late)


def test_weak_texture_networks_are_named():
    means = Means.of(texture_rows(TEXTURES, lambda *_: 0.5))
    weak = texture_page.weak_networks(TEXTURES, means)
    assert ('foreground', 'U-Net') in weak
    assert weak['foreground', 'U-Net'].startswith('U-Net, foreground blended: 0.500 here, 0.990')
    assert {finding.kind for finding in texture_page.findings(TEXTURES, means)} == {'open'}


def test_summaries_hold_every_seed():
    rows = sphere_page.summary(SPHERES, sphere_rows(SPHERES, published))
    assert len(rows) == 3 * 3 * 3 * 2
    assert all(row['dice'] == pytest.approx(row['published_dice_other_data']) for row in rows)
    means = Means.of(texture_rows(TEXTURES, as_in_the_paper))
    lines = texture_page.summary(means, means)
    assert {line['seed'] for line in lines} == {1, 2}
    clean = next(line for line in lines if line['kind'] == 'level' and line['value'] == 2)
    assert (clean['drop'], clean['retained_share']) == (0, 1)
