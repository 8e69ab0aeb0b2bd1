"""Voxels and their places in mm, against nibabel and SimpleITK."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import tifffile
from PIL import Image

from napari_segrobust.cases import load_case
from napari_segrobust.cases.readers import formats, read_stored
from napari_segrobust.cases.stored import stem
from napari_segrobust.geometry import AxisOrder, GridGeometry

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.cases import Case

ORDERS = [AxisOrder(p, f) for p in itertools.permutations(range(3)) for f in itertools.product((False, True), repeat=3)]


def oblique() -> np.ndarray:
    angle = np.radians(9)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn * (0.7, 1.3, 4.0)
    affine[:3, 3] = (12.5, -7.0, 33.0)
    return affine


def position(case: Case, value: float) -> np.ndarray:
    """RAS mm of the voxel with `value`."""
    index = np.argwhere(case.image[0] == value)[0]
    return case.geometry.affine @ [*index, 1]


@pytest.mark.parametrize('order', ORDERS, ids=str)
def test_every_orientation_puts_voxels_where_nibabel_and_itk_do(tmp_path: Path, order: AxisOrder) -> None:
    base = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    grid = GridGeometry(base.shape, oblique()).reordered(order)
    stored = np.ascontiguousarray(order.apply(base))
    nib.save(nib.Nifti1Image(stored, grid.affine), tmp_path / 'a.nii')
    image = sitk.ReadImage(str(tmp_path / 'a.nii'))
    for key in image.GetMetaDataKeys():
        image.EraseMetaData(key)
    for ending in ('nrrd', 'mha'):
        sitk.WriteImage(image, str(tmp_path / f'a.{ending}'))
    cases = [load_case(tmp_path / f'a.{ending}') for ending in ('nii', 'nrrd', 'mha')]
    for value in (0, 5, 23):
        index = [int(i) for i in np.argwhere(stored == value)[0]]
        by_nibabel = nib.load(tmp_path / 'a.nii').affine @ [*index, 1]
        by_itk = np.array(image.TransformIndexToPhysicalPoint(index)) * (-1, -1, 1)
        for case in cases:
            np.testing.assert_allclose(position(case, value), by_nibabel, atol=1e-4)
            np.testing.assert_allclose(position(case, value)[:3], by_itk, atol=1e-4)
    for case in cases:
        assert case.shape == (4, 3, 2)
        assert case.geometry.letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))
        assert case.geometry.spacing == pytest.approx((4.0, 1.3, 0.7), rel=1e-5)
        assert np.array_equal(case.geometry.order.undo(case.image[0]), stored)
    assert cases[1].key == cases[2].key


def test_every_format_has_a_name_of_its_own() -> None:
    names = [entry.name for entry in formats()]
    assert sorted(names) == ['DICOM', 'MetaImage', 'NIfTI', 'NRRD', 'NumPy', 'PNG', 'TIFF']


@pytest.mark.parametrize('version', [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize('ending', ['nii', 'nii.gz'])
@pytest.mark.parametrize('byte_order', ['<', '>'])
def test_nifti_of_either_version_and_byte_order(tmp_path: Path, version: type, ending: str, byte_order: str) -> None:
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    image = version(array, oblique(), header=version.header_class(endianness=byte_order))
    image.header.set_slope_inter(2.0, -7.0)
    image.to_filename(tmp_path / f'a.{ending}')
    case = load_case(tmp_path / f'a.{ending}')
    expected = nib.load(tmp_path / f'a.{ending}').get_fdata()
    np.testing.assert_allclose(case.geometry.order.undo(case.image[0]), expected, atol=1e-4)


@pytest.mark.parametrize(('unit', 'factor'), [('meter', 1000), ('micron', 0.001)])
def test_units_are_converted_and_said(tmp_path: Path, unit: str, factor: float) -> None:
    image = nib.Nifti1Image(np.zeros((3, 4, 5), np.uint8), np.diag([2.0, 3, 4, 1]))
    image.header.set_xyzt_units(unit)
    nib.save(image, tmp_path / 'a.nii')
    case = load_case(tmp_path / 'a.nii')
    assert case.geometry.spacing == pytest.approx((4 * factor, 3 * factor, 2 * factor))
    assert case.notes == (f'lengths were in {unit} and were converted to mm (factor {factor:g})',)


def test_what_the_nifti_header_says_twice_is_said(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((3, 4, 5), np.uint8), np.diag([2.0, 2, 3, 1]))
    shifted = np.diag([2.0, 2, 3, 1])
    shifted[0, 3] = 40
    image.set_qform(shifted, code=1)
    image.header['pixdim'][1:4] = 1
    nib.save(image, tmp_path / 'a.nii')
    case = load_case(tmp_path / 'a.nii')
    assert case.geometry.spacing == (3.0, 2.0, 2.0)
    assert 'voxel size: 2 x 2 x 3 mm by the sform, which counts, 1 x 1 x 1 mm by pixdim' in case.notes
    assert any('sform and qform disagree by up to 40' in note for note in case.notes)


def test_nifti_without_orientation_says_so(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.arange(60, dtype=np.uint8).reshape(3, 4, 5), None)
    image.header.set_zooms((1.0, 2.0, 3.0))
    nib.save(image, tmp_path / 'a.nii')
    case = load_case(tmp_path / 'a.nii')
    assert case.geometry.letters is None
    assert case.shape == (5, 4, 3)
    assert case.geometry.spacing_mm == (3.0, 2.0, 1.0)
    assert np.array_equal(case.geometry.order.undo(case.image[0]), np.asanyarray(image.dataobj))


def test_trailing_axes_of_one_are_no_axes(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5, 1, 1), np.uint8), np.eye(4)), tmp_path / 'a.nii')
    assert load_case(tmp_path / 'a.nii').image.shape == (1, 5, 4, 3)


def test_channels_of_a_fourth_axis(tmp_path: Path) -> None:
    array = np.random.default_rng(0).random((3, 4, 5, 2)).astype(np.float32)
    nib.save(nib.Nifti1Image(array, np.eye(4)), tmp_path / 'a.nii')
    case = load_case(tmp_path / 'a.nii', channel_axis=3)
    assert np.array_equal(case.geometry.order.undo(case.image), np.moveaxis(array, -1, 0))
    assert load_case(tmp_path / 'a.nii', channel_axis=-1).key == case.key


def test_components_of_a_voxel_are_channels(tmp_path: Path) -> None:
    array = np.random.default_rng(0).random((5, 4, 3, 2)).astype(np.float32)
    sitk.WriteImage(sitk.GetImageFromArray(array, isVector=True), str(tmp_path / 'a.nrrd'))
    case = load_case(tmp_path / 'a.nrrd')
    assert case.image.shape == (2, 5, 4, 3)
    # ITK's array runs L, P, S with growing index, as ours does.
    assert np.array_equal(case.image, np.moveaxis(array, -1, 0))


def test_nrrd_without_space_has_no_orientation(tmp_path: Path) -> None:
    header = 'NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 3 4\nspacings: 1 2 3\nencoding: raw\n\n'
    (tmp_path / 'a.nrrd').write_bytes(header.encode() + bytes(range(24)))
    case = load_case(tmp_path / 'a.nrrd')
    assert case.geometry.letters is None
    assert case.geometry.spacing_mm == (3.0, 2.0, 1.0)
    assert np.array_equal(case.image[0].ravel(), np.arange(24))


def test_segment_names_of_slicer(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(np.zeros((3, 4, 5), np.uint8))
    told = {'LabelValue': '3', 'Name': 'liver', 'Color': '1 0.5 0'}
    for key, value in told.items():
        image.SetMetaData(f'Segment0_{key}', value)
    sitk.WriteImage(image, str(tmp_path / 'a.seg.nrrd'))
    stored = read_stored(tmp_path / 'a.seg.nrrd')
    assert stored.name == 'a'
    assert stored.labels[3].name == 'liver'
    assert stored.labels[3].color == (255, 128, 0)


@pytest.mark.parametrize('mode', ['L', 'RGB', 'RGBA', 'I;16'])
def test_pictures(tmp_path: Path, mode: str) -> None:
    bands = {'RGB': 3, 'RGBA': 4}.get(mode, 0)
    dtype = np.uint16 if mode == 'I;16' else np.uint8
    array = np.random.default_rng(0).integers(0, 255, (6, 5, bands) if bands else (6, 5)).astype(dtype)
    Image.fromarray(array).save(tmp_path / 'a.png')
    case = load_case(tmp_path / 'a.png')
    expected = array[np.newaxis] if not bands else np.moveaxis(array[..., :3], -1, 0)
    assert np.array_equal(case.image, expected)
    assert case.geometry.spacing_mm is None
    assert case.provenance['dtype'] == dtype.__name__
    assert bool(case.notes) == (mode == 'RGBA')


def test_palette_pictures_are_read_as_their_indices(tmp_path: Path) -> None:
    picture = Image.fromarray(np.arange(30, dtype=np.uint8).reshape(6, 5) % 4).convert('P')
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save(tmp_path / 'a.png')
    array = np.zeros((6, 5))
    case = load_case(array, references={'a': tmp_path / 'a.png'})
    assert np.array_equal(case.references['a'], np.arange(30).reshape(6, 5) % 4)


def test_imagej_stack_keeps_its_voxel_size(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 255, (4, 6, 5)).astype(np.uint8)
    told = {'axes': 'ZYX', 'spacing': 2.5, 'unit': 'um'}
    tifffile.imwrite(tmp_path / 'a.tif', array, imagej=True, resolution=(2.0, 4.0), metadata=told)
    case = load_case(tmp_path / 'a.tif')
    assert np.array_equal(case.image[0], array)
    assert case.geometry.spacing == pytest.approx((0.0025, 0.00025, 0.0005))
    assert 'converted to mm' in case.notes[0]


def test_ome_stack_with_channels(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 255, (2, 4, 6, 5)).astype(np.uint8)
    told = {'axes': 'CZYX', 'PhysicalSizeX': 0.5, 'PhysicalSizeY': 0.25, 'PhysicalSizeZ': 2.0}
    tifffile.imwrite(tmp_path / 'a.ome.tif', array, metadata=told, ome=True)
    case = load_case(tmp_path / 'a.ome.tif')
    assert case.name == 'a'
    assert np.array_equal(case.image, array)
    assert case.geometry.spacing == pytest.approx((0.002, 0.00025, 0.0005))


def test_dots_per_inch_are_no_voxel_size(tmp_path: Path) -> None:
    array = np.zeros((6, 5), np.uint8)
    tifffile.imwrite(tmp_path / 'a.tif', array, resolution=(300, 300), resolutionunit='INCH')
    assert load_case(tmp_path / 'a.tif').geometry.spacing_mm is None
    tifffile.imwrite(tmp_path / 'b.tif', array, resolution=(20, 10), resolutionunit='CENTIMETER')
    assert load_case(tmp_path / 'b.tif').geometry.spacing_mm == pytest.approx((1.0, 0.5))


def test_numpy_files(tmp_path: Path) -> None:
    array = np.random.default_rng(0).random((4, 6, 5))
    np.save(tmp_path / 'a.npy', array)
    np.savez_compressed(tmp_path / 'b.npz', array)
    np.savez(tmp_path / 'c.npz', other=array[0], image=array)
    for name in ('a.npy', 'b.npz', 'c.npz'):
        case = load_case(tmp_path / name, spacing=(3, 1, 1))
        assert np.array_equal(case.image[0], array.astype(np.float32))
        assert case.geometry.spacing_mm == (3.0, 1.0, 1.0)


def test_names_are_without_endings(tmp_path: Path) -> None:
    names = ['ct.nii.gz', 'ct.nii', 'ct.SEG.nrrd', 'ct.ome.tif', 'ct.npy', 'ct']
    assert {stem(tmp_path / name) for name in names} == {'ct'}
    assert stem(tmp_path / '.nii') == '.nii'
    assert stem(tmp_path / 'v1.2 scan.nii.gz') == 'v1.2 scan'


def test_the_template_lies_as_it_should(shared_data: Path) -> None:
    case = load_case(shared_data / 'mni/t1.nii.gz')
    assert case.shape == (189, 233, 197)
