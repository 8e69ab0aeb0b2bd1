"""napari's reader for medical formats: it keeps direction, units and axis order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.layers import METADATA_KEY
from napari_segrobust.cases.masks import as_labels
from napari_segrobust.cases.rater_files import files_of
from napari_segrobust.cases.readers import find_format, read_stored
from napari_segrobust.cases.roles import looks_like_mask
from napari_segrobust.cases.segments import divided
from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.cases.stored import Format, StoredImage

    LayerData = tuple[Any, dict[str, Any], str]

#: Formats that say where the patient lies. Pictures and stacks are left to napari's own readers.
_MEDICAL = frozenset({'NIfTI', 'NRRD', 'MetaImage', 'DICOM'})


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """Return `read_layers` for paths, and folders of files, that are all of a medical format, None for others."""
    listed = list(path) if isinstance(path, list | tuple) else [path]
    entries = [entry for one in listed for entry in _formats(Path(one))]
    return read_layers if entries and all(entry and entry.name in _MEDICAL for entry in entries) else None


def read_layers(path: str | list[str]) -> list[LayerData]:
    """Read files, or folders with a DICOM series, as layers of images and labels.

    Arrays are re-ordered exactly so that an axial slice shows anterior up and the patient's right on
    the viewer's left. ``scale`` is the spacing in mm; the rest of the geometry, which napari 0.9 cannot
    slice, is in ``metadata["segrobust"]``.

    Raises
    ------
    CaseError
        One line that napari shows.
    """
    return [layer for one in _paths(path) for layer in _layers(one)]


def _paths(path: str | list[str]) -> list[str]:
    """Every file, and every folder with a DICOM series; of another folder, the files."""
    listed = list(path) if isinstance(path, list | tuple) else [path]
    return [str(part) for one in listed for part in _parts(Path(one))]


def _formats(path: Path) -> list[Format | None]:
    """Format of a path; of a folder without DICOM, of every file in it."""
    own = find_format(path)
    return [find_format(part) for part in _parts(path)] if own is None else [own]


def _parts(path: Path) -> list[Path]:
    try:
        return files_of(path)
    # A folder with nothing in it that we read: another reader may.
    except CaseError:
        return [path]


def _layers(path: str) -> list[LayerData]:
    """Layers of a file: each of the segments that overlap is a layer of labels."""
    stored = read_stored(path)
    if stored.segments and stored.channel_axis is not None:
        return [layer for name, part in divided(stored, stored.name, 'raters').items() for layer in _placed(part, name)]
    return _placed(stored, stored.name)


def _placed(stored: StoredImage, name: str) -> list[LayerData]:
    from napari.utils.notifications import show_info

    stored = stored.spatial()
    stored = stored.reordered(stored.grid.canonical())
    for note in stored.notes:
        show_info(f'{name}: {note}')
    if len(stored.array) == 1:
        return [_layer(stored, stored.array[0], name)]
    return [_layer(stored, channel, f'{name} [{index}]') for index, channel in enumerate(stored.array)]


def _layer(stored: StoredImage, array: np.ndarray[Any, Any], name: str) -> LayerData:
    grid = stored.grid
    ours = {
        'geometry': grid,
        'provenance': dict(stored.facts),
        'notes': stored.notes,
        'labels': dict(stored.labels),
    }
    told: dict[str, Any] = {
        'name': name,
        'scale': grid.spacing,
        'units': ('mm' if grid.has_spacing else 'pixel',) * grid.ndim,
        'axis_labels': ('z', 'y', 'x')[-grid.ndim :],
        'metadata': {METADATA_KEY: ours},
    }
    if len(stored.array) == 1 and (stored.segments or looks_like_mask(array)):
        return np.ascontiguousarray(as_labels(array, name)), told, 'labels'
    return np.ascontiguousarray(array), told, 'image'
