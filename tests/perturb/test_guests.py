"""Transforms of MONAI and TorchIO by name: seeded, harmless to others, and marked for what they are."""

from __future__ import annotations

import json
import random
import sys

import numpy as np
import pytest
import torch

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import (
    Clean,
    Perturbation,
    amounts,
    catalogue,
    describe,
    get_spec,
    in_order,
    new_perturbation,
    perturb,
    perturb_block,
    perturbations,
    simulated_text,
    stage_of,
)
from napari_segrobust.perturb.guests import guest_spec

UNIT = (0.0, 1.0)
GUESTS = ['monai:RandGaussianNoise', 'monai:RandGibbsNoise', 'monai:RandIntensityRemap', 'monai:RandHistogramShift',
          'torchio:RandomMotion', 'torchio:RandomGhosting', 'torchio:RandomSpike']  # fmt: skip


@pytest.fixture
def image():
    return np.random.default_rng(0).random((9, 20, 18), dtype=np.float32)


def whole(shape):
    return tuple(slice(0, n) for n in shape)


@pytest.mark.parametrize('name', GUESTS)
@pytest.mark.parametrize('flat', [True, False])
def test_seed_decides_all_of_a_guest(image, name, flat):
    given = image[4] if flat else image
    one, same, other = (perturb(given, name, 3, seed, intensity_range=UNIT) for seed in (1, 1, 2))
    assert one.shape == given.shape
    assert one.dtype == np.float32
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.array_equal(perturb(given, name, 0.5, 1, intensity_range=UNIT), one)  # in full above 0
    assert np.array_equal(perturb(given, name, 0, 1, intensity_range=UNIT), given)


@pytest.mark.parametrize('name', GUESTS)
def test_nobody_else_notices(image, name):
    def draws():
        return random.random(), float(np.random.rand()), float(torch.rand(1)), _shared_monai()  # noqa: NPY002  # guests draw from the old one

    def seed_all():
        random.seed(5)
        np.random.seed(5)  # noqa: NPY002  # guests draw from the old one
        torch.manual_seed(5)
        from monai.transforms import Randomizable

        Randomizable.R.seed(5)

    seed_all()
    expected = [draws(), draws()]
    seed_all()
    found = [draws()]
    perturb(image, name, 3, 1, intensity_range=UNIT)
    assert [*found, draws()] == expected
    assert not torch.is_inference_mode_enabled()


def _shared_monai():
    from monai.transforms import Randomizable

    return float(Randomizable.R.random_sample())


def test_states_come_back_also_when_a_guest_fails(image):
    random.seed(5)
    expected = random.random()
    random.seed(5)
    with pytest.raises(PerturbationError, match='TorchIO RandomSwap failed: Patch size'):
        perturb(image, 'torchio:RandomSwap', 3, intensity_range=UNIT)
    assert random.random() == expected


def test_noise_is_that_of_monai(image):
    from monai.transforms import RandGaussianNoise

    parameters = {'std': 0.2, 'sample_std': 0}
    out = perturb(image, 'monai:RandGaussianNoise', 3, 7, parameters=parameters, intensity_range=UNIT)
    assert (out - image).std() == pytest.approx(0.2, rel=0.05)
    high, low = Clean(image[None], UNIT).drawn(new_perturbation('monai:RandGaussianNoise', 3, 7))['seed'][0].tolist()
    theirs = RandGaussianNoise(prob=1.0, std=0.2, sample_std=False)
    theirs.set_random_state(seed=int(high) * 2**16 + int(low))
    np.testing.assert_allclose(out, np.asarray(theirs(torch.from_numpy(image[None])))[0], atol=1e-6)


def test_guests_act_on_the_intensity_scale(image):
    one = perturb(image, 'monai:RandGibbsNoise', 3, 7, intensity_range=UNIT)
    other = perturb(image * 1000 - 500, 'monai:RandGibbsNoise', 3, 7, intensity_range=(-500.0, 500.0))
    np.testing.assert_allclose((other + 500) / 1000, one, atol=1e-5)


def test_a_guest_that_writes_into_its_input_harms_nobody(image):
    from monai.transforms import RandCoarseDropout

    parameters = {'holes': 3, 'spatial_size': 4, 'fill_value': 0.5}
    theirs, harmed = (
        RandCoarseDropout(holes=3, spatial_size=4, fill_value=0.5, prob=1.0),
        torch.from_numpy(image[None].copy()),
    )
    theirs(harmed)
    assert not np.array_equal(harmed[0].numpy(), image)  # it does write
    clean, before = Clean(image[None], UNIT), image.copy()
    stack = [new_perturbation('gamma', 0), new_perturbation('monai:RandCoarseDropout', 3, parameters=parameters)]
    one = perturb_block(clean, stack, block=whole(image.shape))
    assert np.array_equal(image, before)
    assert 3 <= (one[0] == 0.5).sum() <= 3 * 4**3
    again = perturb_block(clean, stack, block=whole(image.shape))
    assert np.array_equal(one, again)
    one += 1  # what was handed out belongs to who asked
    assert np.array_equal(perturb_block(clean, stack, block=whole(image.shape)), again)


def test_a_slice_is_a_slice_of_the_volume_in_any_stack(image):
    clean = Clean(np.stack([image, image**2]), UNIT, (3.0, 1.0, 1.0))
    stack = [
        new_perturbation('gaussian_noise', 1, 2),
        new_perturbation('torchio:RandomBlur', 2, 3, channels=(1,)),
        new_perturbation('monai:RandBiasField', 2, 3),
        new_perturbation('denoise_median', 5),
    ]
    expected = perturb_block(clean, stack, block=whole(image.shape))
    part = (slice(3, 4), slice(2, 20), slice(0, 7))
    fresh = Clean(clean.image, UNIT, (3.0, 1.0, 1.0))
    assert np.array_equal(perturb_block(fresh, stack, block=part), expected[(slice(None), *part)])


def test_motion_turns_about_the_image(image):
    """TorchIO turns about the origin of the world: with ours at the middle, what is symmetric stays in its place."""
    point = np.zeros((21, 21, 21), np.float32)
    point[10, 10, 10] = 1
    parameters = {'degrees': 40, 'translation': 0, 'num_transforms': 1}
    out = perturb(
        point, 'torchio:RandomMotion', 3, 7, spacing=(2.0, 1.0, 1.0), parameters=parameters, intensity_range=UNIT
    )
    assert np.unravel_index(out.argmax(), out.shape) == (10, 10, 10)
    assert out.max() > 0.9


@pytest.mark.parametrize(
    ('name', 'parameters', 'given'),
    [
        ('monai:RandGibbsNoise', {'alpha': 1}, {'alpha': (1, 1)}),
        ('monai:RandCoarseDropout', {'holes': 2, 'spatial_size': 3}, {'holes': 2, 'spatial_size': 3}),
        ('monai:RandShiftIntensity', {'offsets': 0.2, 'safe': 1}, {'offsets': 0.2, 'safe': True}),
        ('monai:RandKSpaceSpikeNoise', {'intensity_range': 9}, {'intensity_range': (9, 9)}),
        ('monai:RandGaussianNoise', {'std': 0.1}, {}),
        ('torchio:RandomMotion', {'degrees': 2.5, 'num_transforms': 4}, {'degrees': 2.5, 'num_transforms': 4}),
        ('torchio:RandomNoise', {'std': 0.2}, {'std': (0.2, 0.2)}),
        ('torchio:RandomGhosting', {'num_ghosts': 5, 'axes': 1}, {'num_ghosts': (5, 5), 'axes': 1}),
    ],
)
def test_parameters_reach_the_constructor_in_its_own_form(name, parameters, given):
    from napari_segrobust.perturb import guests

    record = new_perturbation(name, 3, parameters=parameters)
    library, _, transform = name.partition(':')
    found = guests._arguments(guests._transform(library, transform), amounts(record))
    assert found == given
    assert {key: type(value) for key, value in found.items()} == {key: type(value) for key, value in given.items()}


@pytest.mark.parametrize(
    ('name', 'parameters', 'words'),
    [
        ('monai:RandGibsNoise', {}, "Did you mean 'monai:RandGibbsNoise'?"),
        ('monai:RandGibbsNoised', {}, "Did you mean 'monai:RandGibbsNoise'?"),
        ('monai:GibbsNoise', {}, 'Unknown transform of MONAI'),
        ('torchio:RandMotion', {}, "Did you mean 'torchio:RandomMotion'?"),
        ('torchio:ScalarImage', {}, 'Unknown transform of TorchIO'),
        ('albumentations:Blur', {}, 'Begin with one of: monai, torchio.'),
        ('monai:RandGibbsNoise', {'alfa': 1}, "Did you mean 'alpha'?"),
        ('monai:RandCoarseDropout', {'holes': 2}, 'it needs spatial_size'),
        ('monai:RandRotate90', {'max_k': 1}, 'Use a guest that keeps the grid.'),
        ('monai:RandLambda', {}, 'MONAI RandLambda failed'),
    ],
)
def test_what_does_not_fit_is_one_clear_line(image, name, parameters, words):
    with pytest.raises(PerturbationError) as caught:
        perturb(image, name, 3, parameters=parameters, intensity_range=UNIT)
    assert words in str(caught.value)
    assert '\n' not in str(caught.value)


def test_torchio_that_is_not_installed_is_one_clear_line(monkeypatch):
    guest_spec.cache_clear()
    monkeypatch.setitem(sys.modules, 'torchio', None)
    with pytest.raises(PerturbationError) as caught:
        get_spec('torchio:RandomMotion')
    assert str(caught.value).endswith("Install it with: pip install 'napari-segrobust[guests]'.")
    guest_spec.cache_clear()


def test_guests_are_in_records_words_and_order_and_not_in_the_list():
    name = 'torchio:RandomMotion'
    record = new_perturbation(name, 2, 7, parameters={'degrees': 3})
    again = Perturbation.model_validate_json(record.model_dump_json())
    assert again == record
    assert amounts(again)['degrees'] == 3
    assert name not in perturbations()
    assert name not in json.dumps(catalogue())
    spec = get_spec(name)
    assert spec is get_spec(name)
    assert spec.kind == 'discrete'
    assert 'no common random numbers' in spec.title
    assert 'No common random numbers' in spec.caution
    words = 'TorchIO RandomMotion (no common random numbers)'
    assert describe(record, UNIT) == f'{words} 2 (in full, degrees 3), seed 7'
    assert simulated_text([record], UNIT) == f'SIMULATED {words}, severity 2 (in full, degrees 3), seed 7'
    assert in_order([new_perturbation('renormalise', 1), record])[0] is record
    assert stage_of(record) < stage_of(new_perturbation('renormalise', 1))


def test_another_version_of_the_library_would_not_replay():
    import monai

    record = new_perturbation('monai:RandGibbsNoise', 2)
    major, minor = monai.__version__.split('.')[:2]
    assert record.version // 1000 == int(major) * 1000 + int(minor)
    with pytest.raises(PerturbationError, match='would not replay'):
        amounts(record.model_copy(update={'version': record.version - 1}))


def test_a_guest_comes_once_for_all_slices(image, monkeypatch):
    from napari_segrobust.perturb import guests

    visits, visited = [], guests._visited
    monkeypatch.setattr(guests, '_visited', lambda *given: visits.append(1) or visited(*given))
    clean = Clean(image[None], UNIT)

    def look(index, severity, **options):
        stack = [new_perturbation('monai:RandGibbsNoise', severity, 3, **options)]
        return perturb_block(clean, stack, block=(slice(index, index + 1), slice(0, 20), slice(0, 18)))

    look(2, 3)
    look(5, 3)
    look(5, 1)
    assert len(visits) == 1
    look(5, 3, parameters={'alpha': 0.5})
    assert len(visits) == 2
