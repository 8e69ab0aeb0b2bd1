"""The stack engine, over every perturbation of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.catalogue import new_perturbation, perturbations
from napari_segrobust.perturb.fields import FieldStore
from napari_segrobust.perturb.stack import perturb_block

NAMES = sorted(perturbations())
SHAPES = [(12, 17, 15), (20, 23)]


def whole(shape):
    return tuple(slice(0, n) for n in shape)


def sample(shape, channels=1, seed=0):
    """Blobs with an air background: positive, with values beyond the intensity range."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    image = np.stack([gaussian_filter(rng.standard_normal(shape), 2) for _ in range(channels)])
    image = np.clip(image / image.std(), 0, None) * 300 + 5
    return image.astype(np.float32)


def run(image, *stack, block=None, fields=None, spacing=None, **options):
    return perturb_block(
        image,
        stack,
        block=block or whole(image.shape[1:]),
        intensity_range=options.pop('intensity_range', (5.0, 800.0)),
        spacing=spacing,
        fields=fields or FieldStore(),
        **options,
    )


def test_empty_stack_is_a_read_only_view():
    image = sample((8, 9))
    out = run(image)
    assert np.shares_memory(out, image)
    assert not out.flags.writeable
    assert image.flags.writeable
    assert np.array_equal(out, image)


@pytest.mark.parametrize('name', NAMES)
def test_severity_zero_and_disabled_are_the_identity(name):
    image = sample((8, 9, 10))
    off = new_perturbation(name, 4.0).model_copy(update={'enabled': False})
    assert np.array_equal(run(image, new_perturbation(name, 0.0, 3), off), image)


@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize('name', NAMES)
def test_input_is_never_changed(name, shape):
    image = sample(shape)
    before = image.copy()
    out = run(image, new_perturbation(name, 3.0, 1))
    assert np.array_equal(image, before)
    assert out.shape == image.shape
    assert out.dtype == np.float32
    assert not np.array_equal(out, image)
    image.flags.writeable = False
    assert np.array_equal(run(image, new_perturbation(name, 3.0, 1)), out)


def test_stack_is_applied_in_order():
    image = sample((8, 9, 10))
    first, second = new_perturbation('gaussian_noise', 2.0, 1), new_perturbation('gaussian_noise', 3.0, 2)
    assert np.array_equal(run(image, first, second), run(run(image, first), second))


def test_wrong_entries_are_refused_even_when_off():
    from napari_segrobust.perturb.record import Perturbation

    with pytest.raises(PerturbationError, match='Did you mean'):
        run(sample((8, 9)), Perturbation(name='gausian_noise'))
