"""Images and masks end on one grid, or are refused by name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from napari_segrobust.cases import Label, load_case
from napari_segrobust.errors import CaseError, GridMismatchError

if TYPE_CHECKING:
    from pathlib import Path

AFFINE = np.array([[2.0, 0, 0, -10], [0, 3.0, 0, 20], [0, 0, 5.0, -30], [0, 0, 0, 1]])


def reoriented(path: Path, codes: str) -> Path:
    """The same image stored in another orientation."""
    from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

    image = nib.load(path)
    moved = image.as_reoriented(ornt_transform(io_orientation(image.affine), axcodes2ornt(codes)))
    there = path.parent / f'{codes}.nii.gz'
    nib.save(moved, there)
    return there


def test_arrays_are_a_case() -> None:
    array, labels = np.zeros((4, 5, 6)), np.ones((4, 5, 6), bool)
    case = load_case(array, references={'expert': labels}, predictions=labels, spacing=(3, 1, 1), name='mine')
    assert case.name == 'mine'
    assert case.image.shape == (1, 4, 5, 6)
    assert case.image.dtype == np.float32
    assert case.geometry.spacing_mm == (3.0, 1.0, 1.0)
    assert case.geometry.letters is None
    assert case.references['expert'].dtype == np.uint8
    assert list(case.predictions) == ['prediction']
    assert case.notes == ()


def test_lengths_are_unknown_without_spacing() -> None:
    assert load_case(np.zeros((4, 5))).geometry.spacing_mm is None


def test_channels_of_arrays() -> None:
    array = np.random.default_rng(0).random((4, 5, 2)).astype(np.float32)
    case = load_case(array, channel_axis=-1, spacing=(1, 2))
    assert np.array_equal(case.image, np.moveaxis(array, -1, 0))
    assert case.ndim == 2
    with pytest.raises(CaseError, match=r'2 numbers for image with 3 spatial axes.*channel_axis'):
        load_case(array, spacing=(1, 2))
    with pytest.raises(CaseError, match='channel_axis=3'):
        load_case(np.zeros((2, 3, 4, 5)))
    stacked = load_case([array[..., 0], array[..., 1]])
    assert np.array_equal(stacked.image, case.image)
    with pytest.raises(GridMismatchError, match='Channels not on one grid'):
        load_case([array[..., 0], array[1:, :, 1]])
    with pytest.raises(CaseError, match='list of images is empty'):
        load_case([])


def test_arrays_of_anything_else_are_refused() -> None:
    for array in (np.zeros((3, 4), complex), np.array([['a', 'b']])):
        with pytest.raises(CaseError, match='image is not an image'):
            load_case(array)
    with pytest.raises(CaseError, match='1 spatial axes'):
        load_case(np.zeros(4))


def test_given_spacing_overrules_the_header_and_says_so(image_file: Path, mask_file: Path) -> None:
    case = load_case(image_file, references=mask_file, spacing=(1, 2, 3))
    assert case.geometry.spacing == (1.0, 2.0, 3.0)
    assert case.notes == ('spacing (1, 2, 3) mm was given; the header says (5.0, 3.0, 2.0) mm',)
    assert case.geometry.letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))
    assert load_case(image_file, spacing=(5, 3, 2)).notes == ()


@pytest.mark.parametrize('codes', ['RAS', 'LPS', 'LAS', 'SPL', 'ASR', 'PIR'])
def test_masks_are_reordered_exactly_and_said(image_file: Path, mask_file: Path, mask: np.ndarray, codes: str) -> None:
    case = load_case(image_file, references={'a': reoriented(mask_file, codes)})
    assert np.array_equal(case.geometry.order.undo(case.references['a']), mask)
    told = f'a is stored {codes}, the image RAS: it was re-ordered exactly'
    assert case.notes == (() if codes == 'RAS' else (told,))


def test_mask_on_another_grid_is_refused_or_resampled(
    tmp_path: Path, image_file: Path, phantom: np.ndarray, mask: np.ndarray
) -> None:
    shifted = AFFINE.copy()
    shifted[0, 3] += 4
    nib.save(nib.Nifti1Image(mask, shifted), tmp_path / 'm.nii')
    with pytest.raises(GridMismatchError) as caught:
        load_case(image_file, references=tmp_path / 'm.nii')
    assert str(caught.value) == (
        'Masks not on one grid: m and image differ: origin 4 mm apart. '
        'Load the mask of this series, or choose Resample (nearest neighbour).'
    )
    case = load_case(image_file, references=tmp_path / 'm.nii', resample='nearest')
    expected = np.zeros_like(mask)
    expected[2:] = mask[:-2]
    assert np.array_equal(case.geometry.order.undo(case.references['m']), expected)
    assert case.notes[0].startswith('m was resampled to the image by nearest neighbour (origin 4 mm apart); 28.57% ')
    shifted[0, 3] += 4000
    nib.save(nib.Nifti1Image(mask, shifted), tmp_path / 'm.nii')
    with pytest.raises(GridMismatchError, match='do not overlap anywhere'):
        load_case(image_file, references=tmp_path / 'm.nii', resample='nearest')


def test_resampling_agrees_with_itk(tmp_path: Path, image_file: Path) -> None:
    angle = np.radians(7)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn * (1.3, 1.7, 3.1)
    affine[:3, 3] = (-11.3, 19.1, -28.7)
    labels = np.random.default_rng(0).integers(0, 4, (12, 14, 11)).astype(np.uint8)
    nib.save(nib.Nifti1Image(labels, affine), tmp_path / 'm.nii')
    case = load_case(image_file, references=tmp_path / 'm.nii', resample='nearest')
    image, mask = (sitk.ReadImage(str(path)) for path in (image_file, tmp_path / 'm.nii'))
    theirs = sitk.GetArrayFromImage(sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor))
    ours = case.geometry.order.undo(case.references['m']).T
    assert (ours == theirs).mean() > 0.995


@pytest.mark.parametrize('where', ['image', 'mask'])
def test_a_side_without_orientation_is_taken_to_be_stored_alike(
    tmp_path: Path, image_file: Path, mask_file: Path, mask: np.ndarray, where: str
) -> None:
    bare = nib.Nifti1Image(np.asanyarray(nib.load(image_file if where == 'image' else mask_file).dataobj), None)
    bare.header.set_zooms((2.0, 3.0, 5.0))
    nib.save(bare, tmp_path / 'bare.nii')
    image, given = (tmp_path / 'bare.nii', mask_file) if where == 'image' else (image_file, tmp_path / 'bare.nii')
    case = load_case(image, references={'m': given})
    assert np.array_equal(case.geometry.order.undo(case.references['m']), mask)
    assert any('taken to be stored alike' in note for note in case.notes)


def test_array_masks_have_the_order_of_the_case(image_file: Path) -> None:
    case = load_case(image_file)
    labels = (case.image[0] > 500).astype(int)
    again = load_case(image_file, references={'a': labels})
    assert np.array_equal(again.references['a'], labels)
    with pytest.raises(GridMismatchError, match='shape 9 x 8 x 7 against 7 x 8 x 9'):
        load_case(image_file, references={'a': labels.T})


def test_roles_and_names(image_file: Path, mask_file: Path, mask: np.ndarray) -> None:
    case = load_case(image_file, references=mask_file, raters={'B': mask_file, 'C': mask_file}, predictions=[mask_file])
    assert list(case.references) == ['organs', 'B', 'C']
    assert case.raters == ('B', 'C')
    assert list(case.predictions) == ['organs']
    assert list(load_case(image_file, raters=[mask_file, mask_file]).references) == ['organs', 'organs (2)']
    with pytest.raises(CaseError, match='given twice'):
        load_case(image_file, references={'B': mask_file}, raters={'B': mask_file})


def test_rater_axis_splits_a_stack(tmp_path: Path, image_file: Path, mask: np.ndarray) -> None:
    nib.save(nib.Nifti1Image(np.stack([mask, mask * 0, mask * 2], -1), AFFINE), tmp_path / 'r.nii')
    case = load_case(image_file, raters=tmp_path / 'r.nii', rater_axis=-1)
    assert case.raters == ('r 1', 'r 2', 'r 3')
    assert np.array_equal(case.references['r 3'], case.references['r 1'] * 2)
    with pytest.raises(CaseError, match=r'r has 4 axes.*rater_axis'):
        load_case(image_file, raters=tmp_path / 'r.nii')
    arrays = load_case(np.zeros((5, 6)), raters=np.ones((3, 5, 6), int), rater_axis=0)
    assert len(arrays.raters) == 3


def test_threshold_makes_labels_of_probabilities(image_file: Path, tmp_path: Path, phantom: np.ndarray) -> None:
    probable = (phantom.astype(np.float32) + 50) / 1100
    nib.save(nib.Nifti1Image(probable, AFFINE), tmp_path / 'p.nii')
    case = load_case(image_file, predictions=tmp_path / 'p.nii', threshold=0.5)
    assert np.array_equal(case.geometry.order.undo(case.predictions['p']), probable >= 0.5)


def test_labels_above_255_are_uint16_and_unchanged() -> None:
    labels = np.zeros((4, 5), np.int64)
    labels[1, 1], labels[2, 2] = 65535, 7
    case = load_case(np.zeros((4, 5)), references=labels)
    assert case.references['reference'].dtype == np.uint16
    assert np.array_equal(case.references['reference'], labels)


def test_rounding_of_a_slope_is_no_fraction() -> None:
    labels = np.array([[0.0, 0.9999999998], [2.00001, 0.0]])
    assert load_case(np.zeros((2, 2)), references=labels).references['reference'].tolist() == [[0, 1], [2, 0]]


def test_soft_references(image_file: Path, tmp_path: Path, phantom: np.ndarray) -> None:
    probable = ((phantom.astype(np.float32) + 50) / 1100).clip(0, 1)
    nib.save(nib.Nifti1Image(probable, AFFINE), tmp_path / 'p.nii')
    case = load_case(image_file, soft_references={'expert': tmp_path / 'p.nii'})
    soft = case.soft_references['expert']
    assert soft.shape == (2, *case.shape)
    np.testing.assert_allclose(soft.sum(axis=0), 1)
    np.testing.assert_array_equal(case.geometry.order.undo(soft[1]), probable)
    array = np.stack([1 - probable.T, probable.T])
    again = load_case(probable.T, soft_references={'expert': array})
    np.testing.assert_array_equal(again.soft_references['expert'], array)
    with pytest.raises(CaseError, match='Scale it to 0'):
        load_case(image_file, soft_references={'expert': image_file})


def test_label_names(image_file: Path, tmp_path: Path) -> None:
    assert load_case(image_file, labels={5: 'liver', 1: Label('spleen', (1, 2, 3))}).label_name(5) == 'liver'
    (tmp_path / 't.csv').write_text('label,name\n5,liver\n')
    assert load_case(image_file, labels=tmp_path / 't.csv').label_name(5) == 'liver'


def test_provenance_names_files_and_their_content(image_file: Path, mask_file: Path) -> None:
    case = load_case(image_file, references={'a': mask_file})
    assert case.provenance['sha256'] == hashlib.sha256(image_file.read_bytes()).hexdigest()
    assert case.provenance['references']['a']['path'] == str(mask_file)
    assert case.provenance['dtype'] == 'int16'


def test_real_pairs(shared_data: Path) -> None:
    organs, second = shared_data / 'ct/organs.nii.gz', shared_data / 'ct/organs_second.nii.gz'
    case = load_case(shared_data / 'ct/ct.nii.gz', references={'expert': organs}, predictions={'fast': second})
    assert np.median(case.image[0][case.references['expert'] == 5]) == pytest.approx(45, abs=40)
    assert case.notes == ()
    for name, voxels in (('brain1', 4137), ('breast1', 143)):
        tumour = shared_data / 'tumour'
        case = load_case(tumour / f'{name}_image.nrrd', references=tumour / f'{name}_label.nrrd')
        assert np.count_nonzero(case.references[f'{name}_label']) == voxels
        assert case.geometry.letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))


def test_real_masks_of_two_places_are_refused(shared_data: Path) -> None:
    folder = shared_data / 'stroke'
    words = r'direction SPL against SPL \(28 degrees oblique\); origin 146 mm apart'
    with pytest.raises(GridMismatchError, match=words):
        load_case(folder / 'reference.nii.gz', predictions=folder / 'prediction.nii.gz')
