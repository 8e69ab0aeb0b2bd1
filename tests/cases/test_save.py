"""What is saved lies where it came from, in the order it came in, and is the same bytes every time."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from napari_segrobust.cases import load_case, save_image
from napari_segrobust.errors import CaseError
from napari_segrobust.geometry import AxisOrder, GridGeometry

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = [AxisOrder(p, f) for p in itertools.permutations(range(3)) for f in itertools.product((False, True), repeat=3)]
OBLIQUE = np.array([[0.8, -0.6 * 1.5, 0, 7], [0.6, 0.8 * 1.5, 0, -3], [0, 0, 4.0, 11], [0, 0, 0, 1]])


@pytest.mark.parametrize('order', ORDERS, ids=str)
def test_every_orientation_comes_back_as_it_was_stored(tmp_path: Path, order: AxisOrder) -> None:
    base = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    grid = GridGeometry(base.shape, OBLIQUE).reordered(order)
    stored = np.ascontiguousarray(order.apply(base))
    nib.save(nib.Nifti1Image(stored, grid.affine), tmp_path / 'a.nii')
    case = load_case(tmp_path / 'a.nii')
    labels = case.image[0].astype(np.uint8)
    for ending in ('nii.gz', 'nrrd', 'mha'):
        path = save_image(tmp_path / f'b.{ending}', labels, case.geometry)
        back = load_case(path, references=path)
        assert np.array_equal(back.references['b'], labels)
        assert case.geometry.same_grid(back.geometry)
        by_itk = sitk.ReadImage(str(path))
        assert np.array_equal(sitk.GetArrayFromImage(by_itk).T, stored)
        np.testing.assert_allclose(by_itk.GetOrigin(), sitk.ReadImage(str(tmp_path / 'a.nii')).GetOrigin(), atol=1e-4)
    saved = nib.load(tmp_path / 'b.nii.gz')
    assert np.array_equal(np.asanyarray(saved.dataobj), stored)
    assert saved.get_data_dtype() == np.uint8
    np.testing.assert_allclose(saved.affine, grid.affine, atol=1e-5)
    np.testing.assert_allclose(saved.get_qform(), grid.affine, atol=1e-4)


@pytest.mark.parametrize('ending', ['nii', 'nii.gz', 'nrrd', 'mha', 'tif', 'npy'])
def test_a_repeat_gives_the_same_bytes(
    tmp_path: Path, image_file: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = load_case(image_file)
    first = save_image(tmp_path / f'one.{ending}', case.image, case.geometry).read_bytes()
    monkeypatch.setattr('time.time', lambda: 2_000_000_000.0)
    assert save_image(tmp_path / f'two.{ending}', case.image, case.geometry).read_bytes() == first


@pytest.mark.parametrize('ending', ['nii.gz', 'nrrd', 'mha', 'npy', 'tif'])
def test_channels_come_back(tmp_path: Path, image_file: Path, ending: str) -> None:
    case = load_case(image_file)
    pixels = np.concatenate([case.image, -case.image])
    path = save_image(tmp_path / f'a.{ending}', pixels, case.geometry)
    axis = -1 if ending in ('nii.gz', 'npy') else None
    back = load_case(path, channel_axis=axis).image
    # Files without orientation hold the stored order, fastest axis last.
    plain = AxisOrder.reversal(3).apply(case.geometry.order.undo(pixels))
    assert np.array_equal(back, plain if ending in ('npy', 'tif') else pixels)


@pytest.mark.parametrize('ending', ['nii.gz', 'tif', 'png', 'npy'])
@pytest.mark.parametrize('spacing', [None, (0.5, 0.25)])
def test_grids_without_orientation(tmp_path: Path, ending: str, spacing: tuple[float, float] | None) -> None:
    array = np.random.default_rng(0).integers(0, 9, (6, 5)).astype(np.uint8)
    case = load_case(array, spacing=spacing)
    back = load_case(save_image(tmp_path / f'a.{ending}', array, case.geometry))
    assert np.array_equal(back.image[0], array)
    assert back.geometry.letters is None
    kept = ending in ('nii.gz', 'tif')
    assert back.geometry.spacing_mm == (pytest.approx(spacing) if spacing and kept else None)


def test_booleans_and_descriptions(tmp_path: Path, image_file: Path) -> None:
    case = load_case(image_file)
    words = 'SIMULATED gaussian noise, severity 2.5 (sigma 0.12), seed 7'
    for ending in ('nii.gz', 'nrrd'):
        save_image(tmp_path / f'a.{ending}', case.image[0] > 3, case.geometry, description=words)
    assert nib.load(tmp_path / 'a.nii.gz').header['descrip'].item().decode() == words
    assert sitk.ReadImage(str(tmp_path / 'a.nrrd')).GetMetaData('description') == words


@pytest.mark.parametrize(
    ('name', 'words'),
    [('a.xyz', 'the format is unknown. Use one of .nii,'), ('a.png', 'PNG cannot hold'), ('no/a.nii', 'No such file')],
)
def test_what_cannot_be_saved(tmp_path: Path, image_file: Path, name: str, words: str) -> None:
    case = load_case(image_file)
    with pytest.raises(CaseError, match=words):
        save_image(tmp_path / name, case.image, case.geometry)
    with pytest.raises(CaseError, match='not on the grid'):
        save_image(tmp_path / 'a.nii', case.image[:, 1:], case.geometry)


def test_nrrd_holds_neither_shear_nor_unknown_orientation(tmp_path: Path) -> None:
    sheared = np.eye(4)
    sheared[0, 1] = 0.3
    for geometry in (GridGeometry((3, 4, 5), sheared), GridGeometry.from_spacing((3, 4, 5), (1, 1, 1))):
        with pytest.raises(CaseError, match=r'Save it as \.nii\.gz'):
            save_image(tmp_path / 'a.nrrd', np.zeros((3, 4, 5)), geometry)
        save_image(tmp_path / 'a.nii.gz', np.zeros((3, 4, 5)), geometry)
    np.testing.assert_allclose(nib.load(tmp_path / 'a.nii.gz').header.get_zooms(), (1, 1, 1))
