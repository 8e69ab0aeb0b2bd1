"""Masks and images out, on the grid and in the axis order that the source file had."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.stored import has_suffix
from napari_segrobust.errors import CaseError
from napari_segrobust.files import replacing
from napari_segrobust.geometry import AxisOrder

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from napari_segrobust.geometry import GridGeometry

#: Axes may be off a right angle by this many degrees in formats that know no shear.
_ORTHOGONAL = 0.01


def save_image(
    path: str | os.PathLike[str], array: NDArray[Any], geometry: GridGeometry, *, description: str = ''
) -> Path:
    """Write an image or a mask; the same voxels give the same bytes.

    Parameters
    ----------
    path : path
        Its ending chooses the format: .nii, .nii.gz, .nrrd, .mha, .tif, .png (2D), .npy.
    array : ndarray, shape ([Z,] Y, X) or (C, [Z,] Y, X)
        On `geometry`. The stored axis order is restored. Several channels become the last axis of a
        NIfTI file, or the components of a voxel.
    geometry : GridGeometry
    description : str
        Kept in the header where the format has a place, such as what was simulated. No patient data.

    Returns
    -------
    Path

    Raises
    ------
    CaseError
        Unknown ending, a format that cannot hold the array or its grid, or a folder that cannot be written.
    """
    path = Path(path)
    array = np.asarray(array)
    if array.dtype == bool:
        array = array.astype(np.uint8)
    if array.ndim == geometry.ndim + 1 and array.shape[0] == 1:
        array = array[0]
    if array.shape[-geometry.ndim :] != geometry.shape or array.ndim > geometry.ndim + 1:
        why = f'shape {array.shape} is not on the grid'
        raise CaseError(f'{path.name} cannot be saved', why, 'Save what lies on it.')
    writer = next((write for suffixes, write in _WRITERS if has_suffix(path, suffixes)), None)
    if writer is None:
        endings = ', '.join(suffix for suffixes, _ in _WRITERS for suffix in suffixes)
        raise CaseError(f'{path.name} cannot be saved', 'the format is unknown', f'Use one of {endings}.')
    stored = geometry.order.undo(array)
    try:
        with replacing(path) as temporary:
            writer(temporary, stored, geometry, description)
    except OSError as error:
        why = error.strerror or str(error)
        raise CaseError(f'{path.name} cannot be saved', why, 'Choose another folder, or free some space.') from error
    return path


def _write_nifti(path: Path, stored: NDArray[Any], geometry: GridGeometry, description: str) -> None:
    import nibabel

    # Types that NIfTI readers disagree on are widened.
    array = stored.astype(np.float32) if stored.dtype == np.float16 else stored
    if array.ndim > geometry.ndim:
        array = np.moveaxis(array, 0, -1) if geometry.ndim == 3 else np.moveaxis(array, 0, -1)[:, :, np.newaxis]
    original = geometry.stored()
    image = nibabel.Nifti1Image(array, original.affine if geometry.has_orientation else None, dtype=array.dtype)
    if geometry.has_orientation:
        image.set_sform(original.affine, code=1)
        if geometry.shear < _ORTHOGONAL:
            image.set_qform(original.affine, code=1)
    elif geometry.has_spacing:
        image.header.set_zooms((*original.spacing, *(1.0,) * (array.ndim - geometry.ndim)))
    image.header.set_xyzt_units('mm' if geometry.has_spacing else 'unknown')
    image.header['descrip'] = description.encode('ascii', 'replace')[:79]
    data = image.to_bytes()
    if has_suffix(path, ('.gz',)):
        # No name and no time in the stream: a repeat gives the same bytes.
        with path.open('wb') as file, gzip.GzipFile('', 'wb', 6, file, mtime=0) as stream:
            stream.write(data)
    else:
        path.write_bytes(data)


def _write_itk(path: Path, stored: NDArray[Any], geometry: GridGeometry, description: str) -> None:
    import SimpleITK as sitk

    if not geometry.has_orientation or geometry.shear > _ORTHOGONAL:
        why = 'its axes are sheared' if geometry.has_orientation else 'its orientation is unknown'
        raise CaseError('NRRD and MetaImage cannot hold this grid', why, 'Save it as .nii.gz.')
    ndim, original = geometry.ndim, geometry.stored()
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ original.affine
    spacing = np.linalg.norm(affine[:ndim, :ndim], axis=0)
    vector = stored.ndim > ndim
    array = np.moveaxis(stored, 0, -1) if vector else stored
    array = array.transpose(*reversed(range(ndim)), *range(ndim, array.ndim))
    image = sitk.GetImageFromArray(np.ascontiguousarray(array), isVector=vector)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((affine[:ndim, :ndim] / spacing).ravel().tolist())
    image.SetOrigin(affine[:ndim, 3].tolist())
    if description:
        image.SetMetaData('description', description)
    try:
        sitk.WriteImage(image, str(path), useCompression=True)
    except RuntimeError as error:
        raise OSError(str(error).splitlines()[-1]) from error


def _write_numpy(path: Path, stored: NDArray[Any], geometry: GridGeometry, description: str) -> None:
    with path.open('wb') as file:
        np.save(file, _last_fastest(stored, geometry, -1), allow_pickle=False)


def _write_png(path: Path, stored: NDArray[Any], geometry: GridGeometry, description: str) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    array = _last_fastest(stored, geometry, -1)
    color = array.ndim == 3
    if geometry.ndim != 2 or array.dtype not in ((np.uint8,) if color else (np.uint8, np.uint16)):
        why = f'it is {array.dtype} of shape {array.shape}'
        raise CaseError('PNG cannot hold this image', why, 'Save it as .tif or .nii.gz.')
    told = PngInfo()
    if description:
        told.add_text('Description', description)
    Image.fromarray(array).save(path, 'PNG', pnginfo=told)


def _write_tiff(path: Path, stored: NDArray[Any], geometry: GridGeometry, description: str) -> None:
    """As ImageJ does, which keeps the voxel size."""
    import tifffile

    array = _last_fastest(stored, geometry, -3)
    if array.dtype not in (np.uint8, np.uint16, np.float32):
        array = array.astype(np.float32)
    axes = ('ZYX' if array.ndim == geometry.ndim else 'ZCYX')[-array.ndim :]
    told: dict[str, Any] = {'axes': axes, 'Info': description} if description else {'axes': axes}
    spacing = geometry.stored().spacing_mm
    resolution = None
    if spacing:
        resolution = (1 / spacing[0], 1 / spacing[1])
        told |= {'unit': 'mm', **({'spacing': spacing[2]} if geometry.ndim == 3 else {})}
    tifffile.imwrite(path, array, imagej=True, resolution=resolution, metadata=told)


def _last_fastest(stored: NDArray[Any], geometry: GridGeometry, channel_axis: int) -> NDArray[Any]:
    """The array as numpy counts, fastest axis last, for formats without orientation; channels where they go."""
    array = AxisOrder.reversal(geometry.ndim).apply(stored)
    return np.ascontiguousarray(np.moveaxis(array, 0, channel_axis) if array.ndim > geometry.ndim else array)


_WRITERS = (
    (('.nii', '.nii.gz'), _write_nifti),
    (('.nrrd', '.mha'), _write_itk),
    (('.tif', '.tiff'), _write_tiff),
    (('.png',), _write_png),
    (('.npy',), _write_numpy),
)
