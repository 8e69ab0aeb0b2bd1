"""NumPy's own files: .npy, and .npz with one array. Pickles are never opened."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.stored import Format, StoredImage, check_voxels, has_suffix, not_readable, stem

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: What numpy raises on damaged files; headers are Python literals, and zipfile says of a compression that it does not
#: know that it is not implemented.
_DAMAGE = (
    *(ValueError, EOFError, OSError, KeyError, zlib.error, zipfile.BadZipFile),
    *(SyntaxError, tokenize.TokenError, NotImplementedError, OverflowError),
)
_SUFFIXES = ('.npy', '.npz')
#: Which array of an .npz is the image, where it holds several.
_KEYS = ('image', 'data', 'arr_0')


def read(path: Path) -> StoredImage:
    """Read an array ([Z,] Y, X), or with one more axis that the caller names; spacing and orientation are unknown."""
    try:
        array = _from_archive(path) if has_suffix(path, ('.npz',)) else _from_file(path)
    except _DAMAGE as error:
        why = 'it holds Python objects' if 'pickle' in str(error) else f'it is damaged or cut short ({error})'
        raise not_readable(path, why, 'Save it with numpy.save, as plain numbers.') from error
    if array.dtype.kind not in 'biuf' or array.ndim < 2:
        raise not_readable(path, f'it holds {array.dtype} of shape {array.shape}', 'Save numbers in 2D or 3D.')
    check_voxels(path, array.shape, array.itemsize)
    return StoredImage(stem(path), np.array(array), None, facts={'format': 'NumPy', 'dtype': str(array.dtype)})


def _from_file(path: Path) -> NDArray[Any]:
    # Mapped, so that a header that claims too much is met before memory is taken.
    return np.asanyarray(np.load(path, mmap_mode='r', allow_pickle=False))


def _from_archive(path: Path) -> NDArray[Any]:
    # Opened here, because numpy leaves it open when it is no archive.
    with path.open('rb') as file, np.load(file, allow_pickle=False) as archive:
        keys = list(archive.files)
        key = keys[0] if len(keys) == 1 else next((name for name in _KEYS if name in keys), None)
        if key is None:
            raise not_readable(
                path, f'it holds {len(keys)} arrays ({", ".join(keys[:5])})', 'Name the one to open "image".'
            )
        size = archive.zip.getinfo(f'{key}.npy').file_size
        check_voxels(path, (size,), 1)
        return np.asarray(archive[key])


FORMAT = Format('NumPy', _SUFFIXES, lambda path: path.is_file() and has_suffix(path, _SUFFIXES), read)
