"""NRRD and MetaImage files by SimpleITK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.segments import Segment, label_names
from napari_segrobust.cases.stored import (
    Format,
    StoredImage,
    bare_geometry,
    check_voxels,
    file_geometry,
    has_suffix,
    not_readable,
    stem,
)

if TYPE_CHECKING:
    from pathlib import Path


_NRRD = ('.nrrd', '.nhdr')
_META = ('.mha', '.mhd')
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read(path: Path) -> StoredImage:
    """Read an NRRD or MetaImage file.

    The array comes in the header's order (i, j, k[, component]), or as ([Z,] Y, X[, component])
    where the header gives no patient space. Segment names of a ``.seg.nrrd`` become labels; where
    segments overlap, its layers are the last axis.

    Notes
    -----
    slicer.readthedocs.io, developer guide, segmentations: the format of ``.seg.nrrd``.
    """
    import SimpleITK as sitk

    with path.open('rb') as file:
        start = file.read(4096)
    nrrd = has_suffix(path, _NRRD)
    if (not start.startswith(b'NRRD')) if nrrd else (b'ElementDataFile' not in start or b'NDims' not in start):
        raise not_readable(path, f'it is not {"an NRRD" if nrrd else "a MetaImage"} file, whatever its name says')
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO('NrrdImageIO' if nrrd else 'MetaImageIO')
    try:
        reader.ReadImageInformation()
        components = reader.GetNumberOfComponents()
        check_voxels(path, (*reader.GetSize(), components), 4)
        image = reader.Execute()
    except RuntimeError as error:
        raise not_readable(path, _reason(str(error))) from error
    segments = _segments(image)
    array = sitk.GetArrayFromImage(image)
    if array.dtype.kind not in 'iuf':
        raise not_readable(path, f'its voxels are {array.dtype}', 'Save it with whole or real numbers.')
    ndim = image.GetDimension()
    oriented = b'\nspace:' in start if nrrd else b'TransformMatrix' in start
    spatial = min(ndim, 3)
    if oriented:
        geometry = file_geometry(path, image.GetSize()[:spatial], _affine(image))
        array = array.transpose(*reversed(range(ndim)), *range(ndim, array.ndim))
    else:
        spacing = image.GetSpacing()[:spatial][::-1] if b'pacing' in start else None
        geometry = bare_geometry(image.GetSize()[:spatial][::-1], spacing)
    return StoredImage(
        stem(path),
        array,
        geometry,
        channel_axis=array.ndim - 1 if components > 1 else None,
        facts={'format': 'NRRD' if nrrd else 'MetaImage', 'dtype': str(array.dtype)},
        labels=label_names(segments),
        segments=segments,
    )


def _affine(image: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """ITK's origin, direction and spacing (LPS) as an affine to RAS; a 2D image lies in the first two axes."""
    ndim = image.GetDimension()
    spatial = min(ndim, 3)
    direction = np.reshape(image.GetDirection(), (ndim, ndim))[:spatial, :spatial]
    affine = np.eye(4)
    affine[:spatial, :spatial] = direction * image.GetSpacing()[:spatial]
    affine[:spatial, 3] = image.GetOrigin()[:spatial]
    return _LPS_TO_RAS @ affine


def _reason(message: str) -> str:
    """Pick the part of an ITK error that a person can use."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if any('direction' in line for line in lines):
        return 'its direction matrix is singular'
    counted = next((line.split(': ')[-1] for line in lines if 'expected' in line), '')
    if counted or any('cannot be read' in line for line in lines):
        return f'it is cut short, or its voxel data are missing ({counted or "no data"})'
    return f'its header is damaged ({lines[-1].split(": ")[-1][:160]})' if lines else 'its header is damaged'


def _segments(image: Any) -> tuple[Segment, ...]:
    """Segments that 3D Slicer wrote; in files of before layers, each is one layer, and 1 in it."""
    keys = set(image.GetMetaDataKeys())
    layered = image.GetNumberOfComponentsPerPixel() > 1
    found = []
    for index in range(len(keys)):
        fields = {name: f'Segment{index}_{name}' for name in ('ID', 'LabelValue', 'Layer', 'Name', 'Color')}
        told = {name: image.GetMetaData(key) for name, key in fields.items() if key in keys}
        if not told:
            break
        value = int(told.get('LabelValue', 1 if layered else index + 1))
        layer = int(told.get('Layer', index if layered and 'LabelValue' not in told else 0))
        parts = told.get('Color', '').split()
        color = None
        if len(parts) >= 3:
            red, green, blue = (round(255 * float(part)) for part in parts[:3])
            color = red, green, blue
        found.append(Segment(told.get('Name') or told.get('ID') or f'label {value}', value, layer, color))
    return tuple(found)


FORMAT = (
    Format('NRRD', _NRRD, lambda path: path.is_file() and has_suffix(path, _NRRD), read),
    Format('MetaImage', _META, lambda path: path.is_file() and has_suffix(path, _META), read),
)
