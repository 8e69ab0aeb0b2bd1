"""NIfTI-1 and NIfTI-2 files, plain and gzipped, by nibabel."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.stored import (
    Format,
    StoredImage,
    bare_geometry,
    check_voxels,
    file_geometry,
    has_suffix,
    millimetres,
    not_readable,
    stem,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_segrobust.geometry import GridGeometry

_SUFFIXES = ('.nii', '.nii.gz')
#: sizeof_hdr, the first number of the header, tells the versions apart.
_VERSIONS = {348: 'Nifti1Image', 540: 'Nifti2Image'}
#: Where the voxels would begin at the latest: headers carry extensions, but not gigabytes of them.
_LARGEST_OFFSET = 2**28
#: qform and sform that place a corner this many mm apart are worth a note.
_FORM_TOLERANCE_MM = 0.5


def read(path: Path) -> StoredImage:
    """Read a NIfTI file.

    The array comes in the header's order (i, j, k), or as ([Z,] Y, X) where the header gives no
    orientation. The sform counts where it is set, else the qform, as in nibabel. Voxels are
    scaled by slope and intercept. Axes of length 1 behind the third are dropped.
    """
    image = _load(path)
    try:
        array = np.asanyarray(image.dataobj)
    except (ValueError, OverflowError) as error:
        raise not_readable(path, f'its voxels cannot be decoded ({error})') from error
    while array.ndim > 3 and array.shape[-1] == 1:
        array = array[..., 0]
    ndim = min(array.ndim, 3)
    geometry, notes = _geometry(path, image, array.shape[:ndim])
    if not geometry.has_orientation:
        array = array.transpose(*reversed(range(ndim)), *range(ndim, array.ndim))
    return StoredImage(stem(path), array, geometry, facts={'format': 'NIfTI', 'dtype': str(array.dtype)}, notes=notes)


def _load(path: Path) -> Any:
    """Check what the header promises against the bytes that are there, then let nibabel decode them."""
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    with path.open('rb') as file:
        zipped = file.read(2) == b'\x1f\x8b'
    if zipped != path.name.lower().endswith('.gz'):
        why = 'it is gzipped, but not named .nii.gz' if zipped else 'it is named .gz, but it is not gzip'
        raise not_readable(path, why, f'Rename it to {stem(path)}.nii{".gz" if zipped else ""}, if you trust it.')
    found = 0
    try:
        with gzip.open(path) if zipped else path.open('rb') as file:
            head = file.read(540)
            found = len(head)
            kind, order = _kind(path, head)
            block = head[: kind.header_class.template_dtype.itemsize]
            # Looked at before nibabel does, for words that a person understands.
            header = kind.header_class(block, order, check=False)
            _check_header(path, header)
            needed = int(header['vox_offset']) + check_voxels(
                path, header.get_data_shape(), header.get_data_dtype().itemsize
            )
            raw = head + file.read(max(needed - len(head), 0))
            found = len(raw)
            # Reading on to the end makes gzip compare its checksum.
            file.read(2**16)
        if found < needed:
            raise not_readable(path, f'it is cut short: {found:,} bytes of {needed:,}')
        return kind.from_bytes(raw)
    except EOFError as error:
        raise not_readable(path, f'it is cut short: the gzip stream ends after {found:,} bytes or more') from error
    except (OSError, zlib.error) as error:
        raise not_readable(path, f'the file is damaged ({error})') from error
    except (HeaderDataError, ImageFileError, WrapStructError, ValueError, OverflowError) as error:
        raise not_readable(path, f'its header is damaged ({error})') from error


def _kind(path: Path, head: bytes) -> tuple[Any, str]:
    """Return nibabel's class for the version, and the byte order, by the first number of the header."""
    import nibabel

    if len(head) >= 4:
        for order in ('<i4', '>i4'):
            name = _VERSIONS.get(int(np.frombuffer(head, order, 1)[0]))
            if name is not None and len(head) >= 348:
                return getattr(nibabel, name), order[0]
            if name is not None:
                raise not_readable(path, f'it is cut short: {len(head)} bytes, less than a header')
    raise not_readable(path, 'it is not a NIfTI image, whatever its name says')


def _check_header(path: Path, header: Any) -> None:
    dims = [int(n) for n in header['dim']]
    if not 2 <= dims[0] <= 7:
        raise not_readable(path, f'its header claims {dims[0]} dimensions, where 2 to 7 make an image')
    if header['magic'].item()[:2] == b'ni':
        why = 'it is the header of a .hdr/.img pair without its voxels'
        raise not_readable(path, why, 'Convert the pair to one .nii file.')
    try:
        dtype = header.get_data_dtype()
    except KeyError as error:
        raise not_readable(path, f'its header claims a type of voxels that does not exist (code {error})') from error
    if dtype.names or dtype.kind not in 'iuf':
        kind = 'colours (RGB)' if dtype.names else 'complex numbers' if dtype.kind == 'c' else f'of type {dtype}'
        raise not_readable(path, f'its voxels are {kind}', 'Save it with whole or real numbers, one per voxel.')
    offset = float(header['vox_offset'])
    if not 0 <= offset <= _LARGEST_OFFSET:
        raise not_readable(path, f'its header says that the voxels begin at byte {offset:g}')


def _geometry(path: Path, image: Any, shape: tuple[int, ...]) -> tuple[GridGeometry, tuple[str, ...]]:
    header, ndim = image.header, len(shape)
    unit = header.get_xyzt_units()[0]
    factor, notes = millimetres(unit)
    zooms = [float(zoom) * factor for zoom in header.get_zooms()[:ndim]]
    if int(header['sform_code']) <= 0 and int(header['qform_code']) <= 0:
        # A voxel of 1 x 1 x 1 of nothing is what an unset header holds.
        told = unit != 'unknown' or any(zoom != 1 for zoom in zooms)
        known = told and all(np.isfinite(zoom) and zoom > 0 for zoom in zooms)
        return bare_geometry(shape[::-1], zooms[::-1] if known else None), notes
    geometry = file_geometry(path, shape, _scaled(image.affine, factor))
    used = 'sform' if int(header['sform_code']) > 0 else 'qform'
    if not np.allclose(zooms, geometry.spacing, rtol=1e-2):
        notes += (
            f'voxel size: {_sizes(geometry.spacing)} mm by the {used}, which counts, {_sizes(zooms)} mm by pixdim',
        )
    if used == 'sform' and int(header['qform_code']) > 0:
        other = file_geometry(path, shape, _scaled(image.get_qform(), factor))
        apart = float(np.linalg.norm(other.corners() - geometry.corners(), axis=1).max())
        if apart > _FORM_TOLERANCE_MM:
            notes += (f'sform and qform disagree by up to {apart:.1f} mm: the sform counts',)
    return geometry, notes


def _scaled(affine: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    scaled = np.array(affine, dtype=np.float64)
    scaled[:3] *= factor
    return scaled


def _sizes(values: Sequence[float]) -> str:
    return ' x '.join(f'{value:.4g}' for value in values)


FORMAT = Format('NIfTI', _SUFFIXES, lambda path: path.is_file() and has_suffix(path, _SUFFIXES), read)
