"""PNG and JPEG pictures by Pillow, which tells palette indices from colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.stored import (
    Format,
    StoredImage,
    bare_geometry,
    check_voxels,
    has_suffix,
    not_readable,
    stem,
)

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = ('.png', '.jpg', '.jpeg')


def read(path: Path) -> StoredImage:
    """Read a picture (Y, X) or (Y, X, channel); palette pictures as their indices. The spacing is unknown.

    The dots per inch of a picture say how it is printed, not how large a pixel is in the patient.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            check_voxels(path, (*picture.size[::-1], len(picture.getbands())), 4)
            array = np.asarray(picture)
            bands, indexed = picture.getbands(), picture.mode == 'P'
    except UnidentifiedImageError as error:
        raise not_readable(path, 'it is not a picture, whatever its name says') from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise not_readable(path, f'it is damaged or cut short ({error})') from error
    notes: list[str] = ['its colours are an index: the numbers of the index were read'] if indexed else []
    if bands[-1] == 'A':
        array = array[..., :-1]
        notes.append('its transparency was left out')
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    return StoredImage(
        stem(path),
        array,
        bare_geometry(array.shape[:2]),
        channel_axis=2 if array.ndim == 3 else None,
        facts={'format': 'PNG' if has_suffix(path, ('.png',)) else 'JPEG', 'dtype': str(array.dtype)},
        notes=tuple(notes),
    )


FORMAT = Format('PNG', _SUFFIXES, lambda path: path.is_file() and has_suffix(path, _SUFFIXES), read)
