"""Stacks on the command line: recipes, levels of benchmarks, several draws."""

from __future__ import annotations

import json

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.perturb import Region, load_recipe, mask_sha256, new_perturbation, preset_stack, save_recipe

PERTURB = 'perturb --image image.nii.gz --reference reference.nii.gz --out out.nii.gz'
RUN = 'run --image image.nii.gz --reference reference.nii.gz --model brain-unet --out out'


def pixels(path):
    return sr.load_case(path).image


def recorded(files):
    return json.loads((files / 'out/run.json').read_text())


def test_a_preset_is_made_for_the_image(say, files):
    said = say(f'{PERTURB} --preset imagenet-c:gaussian_blur:2')
    assert 'defined on 224 x 224; this image is 32 x 32' in said
    assert 'gaussian blur, severity 2 (sigma 2 mm)' in said, 'pixels of 1 mm'
    say(f'{RUN} --preset kamath-2025:harder --perturb gamma:1')
    asked = recorded(files)['scenario']['perturbations']
    spacing = sr.load_case(files / 'image.nii.gz').geometry.spacing_mm
    assert asked[0] == preset_stack('kamath-2025', 'texture', 'harder', spacing)[0].model_dump(mode='json')
    assert asked[1]['name'] == 'gamma'


def test_a_level_that_uses_the_reference(say, files):
    say(f'{PERTURB} --preset kamath-2025:texture:easiest')
    clean, out = pixels(files / 'image.nii.gz'), pixels(files / 'out.nii.gz')
    inside = sr.load_case(files / 'image.nii.gz', references=files / 'reference.nii.gz').references['reference'] > 0
    np.testing.assert_allclose(out[0][inside], clean[0][inside], atol=1e-4)
    assert np.abs(out - clean)[0][~inside].max() > 1


def test_a_stack_travels_in_a_recipe(say, files):
    say(f'{PERTURB} --perturb gaussian_noise:2:7 --perturb gamma:1 --save-recipe stack.json')
    first = (files / 'out.nii.gz').read_bytes()
    assert [entry.name for entry in load_recipe(files / 'stack.json')[0].stack] == ['gaussian_noise', 'gamma']
    say(f'{PERTURB} --recipe stack.json')
    assert (files / 'out.nii.gz').read_bytes() == first


def test_a_drawn_region_repeats_from_the_run_file(say, files):
    drawn = np.zeros((4, 32, 32), bool)
    drawn[1:3, 10:20, 10:20] = True
    key = mask_sha256(drawn)
    region = Region(kind='mask', mask_sha256=key)
    save_recipe(files / 'r.json', [new_perturbation('gaussian_noise', 4.0, 7, region=region)], masks={key: drawn})
    say(f'{RUN} --recipe r.json')
    assert recorded(files)['case']['masks']['path'] == '../r.masks.npz'
    say('run --from out/run.json --out elsewhere')
    for name in ('prediction.nii.gz', 'run.json', 'metrics.json'):
        assert (files / 'out' / name).read_bytes() == (files / 'elsewhere' / name).read_bytes()
    say('perturb --image image.nii.gz --recipe r.json --out again.nii.gz')
    changed = (pixels(files / 'again.nii.gz') != pixels(files / 'image.nii.gz'))[0]
    assert changed.any()
    assert not changed[~drawn].any()


def test_several_draws(say, files):
    said = say(f'{RUN} --perturb gaussian_noise:3 --seeds 3')
    spread = json.loads((files / 'out/spread.json').read_text())
    assert 'one image, 3 draws, one training' in said
    assert 'predicted_volume: mean' in said
    assert spread['seeds'] == [0, 1, 2]
    label = next(iter(spread['labels']))
    alone = json.loads((files / 'out/metrics.json').read_text())['labels'][label]
    assert spread['labels'][label]['dice']['values'][0] == alone['dice']['value'], 'the run itself has seed 0'
    say('run --from out/run.json --seeds 2 --out twice')
    assert json.loads((files / 'twice/spread.json').read_text())['seeds'] == [0, 1]


def test_several_draws_of_what_is_not_random(say, files):
    assert 'nothing in the stack is random' in say(f'{RUN} --perturb gamma:3 --seeds 3')


@pytest.mark.parametrize(
    ('words', 'complaint'),
    [
        (f'{PERTURB} --preset nothing:1:1', 'Unknown preset'),
        (f'{PERTURB} --preset kamath-2025', 'choose from easiest, easier, clean, harder, hardest'),
        (f'{PERTURB} --preset imagenet-c', 'choose from gaussian_noise'),
        (f'{PERTURB} --preset imagenet-c:gaussian_blur', 'choose from 1, 2, 3, 4, 5'),
        (f'{PERTURB} --preset imagenet-c:nothing', 'choose from gaussian_noise'),
        (f'{PERTURB} --preset imagenet-c:gaussian_blur:9', 'Unknown level'),
        (f'{PERTURB} --recipe gone.json', 'gone.json cannot be read'),
        (f'{RUN} --seeds 1', 'Give at least 2'),
        (f'{RUN} --seeds many', 'invalid int value'),
        (f'{RUN} --scenario {{}} --preset kamath-2025:clean', 'A scenario says all that is done'),
        ('run --image image.nii.gz --prediction prediction.nii.gz --seeds 3 --out out', 'a given mask has no draws'),
        ('run --from out/run.json --recipe a.json --out again', 'A run file says all that is done'),
        ('perturbations --modality MRT', "Unknown modality: 'MRT'. Choose one of: MR"),
    ],
)
def test_mistakes_are_one_line(refused, words, complaint):
    assert complaint in refused(words)


def test_presets_are_listed(say):
    assert 'texture: easiest, easier, clean, harder, hardest' in say('presets')
    (kamath,) = (preset for preset in json.loads(say('presets --json -')) if preset['name'] == 'kamath-2025')
    assert kamath['size'] == [256, 256]
    assert [level['title'] for level in kamath['series']['texture']][2] == 'clean'
    assert kamath['series']['texture'][4]['stack'][0]['parameters']['sigma'] ** 2 == pytest.approx(0.3)


def test_perturbations_by_group_and_for_a_modality(say):
    said = say('perturbations')
    assert said.index('blur:') < said.index('noise:')
    listed = json.loads(say('perturbations --modality us --json -'))
    assert 'speckle' in {entry['name'] for entry in listed}
    assert {name for name, spec in sr.perturbations().items() if 'US' in spec.modalities} == {
        entry['name'] for entry in listed
    }
    assert 'rician_noise' not in say('perturbations --modality US')


def test_a_guest_is_called_by_library_and_name(say, files):
    said = say(f'{PERTURB} --perturb monai:RandGaussianNoise:1:3 --save-recipe guest.json')
    assert 'MONAI RandGaussianNoise (no common random numbers)' in said
    entry = load_recipe(files / 'guest.json')[0].stack[0]
    assert (entry.name, entry.severity, entry.seed) == ('monai:RandGaussianNoise', 1.0, 3)
