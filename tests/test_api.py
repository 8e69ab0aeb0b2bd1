"""The door for scripts: the names of the package, what they are, and what they load."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

import napari_segrobust as sr


def test_every_public_name_is_there():
    for name in sr.__all__:
        assert getattr(sr, name) is not None
    assert set(sr.__all__) <= set(dir(sr))
    assert sorted(sr.__all__) == sorted(sr._PUBLIC)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match='no_such_name'):
        _ = sr.no_such_name


def test_rooms_that_are_verbs_can_be_called_and_looked_into():
    square = np.zeros((8, 8), np.uint8)
    square[2:6, 2:6] = 1
    assert isinstance(sr.compare, ModuleType)
    assert sr.compare(square, np.roll(square, 1, axis=0)).metrics[1]['dice'].value == 0.75
    assert sr.compare.compare(square, square).metrics[1]['dice'].value == 1
    assert isinstance(sr.perturb, ModuleType)
    noisy = sr.perturb(square.astype(float), 'gaussian_noise', severity=2.0, seed=7)
    assert noisy.dtype == np.float32
    assert not np.array_equal(noisy, square)
    assert sr.perturb.MAX_SEVERITY == 5


def test_verbs_can_be_called_whatever_was_imported_first():
    code = (
        'import napari_segrobust.compare.comparison, napari_segrobust.perturb.single;'
        'import napari_segrobust as sr; import numpy as np; a = np.eye(4, dtype=np.uint8);'
        'assert sr.compare(a, a).metrics[1]["dice"].value == 1;'
        'assert sr.perturb(a, "gamma", 0).tolist() == a.tolist()'
    )
    subprocess.run([sys.executable, '-c', code], check=True)


def test_importing_and_listing_loads_nothing_heavy():
    code = (
        'import sys, napari_segrobust as sr; sr.perturbations(); sr.metrics(); sr.models();'
        'print(*(name for name in ("torch", "monai", "napari", "qtpy", "nilearn") if name in sys.modules))'
    )
    done = subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ''


def test_registries_say_what_their_entries_are():
    assert 'brain-unet' in {spec.name for spec in sr.models()}
    assert {'dice', 'nsd', 'hd95'} <= set(sr.metrics())
    assert 'gaussian_noise' in sr.perturbations()


def test_the_sentence_of_the_design(shared_data):
    """A case is perturbed, seen through a context, segmented, and compared with its references."""
    ct = shared_data / 'ct'
    case = sr.load_case(
        ct / 'ct.nii.gz',
        references={'expert': ct / 'organs.nii.gz'},
        predictions={'fast': ct / 'organs_second.nii.gz'},
    )
    model = sr.load_model('brain-unet', device='cpu')
    noisy = sr.perturb(case.image[0], 'gaussian_noise', severity=2.0, seed=7, spacing=case.geometry.spacing_mm)
    assert noisy.shape == case.shape
    prediction = sr.predict(case, model)
    assert prediction.probabilities.shape == (3, *case.shape)
    assert prediction.labels.shape == case.shape
    comparison = sr.compare(
        case.references['expert'], case.predictions['fast'], spacing=case.geometry.spacing_mm, labels=[1, 5]
    )
    assert comparison.metrics[5]['dice'].value == pytest.approx(0.98, abs=0.005)
    assert comparison.error_map.shape == case.shape
    assert comparison.items.total > 0
    json.dumps(comparison.to_dict(case.geometry), allow_nan=False)
    noise = sr.Perturbation(name='gaussian_noise', severity=2.0, seed=7)
    result = sr.run(case, model, sr.Scenario(perturbations=[noise], context=sr.Context(), seed=7))
    np.testing.assert_array_equal(result.image[0], sr.perturb(
        case.image[0], 'gaussian_noise', 2.0, 7, case.geometry.spacing_mm, intensity_range=case.intensity_range
    ))  # fmt: skip


def test_a_mistake_is_one_class_of_error():
    with pytest.raises(sr.SegrobustError, match='not found'):
        sr.load_case('no-such-file.nii.gz')
    with pytest.raises(sr.SegrobustError):
        sr.load_model('no-such-model')
    with pytest.raises(sr.SegrobustError):
        sr.perturb(np.zeros((4, 4)), 'no_such_noise', 1.0)
