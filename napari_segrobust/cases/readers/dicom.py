"""A DICOM series, given as its folder or as one of its files, or a segmentation, by pydicom."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.readers._dicom_segments import is_segmentation, read_segments
from napari_segrobust.cases.readers._dicom_stack import pixel_spacing, series_affine, stack_order
from napari_segrobust.cases.stored import (
    Format,
    StoredImage,
    bare_geometry,
    check_voxels,
    counted,
    file_geometry,
    has_suffix,
    not_readable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

#: So many files of a folder are looked at to see whether it holds DICOM at all.
_PROBED = 50


def accepts(path: Path) -> bool:
    """Whether a file has DICOM's magic word or ending, or a folder holds such a file."""
    if path.is_dir():
        files = (part for part in sorted(path.iterdir()) if part.is_file() and not part.name.startswith('.'))
        return any(_has_magic(part) for part, _ in zip(files, range(_PROBED), strict=False))
    return has_suffix(path, ('.dcm', '.ima')) or _has_magic(path)


def read(path: Path) -> StoredImage:
    """Read a series, or the one file of a segmentation.

    Slices are sorted by their position along the normal of the plane, never by name or number, and
    rescaled to the series' unit (HU for CT). The array comes in the order (column, row, slice).

    Raises
    ------
    CaseError
        Several series or patients in one folder, slices that are missing, uneven, doubled or turned
        against each other, colour or multi-frame images, or pixels that cannot be decoded.
    """
    single = path.is_file()
    if single and not _has_magic(path):
        raise not_readable(path, 'it is not a DICOM file, whatever its name says')
    if single and _segmentation(path):
        return read_segments(path)
    folder = path.parent if single else path
    datasets = [dataset for part in _siblings(folder) if (dataset := _header(part)) is not None]
    if single:
        own = _header(path)
        if own is None:
            raise not_readable(path, 'it is DICOM, but holds no image')
        datasets = [d for d in datasets if _series(d) == _series(own)]
    _check_one_series(path, datasets)
    kept = [d for d in datasets if 'LOCALIZER' not in _image_type(d)] or datasets
    notes: tuple[str, ...] = ()
    if len(kept) < len(datasets):
        notes = (f'left out: {counted(len(datasets) - len(kept), "localiser")} of the series',)
    kept = stack_order(path, kept)
    rows, columns = int(kept[0].Rows), int(kept[0].Columns)
    check_voxels(path, (columns, rows, len(kept)), 4)
    array = np.stack([_pixels(dataset) for dataset in kept], axis=-1).swapaxes(0, 1)
    modality = str(kept[0].get('Modality', '')) or None
    facts = {
        'format': 'DICOM',
        'dtype': str(array.dtype),
        'modality': modality,
        'unit': str(kept[0].get('RescaleType', 'HU' if modality == 'CT' else '')) or None,
        'slices': len(kept),
    }
    name = f'{modality or "DICOM"} series' if len(kept) > 1 else f'{modality or "DICOM"} image'
    affine = series_affine(path, kept)
    if len(kept) == 1:
        array = array[..., 0]
    if affine is None:
        spacing = pixel_spacing(path, kept[0])
        return StoredImage(name, array.T, bare_geometry(array.T.shape, spacing), facts=facts, notes=notes)
    return StoredImage(name, array, file_geometry(path, array.shape, affine), facts=facts, notes=notes)


def is_slice(path: Path) -> bool:
    """Whether a file is DICOM, and no segmentation: one of a series' files."""
    return accepts(path) and not _segmentation(path)


def _segmentation(path: Path) -> bool:
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    try:
        return is_segmentation(dcmread(path, specific_tags=['SOPClassUID'], stop_before_pixels=True))
    # A damaged header is for `_header` to complain about.
    except (InvalidDicomError, OSError, EOFError, ValueError, KeyError, AttributeError, NotImplementedError):
        return False


def _has_magic(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open('rb') as file:
        return file.read(132)[128:] == b'DICM'


def _siblings(folder: Path) -> Iterable[Path]:
    return (part for part in sorted(folder.iterdir()) if _has_magic(part))


def _header(path: Path) -> Any:
    """Everything but the pixels, or None where the object holds no image."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError
    from pydicom.uid import UID

    try:
        with warnings.catch_warnings():
            # Odd values in tags that nobody asks for are no news to a reader of images.
            warnings.simplefilter('ignore')
            dataset = dcmread(path, stop_before_pixels=True)
    # What damaged bytes raise depends on where they are: pydicom has no error of its own around them, and says of a
    # transfer syntax that it does not know that it is not implemented.
    except (InvalidDicomError, OSError, EOFError, ValueError, KeyError, AttributeError, NotImplementedError) as error:
        raise not_readable(path, f'its DICOM header is damaged ({error})') from error
    if 'Rows' not in dataset or 'Columns' not in dataset:
        if dataset.file_meta.get('MediaStorageSOPClassUID', UID('')).name.endswith('Image Storage'):
            raise not_readable(path, 'it is an image by its class, but cut short within its header')
        return None
    if is_segmentation(dataset):
        return None
    if int(dataset.get('NumberOfFrames', 1) or 1) > 1:
        raise not_readable(path, 'it holds several frames in one file', 'Convert it to NIfTI first, with dcm2niix.')
    if int(dataset.get('SamplesPerPixel', 1)) != 1:
        raise not_readable(path, 'it is a colour picture', 'Export the series itself, not a screenshot of it.')
    return dataset


def _series(dataset: Any) -> tuple[str, str]:
    return str(dataset.get('SeriesInstanceUID', '')), str(dataset.get('Modality', ''))


def _image_type(dataset: Any) -> list[str]:
    return [str(part).upper() for part in dataset.get('ImageType', ())]


def _check_one_series(path: Path, datasets: list[Any]) -> None:
    if not datasets:
        raise not_readable(path, 'none of its DICOM files holds an image', 'Choose the folder with the slices.')
    if len({str(dataset.get('PatientID', '')) for dataset in datasets}) > 1:
        raise not_readable(path, 'it holds images of several patients', 'Put one series into a folder of its own.')
    counts = [sum(_series(d) == series for d in datasets) for series in dict.fromkeys(map(_series, datasets))]
    if len(counts) > 1:
        raise not_readable(
            path,
            f'it holds {len(counts)} series ({", ".join(map(str, counts))} images)',
            'Open one file of the series you mean, or put it into a folder of its own.',
        )


def _pixels(header: Any) -> NDArray[Any]:
    """One slice (row, column), decoded and rescaled."""
    from pathlib import Path

    from pydicom import dcmread

    path = Path(header.filename)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            dataset = dcmread(path)
            pixels = dataset.pixel_array
    # What a decoder raises depends on which one takes the pixels, and on the tags that it misses.
    except (RuntimeError, NotImplementedError, ValueError, AttributeError, KeyError, OSError, EOFError) as error:
        raise not_readable(path, f'its pixels cannot be decoded ({str(error).splitlines()[0][:160]})') from error
    if pixels.shape != (int(header.Rows), int(header.Columns)):
        announced = f'{header.Rows} x {header.Columns}'
        raise not_readable(path, f'it holds {pixels.size:,} pixels where {announced} are announced')
    if 'RescaleSlope' not in dataset and 'RescaleIntercept' not in dataset:
        return np.asarray(pixels)
    slope, intercept = float(dataset.get('RescaleSlope', 1)), float(dataset.get('RescaleIntercept', 0))
    return np.asarray(pixels * np.float32(slope) + np.float32(intercept), dtype=np.float32)


FORMAT = Format('DICOM', (), accepts, read)
