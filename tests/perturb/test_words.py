from __future__ import annotations

import pytest

from napari_segrobust.perturb import Region, describe, new_perturbation, perturbations, simulated_lines, simulated_text

RANGE = (-1000.0, 500.0)


def test_one_entry():
    entry = new_perturbation('gaussian_noise', 2.5, 7)
    assert describe(entry, RANGE) == 'gaussian noise 2.5 (sigma 0.15), seed 7'
    assert describe(entry, RANGE, 'HU') == 'gaussian noise 2.5 (sigma 225 HU), seed 7'


def test_units_follow_what_is_known():
    blur = new_perturbation('gaussian_blur', 2.0, 7)
    assert describe(blur, RANGE, 'HU') == 'gaussian blur 2 (sigma 1.6 mm)'
    assert describe(blur, RANGE, length_unit='voxels') == 'gaussian blur 2 (sigma 1.6 voxels)'
    assert describe(new_perturbation('bias_field', 2.0, 7), RANGE) == 'bias field 2 (peak to peak 40 %), seed 7'


def test_stack():
    noise = new_perturbation('gaussian_noise', 2.5, 7)
    blur = new_perturbation('gaussian_blur', 1.0)
    off = noise.model_copy(update={'enabled': False})
    assert simulated_text([], RANGE) == ''
    assert simulated_text([off, new_perturbation('gamma')], RANGE) == ''
    assert simulated_text([noise], RANGE) == 'SIMULATED gaussian noise, severity 2.5 (sigma 0.15), seed 7'
    assert simulated_text([blur, off, noise], RANGE) == (
        'SIMULATED gaussian blur, severity 1 (sigma 0.8 mm) + gaussian noise, severity 2.5 (sigma 0.15), seed 7'
    )


def test_steps_are_said_and_not_counted():
    assert describe(new_perturbation('flip', 0.5), RANGE).startswith('flip 0.5 (left and right)')
    assert '(quarter turn in the plane)' in describe(new_perturbation('wrong_orientation', 5), RANGE)
    assert '(quality 15)' in describe(new_perturbation('jpeg', 3), RANGE)


def test_a_label_has_its_name_where_it_is_known():
    entry = new_perturbation('gamma', 5.0, region=Region(kind='label', label=2))
    assert describe(entry, RANGE, label_name={2: 'white matter'}.__getitem__) == 'gamma 5 (gamma 3), in white matter'


def test_several_stand_in_lines():
    one = [new_perturbation('gaussian_blur', 1.0)]
    assert simulated_lines(one, RANGE) == [simulated_text(one, RANGE)]
    assert simulated_lines([], RANGE) == []
    stack = [new_perturbation('gaussian_noise', 2.5, seed) for seed in range(6)]
    assert simulated_lines(stack, RANGE) == [
        'SIMULATED',
        *(f'gaussian noise 2.5 (sigma 0.15), seed {seed}' for seed in range(4)),
        'and 2 more',
    ]


@pytest.mark.parametrize(
    ('region', 'place'),
    [
        (Region(kind='background'), 'in the background'),
        (Region(kind='label', label=5), 'in label 5'),
        (Region(kind='box', box=((0, 1), (0, 1))), 'in a box'),
        (Region(kind='mask', mask_sha256='x'), 'in a drawn region'),
    ],
)
def test_place_is_named(region, place):
    entry = new_perturbation('gamma', 5.0, region=region)
    assert describe(entry, RANGE) == f'gamma 5 (gamma 3), {place}'


def test_explicit_amounts_are_told():
    assert '(sigma 0.3)' in describe(new_perturbation('gaussian_noise', 1.0, parameters={'sigma': 0.3}), RANGE)


@pytest.mark.parametrize('name', sorted(perturbations()))
def test_seed_is_named_where_it_plays_a_part(name):
    assert ('seed 7' in describe(new_perturbation(name, 1.0, 7), RANGE)) == perturbations()[name].random


def test_what_is_not_seen_in_the_image_is_said():
    assert describe(new_perturbation('virtual_rater', 3.0, 7), RANGE) == (
        'reference redrawn: virtual rater 3 (border sd 1.5 mm), seed 7'
    )
    assert describe(new_perturbation('point_jitter', 3.0, 7), RANGE) == (
        'prompts moved: point jitter 3 (sigma 4 mm), seed 7'
    )
    assert simulated_text([new_perturbation('wrong_spacing', 3.0)], RANGE) == (
        'SIMULATED wrong spacing, severity 3 (the network is told: spacing times 1.5)'
    )
    warp = new_perturbation('rigid', 3.0, 7)
    assert describe(warp, RANGE).endswith('(turned by 18 degrees), seed 7, masks move along')
    assert describe(warp.model_copy(update={'moves_reference': False}), RANGE).endswith('seed 7, masks stay')
