"""Every parameter of noise, blur and intensity at the ends of its range."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.perturb import get_spec, perturb, perturbations

NAMES = sorted(name for name, spec in perturbations().items() if spec.group in {'noise', 'blur', 'intensity'})


def changed(name, **parameters):
    image = np.random.default_rng(0).uniform(-0.1, 1.1, (9, 14, 3)).astype(np.float32)
    image[0, 0] = 0
    labels = np.zeros((9, 14), np.uint8)
    labels[2:6, 3:8] = 1
    spacing, unit = (0.7, 1.3), (0.0, 1.0)
    out = perturb(image, name, 3, 7, spacing, parameters, intensity_range=unit, channel_axis=2, reference=labels)
    return out, image


@pytest.mark.parametrize('end', ['minimum', 'maximum'])
@pytest.mark.parametrize(
    ('name', 'parameter'), [(name, parameter.name) for name in NAMES for parameter in get_spec(name).parameters]
)
def test_the_ends_of_every_parameter_give_numbers(name, parameter, end):
    spec = {p.name: p for p in get_spec(name).parameters}[parameter]
    value = getattr(spec, end)
    if name == 'label_contrast' and parameter in ('label', 'other'):
        value = min(value, 1)  # others are not in the reference
    out, image = changed(name, **{parameter: value})
    assert out.shape == image.shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize('name', NAMES)
def test_the_amount_of_severity_zero_changes_nothing_to_speak_of(name):
    amount = get_spec(name).parameters[0]
    out, image = changed(name, **{amount.name: amount.levels[0]})
    np.testing.assert_allclose(out, image, atol=2e-6)
