"""DICOM series: sorted by position, rescaled, and refused in plain words where they make no stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from napari_segrobust.cases import load_case
from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STORED = np.random.default_rng(1).integers(0, 3000, (6, 5, 4)).astype(np.uint16)  # slice, row, column


def write(path: Path, index: int, **tags: object) -> None:
    """One slice of a tilted CT series; tags given as None are left out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f'1.2.3.{index + 1}'
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = Dataset()
    dataset.file_meta = meta
    pixels = STORED[index]
    told: dict[str, object] = {
        'SOPClassUID': CTImageStorage,
        'SOPInstanceUID': f'1.2.3.{index + 1}',
        'SeriesInstanceUID': '1.2.3',
        'PatientID': 'A',
        'Modality': 'CT',
        'ImageType': ['ORIGINAL', 'PRIMARY', 'AXIAL'],
        'ImageOrientationPatient': [0, 1, 0, 0, 0, -1],
        'ImagePositionPatient': [-20.0 - 3 * index, 5.0, 60.0],
        'PixelSpacing': [0.5, 0.75],
        'Rows': pixels.shape[0],
        'Columns': pixels.shape[1],
        'SamplesPerPixel': 1,
        'PhotometricInterpretation': 'MONOCHROME2',
        'BitsAllocated': 16,
        'BitsStored': 16,
        'HighBit': 15,
        'PixelRepresentation': 0,
        'RescaleSlope': 2,
        'RescaleIntercept': -1024,
        'PixelData': pixels.tobytes(),
    } | tags
    for name, value in told.items():
        if value is not None:
            setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)


@pytest.fixture
def series(tmp_path: Path) -> Callable[..., Path]:
    """Write a series whose names say nothing of its order; `change(index)` gives tags to overwrite."""

    def make(change: Callable[[int], dict[str, object]] = lambda index: {}, count: int = 6) -> Path:
        folder = tmp_path / 'series'
        folder.mkdir()
        for index in range(count):
            write(folder / f'IM{(index * 5) % 7}', index, **change(index))
        (folder / 'readme.txt').write_text('not DICOM')
        return folder

    return make


def test_voxels_lie_where_itk_puts_them(series: Callable[..., Path]) -> None:
    folder = series()
    case = load_case(folder)
    # Sagittal slices come as they are shown everywhere: head, back and left last.
    assert case.geometry.letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))
    assert case.shape == (5, 4, 6)
    assert case.geometry.spacing == (0.5, 0.75, 3.0)
    assert (case.modality, case.provenance['unit'], case.name) == ('CT', 'HU', 'CT series')
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    for index in ((0, 0, 0), (3, 1, 5), (2, 4, 1)):
        ras = np.array(image.TransformIndexToPhysicalPoint(index)) * (-1, -1, 1)
        ours = np.rint(np.linalg.solve(case.geometry.affine, [*ras, 1])[:3]).astype(int)
        assert case.image[0][tuple(ours)] == image[index]


def test_one_file_stands_for_its_series(series: Callable[..., Path]) -> None:
    folder = series()
    write(folder / 'other', 0, SeriesInstanceUID='9.9', Rows=5)
    assert load_case(folder / 'IM0').shape == (5, 4, 6)
    alone = load_case(folder / 'other')
    assert alone.shape == (5, 4)
    assert alone.name == 'CT image'
    assert alone.geometry.spacing == (0.5, 0.75)


def test_localisers_are_left_out(series: Callable[..., Path]) -> None:
    scout = {'ImageType': ['ORIGINAL', 'PRIMARY', 'LOCALIZER'], 'ImageOrientationPatient': [1, 0, 0, 0, 1, 0]}
    case = load_case(series(lambda index: scout if index == 5 else {}))
    assert case.shape == (5, 4, 5)
    assert case.notes == ('left out: 1 localiser of the series',)


def test_gantry_tilt_is_noted(series: Callable[..., Path]) -> None:
    case = load_case(series(lambda index: {'ImagePositionPatient': [-20.0 - 3 * index, 5.0 + 0.8 * index, 60.0]}))
    assert any('sheared by 14.9 degrees' in note for note in case.notes)


def test_each_slice_is_rescaled_by_its_own_slope(series: Callable[..., Path]) -> None:
    case = load_case(series(lambda index: {'RescaleSlope': index + 1, 'RescaleIntercept': 0, 'Modality': 'PT'}))
    expected = STORED[::-1] * np.arange(6, 0, -1)[:, None, None]
    assert sorted(case.image.ravel()) == sorted(expected.astype(np.float32).ravel())


def test_picture_without_a_position_has_no_orientation(series: Callable[..., Path]) -> None:
    nothing = {'ImagePositionPatient': None, 'ImageOrientationPatient': None, 'Modality': 'DX'}
    case = load_case(series(lambda index: nothing, count=1))
    assert case.geometry.letters is None
    assert case.geometry.spacing_mm == (0.5, 0.75)
    assert np.array_equal(case.image[0], STORED[0] * 2.0 - 1024)


def at(index: int, x: float) -> dict[str, object]:
    return {'ImagePositionPatient': [-20.0 - x, 5.0 + 0 * index, 60.0]}


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        (
            lambda i: at(i, 3 * (i + (i > 2))),
            '1 slice missing: between slices 3 and 4 the gap is 6 mm, usually 3 mm',
        ),
        (lambda i: at(i, 3 * i + 0.8 * (i > 2)), 'its slices are unevenly spaced: between slices 3 and 4'),
        (lambda i: at(i, 3 * (i % 3)), '3 slices in the place of another one'),
        (lambda i: {'ImagePositionPatient': [-20.0 - 3 * i, 5.0 + (i == 2), 60.0]}, 'shifted sideways'),
        (lambda i: {'ImageOrientationPatient': [1, 0, 0, 0, 1, 0]} if i == 4 else {}, 'turned against each other'),
        (lambda i: {'SeriesInstanceUID': '7.8'} if i > 3 else {}, 'it holds 2 series ('),
        (lambda i: {'PatientID': 'B'} if i > 3 else {}, 'several patients'),
        (
            lambda i: {'ImagePositionPatient': None} if i == 1 else {},
            'ImagePositionPatient is missing in 1 of its 6 slices',
        ),
        (lambda i: {'PixelSpacing': [0.0, 0.75]}, 'PixelSpacing (0028,0030) is [0.0, 0.75]'),
        (lambda i: {'PixelSpacing': [0.5, 0.8]} if i == 1 else {}, 'differ in pixel size'),
        (lambda i: {'Rows': 2, 'PixelData': b'\0' * 16} if i == 1 else {}, 'differ in size'),
        (lambda i: {'PixelData': b'\0' * 12}, 'pixels'),
        (lambda i: {'PixelData': b'\0' * 160}, 'pixels'),
        (lambda i: {'SamplesPerPixel': 3}, 'colour picture'),
        (lambda i: {'NumberOfFrames': 2}, 'several frames'),
        (lambda i: {'Rows': None, 'Columns': None}, 'cut short within its header'),
    ],
)
def test_what_makes_no_stack(
    series: Callable[..., Path], change: Callable[[int], dict[str, object]], words: str
) -> None:
    with pytest.raises(CaseError) as caught:
        load_case(series(change))
    line = str(caught.value)
    assert words in line
    assert '\n' not in line


def test_damaged_files(series: Callable[..., Path]) -> None:
    folder = series()
    raw = (folder / 'IM0').read_bytes()
    (folder / 'IM0').write_bytes(raw[: len(raw) - 20])
    with pytest.raises(CaseError, match='IM0'):
        load_case(folder)
    (folder / 'IM0').write_bytes(raw[:200])
    with pytest.raises(CaseError, match='IM0 cannot be read: it is an image by its class, but cut short'):
        load_case(folder)


def test_real_series_with_empty_uids_and_its_organs(shared_data: Path) -> None:
    folder = shared_data / 'ct_dicom'
    case = load_case(folder, references={'organs': shared_data / 'ct_dicom_organs.nii.gz'})
    assert case.shape == (20, 512, 512)
    assert case.geometry.spacing == (2.0, 0.9765625, 0.9765625)
    assert case.notes == ('organs is stored LAS, the image LPS: it was re-ordered exactly',)
    organs, hounsfield = case.references['organs'], case.image[0]
    # Spleen, liver and lung as every textbook has them; any shift or flip would mix them with air.
    for label, low, high in ((1, 60, 110), (5, 70, 120), (52, 100, 250)):
        assert low < np.median(hounsfield[organs == label]) < high
    assert hounsfield[organs == 1].std() < 30
    assert hounsfield[organs == 5].std() < 30
    files = sorted(folder.iterdir())
    first = pydicom.dcmread(files[0])
    row, column, value = 200, 260, first.pixel_array[200, 260] + float(first.RescaleIntercept)
    lps = np.array(first.ImagePositionPatient, float) + 0.9765625 * np.array([column, row, 0])
    index = np.rint(np.linalg.solve(case.geometry.affine, [-lps[0], -lps[1], lps[2], 1])[:3]).astype(int)
    assert hounsfield[tuple(index)] == value
    assert load_case(files[7]).key == case.key
