"""Segments of 3D Slicer and of DICOM: overlapping ones are raters or labels, and a person says which."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SegmentationStorage

import napari_segrobust as sr
from napari_segrobust.cases import save_image
from napari_segrobust.cases.readers import read_stored
from napari_segrobust.cases.readers.dicom import is_slice
from napari_segrobust.errors import CaseError, GridMismatchError, SegmentsError
from napari_segrobust.geometry import GridGeometry

SHAPE = (4, 6, 8)
#: Left, posterior, superior as stored: what Slicer writes.
GRID = GridGeometry(SHAPE[::-1], np.array([[-1.0, 0, 0, 5], [0, -2, 0, 6], [0, 0, 3, -7], [0, 0, 0, 1]])).canonical()


def block(*bounds: tuple[int, int]) -> NDArray[np.uint8]:
    mask = np.zeros(SHAPE, np.uint8)
    mask[tuple(slice(*pair) for pair in bounds)] = 1
    return mask


ANNA, BEN = block((1, 3), (2, 4), (3, 6)), block((1, 4), (2, 5), (2, 6))


def write_nrrd(path: Path, layers: list[NDArray[np.uint8]], fields: list[dict[str, object]]) -> Path:
    """A ``.seg.nrrd`` with a list axis, as 3D Slicer writes segments that overlap."""
    z, y, x = SHAPE
    header = f"""NRRD0004
type: unsigned char
dimension: 4
space: left-posterior-superior
sizes: {len(layers)} {x} {y} {z}
space directions: none (1,0,0) (0,2,0) (0,0,3)
kinds: list domain domain domain
encoding: gzip
space origin: (-5,-6,-7)
"""
    for index, told in enumerate(fields):
        header += ''.join(f'Segment{index}_{key}:={value}\n' for key, value in told.items())
    path.write_bytes(f'{header}\n'.encode() + gzip.compress(np.stack(layers, axis=-1).tobytes()))
    return path


@pytest.fixture
def image(tmp_path: Path) -> Path:
    save_image(tmp_path / 'ct.nii.gz', np.random.default_rng(0).normal(size=SHAPE).astype(np.float32), GRID)
    return tmp_path / 'ct.nii.gz'


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    fields = [{'Name': 'anna', 'LabelValue': 1, 'Layer': 0}, {'Name': 'ben', 'LabelValue': 1, 'Layer': 1}]
    return write_nrrd(tmp_path / 'five.seg.nrrd', [ANNA, BEN], fields)


def test_each_overlapping_segment_of_slicer_may_be_a_rater(image, layered):
    stored = read_stored(layered)
    assert [(s.name, s.value, s.layer) for s in stored.segments] == [('anna', 1, 0), ('ben', 1, 1)]
    assert stored.labels == {}
    case = sr.load_case(image, raters=layered, segments='raters')
    assert case.raters == ('anna', 'ben')
    np.testing.assert_array_equal(case.references['anna'], ANNA)
    np.testing.assert_array_equal(case.references['ben'], BEN)
    # ITK puts the voxels in the same places.
    pixels = sitk.GetArrayFromImage(sitk.ReadImage(str(layered)))
    np.testing.assert_array_equal(case.references['ben'], pixels[..., 1])


def test_nobody_guesses_what_overlapping_segments_are(image, layered):
    with pytest.raises(CaseError, match=r'five holds 2 segments, which may overlap: anna, ben\. Say what they are'):
        sr.load_case(image, raters=layered)
    with pytest.raises(CaseError, match='Segments overlap: 12 voxels of five'):
        sr.load_case(image, raters=layered, segments='labels')
    with pytest.raises(CaseError, match='Segments overlap'):
        sr.load_case(image, references=layered, segments='raters')


def test_segments_that_do_not_overlap_may_be_labels(image, tmp_path):
    apart = block((0, 1), (0, 2), (0, 2))
    fields = [{'Name': 'liver', 'LabelValue': 1, 'Layer': 0}, {'Name': 'spleen', 'LabelValue': 1, 'Layer': 1}]
    path = write_nrrd(tmp_path / 'organs.seg.nrrd', [ANNA, apart], fields)
    case = sr.load_case(image, references=path, segments='labels')
    np.testing.assert_array_equal(case.references['organs'], ANNA + 2 * apart)
    assert case.provenance['references']['organs']['labels'] == {1: 'liver', 2: 'spleen'}


def test_two_files_of_the_same_names_are_told_apart(image, layered, tmp_path):
    (tmp_path / 'six.seg.nrrd').write_bytes(layered.read_bytes())
    case = sr.load_case(image, raters=[layered, tmp_path / 'six.seg.nrrd'], segments='raters')
    assert case.raters == ('anna', 'ben', 'six anna', 'six ben')


def test_segments_of_slicer_before_layers(image, tmp_path):
    path = write_nrrd(tmp_path / 'old.seg.nrrd', [ANNA, BEN], [{'ID': 'anna', 'Name': 'Anna'}, {'ID': 'ben'}])
    case = sr.load_case(image, raters=path, segments='raters')
    assert case.raters == ('Anna', 'ben')
    np.testing.assert_array_equal(case.references['ben'], BEN)


def test_segments_in_one_layer_are_labels_and_can_be_raters(image, tmp_path):
    apart = block((0, 1), (0, 2), (0, 2))
    picture = sitk.GetImageFromArray(ANNA + 2 * apart)
    picture.SetSpacing((1, 2, 3))
    picture.SetOrigin((-5, -6, -7))
    for index, name in enumerate(('liver', 'spleen')):
        picture.SetMetaData(f'Segment{index}_Name', name)
        picture.SetMetaData(f'Segment{index}_LabelValue', str(index + 1))
    sitk.WriteImage(picture, str(tmp_path / 'organs.seg.nrrd'))
    assert list(sr.load_case(image, raters=tmp_path / 'organs.seg.nrrd').references) == ['organs']
    case = sr.load_case(image, raters=tmp_path / 'organs.seg.nrrd', segments='raters')
    np.testing.assert_array_equal(case.references['spleen'], apart)


def write_dicom(path: Path, segments: dict[str, NDArray[np.uint8]], **tags: object) -> Path:
    """A binary segmentation: frames of what is not empty, in no order, on the grid of `GRID`."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = SegmentationStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = '1.2.3.4'
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    frames, groups, listed = [], [], []
    for number, (name, mask) in enumerate(segments.items(), start=1):
        item = Dataset()
        item.SegmentNumber, item.SegmentLabel = number, name
        listed.append(item)
        for index in np.flatnonzero(mask.any(axis=(1, 2)))[::-1]:
            place, segment, group = Dataset(), Dataset(), Dataset()
            place.ImagePositionPatient = [-5, -6, -7 + 3 * int(index)]
            segment.ReferencedSegmentNumber = number
            group.PlanePositionSequence, group.SegmentIdentificationSequence = [place], [segment]
            frames.append(mask[index])
            groups.append(group)
    turned, measures, shared = Dataset(), Dataset(), Dataset()
    turned.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing, measures.SpacingBetweenSlices = [2, 1], 3
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [turned], [measures]
    bits = np.packbits(np.stack(frames).ravel(), bitorder='little').tobytes()
    told = {
        'SOPClassUID': SegmentationStorage,
        'SOPInstanceUID': '1.2.3.4',
        'Modality': 'SEG',
        'Rows': SHAPE[1],
        'Columns': SHAPE[2],
        'NumberOfFrames': len(frames),
        'SamplesPerPixel': 1,
        'PhotometricInterpretation': 'MONOCHROME2',
        'BitsAllocated': 1,
        'BitsStored': 1,
        'HighBit': 0,
        'PixelRepresentation': 0,
        'SegmentationType': 'BINARY',
        'SegmentSequence': listed,
        'SharedFunctionalGroupsSequence': [shared],
        'PerFrameFunctionalGroupsSequence': groups,
        'PixelData': bits + b'\0' * (len(bits) % 2),
    } | tags
    for name, value in told.items():
        if value is not None:
            setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_a_dicom_segmentation_lies_where_its_frames_say(image, tmp_path):
    path = write_dicom(tmp_path / 'seg.dcm', {'anna': ANNA, 'ben': BEN})
    case = sr.load_case(image, raters=path, segments='raters')
    np.testing.assert_array_equal(case.references['anna'], ANNA)
    np.testing.assert_array_equal(case.references['ben'], BEN)
    assert 'anna covers a part of the image: the rest is background' in case.notes
    with pytest.raises(CaseError, match='seg holds 2 segments, which may overlap: anna, ben'):
        sr.load_case(image, raters=path)
    assert not is_slice(path)


def test_a_dicom_segmentation_without_overlap_is_a_mask_of_labels(image, tmp_path):
    apart = block((0, 1), (0, 2), (0, 2))
    path = write_dicom(tmp_path / 'seg.dcm', {'liver': ANNA, 'spleen': apart})
    case = sr.load_case(image, references=path)
    np.testing.assert_array_equal(case.references['seg'], ANNA + 2 * apart)
    assert case.provenance['references']['seg']['labels'] == {1: 'liver', 2: 'spleen'}


def test_a_series_with_its_segmentation_beside_it_opens(shared_data, tmp_path):
    folder = tmp_path / 'study'
    folder.mkdir()
    for part in (shared_data / 'ct_dicom').iterdir():
        (folder / part.name).symlink_to(part)
    write_dicom(folder / 'seg.dcm', {'anna': ANNA})
    assert sr.load_case(folder).shape == sr.load_case(shared_data / 'ct_dicom').shape


@pytest.mark.parametrize(
    ('tags', 'words'),
    [
        ({'SegmentationType': 'FRACTIONAL'}, 'it is a fractional segmentation'),
        ({'SegmentSequence': None}, 'frames are not described'),
        ({'SegmentSequence': []}, 'frames, and describes'),
        ({'SharedFunctionalGroupsSequence': []}, 'frames are not described'),
        ({'PixelData': b'\0\0'}, 'frames are not described'),
    ],
)
def test_damaged_segmentations_are_refused(tmp_path, tags, words):
    path = write_dicom(tmp_path / 'seg.dcm', {'anna': ANNA}, **tags)
    with pytest.raises(CaseError, match=words):
        read_stored(path)


def test_the_distance_of_slices_is_not_their_thickness(image, tmp_path):
    path = write_dicom(tmp_path / 'seg.dcm', {'anna': ANNA, 'ben': BEN})
    dataset = pydicom.dcmread(path)
    (measures,) = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    del measures.SpacingBetweenSlices
    measures.SliceThickness = 5
    dataset.save_as(path)
    case = sr.load_case(image, raters=path, segments='raters')
    np.testing.assert_array_equal(case.references['ben'], BEN)


def test_volumes_of_a_file_are_raters_when_it_is_said(image, tmp_path):
    save_image(tmp_path / 'all.nii.gz', np.stack([ANNA, BEN]), GRID)
    with pytest.raises(SegmentsError, match='all has 4 axes'):
        sr.load_case(image, raters=tmp_path / 'all.nii.gz')
    case = sr.load_case(image, raters=tmp_path / 'all.nii.gz', segments='raters')
    np.testing.assert_array_equal(case.references['all 2'], BEN)
    assert sr.load_case(image, raters=np.stack([ANNA, BEN]), segments='raters').raters == ('rater 1', 'rater 2')


def test_frames_that_make_no_stack_are_refused(tmp_path):
    path = write_dicom(tmp_path / 'seg.dcm', {'anna': BEN})
    dataset = pydicom.dcmread(path)
    dataset.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient = [-5, -6, 0.7]
    dataset.save_as(path)
    with pytest.raises(CaseError, match='unevenly spaced'):
        read_stored(path)


def test_a_segment_that_reaches_beyond_the_image_is_not_cut(tmp_path):
    path = write_dicom(tmp_path / 'seg.dcm', {'anna': ANNA})
    image = np.zeros((2, *SHAPE[1:]), np.float32)
    smaller = GridGeometry(image.shape, GRID.affine)
    save_image(tmp_path / 'ct.nii.gz', image, smaller)
    with pytest.raises(GridMismatchError, match='anna and image differ'):
        sr.load_case(tmp_path / 'ct.nii.gz', raters=path, segments='raters')
