import builtins

import numpy as np
import pytest

from napari_segrobust.cases.samples import load_sample
from napari_segrobust.cases.samples.brain import REFERENCE, template
from napari_segrobust.errors import CaseError


@pytest.fixture(scope='module')
def case():
    return load_sample('brain')


def test_grid_is_canonical(case):
    assert case.image.shape == (1, 189, 233, 197)
    assert case.image.dtype == np.float32
    assert case.geometry.letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))
    assert case.geometry.spacing == (1.0, 1.0, 1.0)


def test_landmarks_are_where_they_belong(case):
    def tissue(*ras):
        return case.references[REFERENCE][
            tuple(np.round((np.linalg.inv(case.geometry.affine) @ (*ras, 1))[:3]).astype(int))
        ]

    assert tissue(0, 26, 4) == 2  # genu of the corpus callosum
    assert tissue(0, -38, 10) == 2  # its splenium
    assert tissue(0, -25, -35) != 0  # brain stem
    assert tissue(0, 25, -35) == 0


def test_reference_is_the_most_probable_tissue(case):
    soft, labels = case.soft_references[REFERENCE], case.references[REFERENCE]
    np.testing.assert_allclose(soft.sum(axis=0), 1, atol=1e-6)
    assert soft.min() >= 0
    assert labels.dtype == np.uint8
    assert np.bincount(labels.ravel()).shape == (3,)
    np.testing.assert_array_equal(labels, soft.argmax(axis=0))
    assert [case.label_name(v) for v in (1, 2)] == ['grey matter', 'white matter']


def test_tissues_have_t1_contrast(case):
    grey, white = (case.image[0][case.references[REFERENCE] == v].mean() for v in (1, 2))
    assert 0.6 < grey < 0.72 < white < 0.9


def test_voxels_are_those_of_the_files(case, shared_data):
    import nibabel

    file = nibabel.load(shared_data / 'mni/wm.nii.gz')
    stored = case.geometry.order.undo(case.soft_references[REFERENCE][2])
    np.testing.assert_allclose(stored, file.get_fdata() / 255, atol=0.01)
    np.testing.assert_allclose(case.geometry.stored().affine, file.affine, atol=1e-6)


def test_without_nilearn_one_line_says_what_to_do(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith('nilearn'):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', without)
    with pytest.raises(CaseError, match=r'pip install "napari-segrobust\[samples\]"`, or open the sample lesion'):
        template.__wrapped__()
