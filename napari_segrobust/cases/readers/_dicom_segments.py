"""DICOM Segmentation objects: many frames, each a slice of one named segment, put onto one grid."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.readers._dicom_stack import pixel_spacing
from napari_segrobust.cases.segments import Segment, label_names
from napari_segrobust.cases.stored import StoredImage, check_voxels, file_geometry, not_readable, stem

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_SEGMENTATION = '1.2.840.10008.5.1.4.1.1.66.4'
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
#: Slices may lie off their place by this share of the distance between slices.
_UNEVEN = 0.05


def is_segmentation(dataset: Any) -> bool:
    """Whether a data set is of the class Segmentation Storage."""
    return str(dataset.get('SOPClassUID', '')) == _SEGMENTATION


def read_segments(path: Path) -> StoredImage:
    """Read a binary segmentation.

    Returns
    -------
    StoredImage
        Labels of shape (column, row, slice), the value is the number of the segment; where segments overlap one layer
        each, of shape (column, row, slice, layer). Slices that the file leaves out are background.

    Raises
    ------
    CaseError
        Fractional segmentations, frames that say neither their place nor their segment, or that make no stack.

    Notes
    -----
    DICOM PS3.3, A.51 (Segmentation IOD) and C.8.20.2; only frames that hold something need to be there.
    """
    from pydicom import dcmread

    try:
        with warnings.catch_warnings():
            # Odd values in tags that nobody asks for are no news to a reader of masks.
            warnings.simplefilter('ignore')
            dataset = dcmread(path)
            kind = str(dataset.get('SegmentationType', ''))
            if kind != 'BINARY':
                remedy = 'Export it as a binary segmentation, or to NIfTI.'
                raise not_readable(path, f'it is a {kind.lower() or "nameless"} segmentation', remedy)
            frames = dataset.pixel_array.reshape(-1, int(dataset.Rows), int(dataset.Columns))
            numbers, positions, orientation, spacing, measures = _places(path, dataset)
            segments = tuple(_segment(item) for item in dataset.SegmentSequence)
    # What is missing, and what a decoder raises, depends on where the file is damaged.
    except (AttributeError, KeyError, IndexError, RuntimeError, NotImplementedError, ValueError, OSError) as error:
        raise not_readable(path, f'its frames are not described ({str(error).splitlines()[0][:160]})') from error
    known = {segment.value: layer for layer, segment in enumerate(segments)}
    if len(frames) != len(numbers) or not set(numbers) <= set(known):
        raise not_readable(path, f'it holds {len(frames)} frames, and describes {len(numbers)}')
    normal = np.cross(orientation[:3], orientation[3:])
    along = positions @ normal
    first = positions[along.argmin()]
    step = _step(along, measures)
    places = (along - along.min()) / step
    indices = np.rint(places).astype(int)
    aside = positions - first - np.outer(along - along.min(), normal)
    if np.abs(places - indices).max() > _UNEVEN or np.abs(aside).max() > _UNEVEN * step:
        raise not_readable(path, 'its slices are unevenly spaced')
    shape = (frames.shape[2], frames.shape[1], int(indices.max()) + 1)
    check_voxels(path, (*shape, len(segments)), 1)
    layers = np.zeros((*shape, len(segments)), np.uint8)
    for frame, number, index in zip(frames, numbers, indices, strict=True):
        layers[:, :, index, known[number]] |= (frame > 0).T.astype(np.uint8)
    affine = np.eye(4)
    affine[:3, 0] = orientation[:3] * spacing[1]
    affine[:3, 1] = orientation[3:] * spacing[0]
    affine[:3, 2], affine[:3, 3] = normal * step, first
    array, segments = _as_one(layers, segments)
    return StoredImage(
        stem(path),
        array,
        file_geometry(path, shape, _LPS_TO_RAS @ affine),
        channel_axis=3 if array.ndim == 4 else None,
        facts={'format': 'DICOM', 'dtype': str(array.dtype), 'modality': 'SEG'},
        labels=label_names(segments),
        segments=segments,
    )


def _as_one(layers: NDArray[np.uint8], segments: tuple[Segment, ...]) -> tuple[NDArray[Any], tuple[Segment, ...]]:
    """Labels in one mask where no two segments overlap, else 1 in a layer for each."""
    if (layers.sum(axis=3, dtype=np.uint16) > 1).any():
        return layers, tuple(Segment(segment.name, 1, layer, segment.color) for layer, segment in enumerate(segments))
    values = np.array([segment.value for segment in segments], np.uint16)
    return (layers * values).max(axis=3), segments


def _places(
    path: Path, dataset: Any
) -> tuple[list[int], NDArray[np.float64], NDArray[np.float64], tuple[float, float], Any]:
    """Segment number and position of each frame; orientation, pixel spacing and measures of all."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    frames = dataset.PerFrameFunctionalGroupsSequence

    def told(frame: Any, group: str) -> Any:
        return (frame if group in frame else shared)[group].value[0]

    numbers = [int(told(frame, 'SegmentIdentificationSequence').ReferencedSegmentNumber) for frame in frames]
    positions = np.array([told(frame, 'PlanePositionSequence').ImagePositionPatient for frame in frames], float)
    turned = np.array([told(frame, 'PlaneOrientationSequence').ImageOrientationPatient for frame in frames], float)
    if np.abs(turned - turned[0]).max() > 1e-3:
        raise not_readable(path, 'its frames are turned against each other')
    measures = told(frames[0], 'PixelMeasuresSequence')
    spacing = pixel_spacing(path, measures)
    if spacing is None:
        raise not_readable(path, 'PixelSpacing (0028,0030) is missing')
    return numbers, positions, turned[0], spacing, measures


def _step(along: NDArray[np.float64], measures: Any) -> float:
    """Distance of slices in mm: as the file says, else the least that occurs, else their thickness, else 1."""
    if measures.get('SpacingBetweenSlices'):
        return float(measures.SpacingBetweenSlices)
    gaps = np.diff(np.unique(along.round(3)))
    return float(gaps.min()) if gaps.size else float(measures.get('SliceThickness') or 1)


def _segment(item: Any) -> Segment:
    number = int(item.SegmentNumber)
    return Segment(str(item.get('SegmentLabel', '')) or f'label {number}', number)
