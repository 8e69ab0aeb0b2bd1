"""The final mask as a file: where the source has it, in the order in which the source has it."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from napari_segrobust.errors import CaseError
from napari_segrobust.report import save_final_mask
from napari_segrobust.review import ConsensusCode


def test_nifti_and_nrrd_hold_the_same_voxels_in_the_same_place(tmp_path, adjudication, geometry, agreement):
    notes = save_final_mask(tmp_path / 'final.nii.gz', adjudication, geometry)
    save_final_mask(tmp_path / 'final.nrrd', adjudication, geometry)
    final = adjudication.final_map()
    image = nibabel.load(tmp_path / 'final.nii.gz')
    stored = np.asarray(image.dataobj)
    np.testing.assert_array_equal(geometry.order.apply(stored), final)
    np.testing.assert_allclose(image.affine, geometry.stored().affine)
    nifti, nrrd = (sitk.ReadImage(str(tmp_path / f'final.{ending}')) for ending in ('nii.gz', 'nrrd'))
    np.testing.assert_array_equal(*(sitk.GetArrayFromImage(found) for found in (nifti, nrrd)))
    np.testing.assert_allclose(nifti.GetDirection(), nrrd.GetDirection(), atol=1e-6)
    np.testing.assert_allclose(nifti.GetOrigin(), nrrd.GetOrigin(), atol=1e-4)
    ties = int(np.count_nonzero(final == ConsensusCode.TIE))
    assert ties > 0
    assert notes[0] == f'{ties:,} voxels are tied: they are 2 in final.nii.gz'
    assert 'are open: there the rule holds (majority)' in notes[-1]


def test_a_closed_one_has_nothing_to_note_but_ties(tmp_path, adjudication, geometry):
    for item in adjudication.items:
        adjudication.decide(item.id, 'rater', rater='anna')
    adjudication.close()
    assert save_final_mask(tmp_path / 'final.nii', adjudication, geometry) == ()
    with pytest.raises(CaseError, match='format is unknown'):
        save_final_mask(tmp_path / 'final.doc', adjudication, geometry)
