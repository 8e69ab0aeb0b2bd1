"""TIFF stacks by tifffile, with the voxel size that ImageJ, OME or the resolution tags give."""

from __future__ import annotations

import logging
import math
import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.stored import (
    Format,
    StoredImage,
    bare_geometry,
    check_voxels,
    has_suffix,
    millimetres,
    not_readable,
    stem,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: What tifffile raises on damaged files; its own TiffFileError is a ValueError.
_DAMAGE = (
    *(ValueError, RuntimeError, OSError, LookupError, TypeError, ArithmeticError),
    *(AssertionError, AttributeError, struct.error, zlib.error),
)
_SUFFIXES = ('.tif', '.tiff')
_UNITS = {'mm': 'mm', 'millimeter': 'mm', 'cm': 'cm', 'centimeter': 'cm', 'm': 'm', 'nm': 'nm', 'um': 'um'}
_UNITS |= {'micron': 'um', 'microns': 'um', 'micrometer': 'um', 'µm': 'um', 'μm': 'um', '\\u00b5m': 'um'}


def read(path: Path) -> StoredImage:
    """Read the first series of a TIFF: ([Z,] Y, X), with an axis of channels where the file says so.

    A stack whose third axis has no meaning in the file is a volume. The orientation is unknown; so is
    the spacing unless the file gives every one of its numbers with a unit of length.
    """
    import tifffile

    try:
        with _complaints() as complaints, tifffile.TiffFile(path) as file:
            series = file.series[0]
            check_voxels(path, series.shape, series.dtype.itemsize)
            array, axes = np.asarray(series.asarray()), series.axes
            sizes, unit = _voxel_size(file)
    except _DAMAGE as error:
        raise not_readable(path, f'it is no TIFF image, or it is damaged or cut short ({error})') from error
    if complaints:
        raise not_readable(path, f'it is damaged or cut short ({complaints[0]})')
    if array.dtype.kind not in 'biuf':
        raise not_readable(path, f'its voxels are {array.dtype}', 'Save it with whole or real numbers.')
    keep = [axis for axis, n in enumerate(array.shape) if n > 1 or axes[axis] in 'YX']
    array, axes = array.reshape([array.shape[axis] for axis in keep]), ''.join(axes[axis] for axis in keep)
    channels = [axis for axis, letter in enumerate(axes) if letter in 'CS']
    channel = channels[0] if len(channels) == 1 else None
    shape = tuple(n for axis, n in enumerate(array.shape) if axis != channel)
    facts = {'format': 'TIFF', 'dtype': str(array.dtype)}
    if len(shape) > 3 or len(channels) > 1:
        return StoredImage(stem(path), array, None, facts=facts)
    spacing = [sizes.get(letter, 0.0) for letter in 'ZYX'[-len(shape) :]]
    factor, notes = millimetres(unit)
    known = unit and all(math.isfinite(size) and size > 0 for size in spacing)
    geometry = bare_geometry(shape, [size * factor for size in spacing] if known else None)
    return StoredImage(stem(path), array, geometry, channel, facts, notes=notes if known else ())


class _Listener(logging.Handler):
    """Keeps the errors that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage()[:120])


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect the errors that tifffile logs while it goes on with what it has."""
    logger, handler = logging.getLogger('tifffile'), _Listener()
    logger.addHandler(handler)
    try:
        yield handler.heard
    finally:
        logger.removeHandler(handler)


def _voxel_size(file: Any) -> tuple[dict[str, float], str]:
    """Sizes by axis letter and their unit; an empty unit where the file does not say."""
    if file.ome_metadata:
        return _from_ome(file.ome_metadata)
    tags = file.pages[0].tags
    sizes = {}
    for letter, tag in (('X', 'XResolution'), ('Y', 'YResolution')):
        if tag in tags and tags[tag].value[0] > 0:
            sizes[letter] = tags[tag].value[1] / tags[tag].value[0]
    if file.imagej_metadata:
        told = file.imagej_metadata
        return {**sizes, 'Z': float(told.get('spacing', 0.0))}, _UNITS.get(str(told.get('unit', '')).lower(), '')
    # Inches (2) are what a printer wants to know; centimetres (3) are written on purpose.
    in_cm = 'ResolutionUnit' in tags and int(tags['ResolutionUnit'].value) == 3
    return sizes, 'cm' if in_cm else ''


def _from_ome(text: str) -> tuple[dict[str, float], str]:
    import tifffile

    image = tifffile.xml2dict(text)['OME']['Image']
    pixels = (image[0] if isinstance(image, list) else image)['Pixels']
    units = {str(pixels.get(f'PhysicalSize{letter}Unit', 'µm')).lower() for letter in 'XY'}
    sizes = {letter: float(pixels.get(f'PhysicalSize{letter}', 0)) for letter in 'XYZ'}
    return sizes, _UNITS.get(units.pop(), '') if len(units) == 1 else ''


FORMAT = Format('TIFF', _SUFFIXES, lambda path: path.is_file() and has_suffix(path, _SUFFIXES), read)
