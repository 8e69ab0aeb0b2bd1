"""A case from the layers of a viewer, told as plain facts: nothing here knows the viewer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.align import align
from napari_segrobust.cases.case import Case, Label
from napari_segrobust.cases.load import finite
from napari_segrobust.cases.masks import as_labels
from napari_segrobust.cases.roles import Role
from napari_segrobust.cases.stored import StoredImage, bare_geometry, memory_for, millimetres
from napari_segrobust.errors import CaseError, GridMismatchError
from napari_segrobust.geometry import SAME_GRID_TOLERANCE, GridGeometry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: Key of a layer's metadata under which our reader keeps ``{"geometry": GridGeometry, ...}``.
METADATA_KEY = 'segrobust'
#: Lazy arrays above this many bytes are read with a note that says how many.
_WORTH_A_NOTE = 2**28


@dataclass(frozen=True, eq=False)
class LayerFacts:
    """What is known of one layer.

    Attributes
    ----------
    name : str
    data : array, or sequence of arrays where `multiscale`
        Anything with shape and dtype that numpy can read, dask arrays among them.
    role : Role
    affine : ndarray, shape (n + 1, n + 1)
        All transforms of the layer composed: array indices to world coordinates, both in array order.
    units : tuple of str
        Unit of each world axis ("mm", "micrometer", "pixel").
    rgb : bool
        The last axis of the data is colour.
    multiscale : bool
        The data are levels, the finest first.
    metadata : mapping
        The layer's own; ours lies under `METADATA_KEY`.
    labels : mapping of int to Label
    """

    name: str
    data: Any
    role: Role
    affine: NDArray[np.float64]
    units: tuple[str, ...] = ()
    rgb: bool = False
    multiscale: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[int, Label] = field(default_factory=dict)


def world_affine(
    scale: Sequence[float],
    translate: Sequence[float],
    rotate: NDArray[np.float64],
    shear: Sequence[float],
    affine: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compose the five transforms of a napari layer, which act together and never one alone.

    Parameters
    ----------
    scale, translate : sequence of n numbers
    rotate : ndarray, shape (n, n)
    shear : sequence of n (n - 1) / 2 numbers
        Above the diagonal of the matrix, row by row.
    affine : ndarray, shape (n + 1, n + 1)

    Returns
    -------
    ndarray, shape (n + 1, n + 1)
        Array indices to world: ``affine @ (translate + rotate @ shear @ scale)``.
    """
    ndim = len(scale)
    sheared = np.eye(ndim)
    sheared[np.triu_indices(ndim, 1)] = shear
    local = np.eye(ndim + 1)
    local[:-1, :-1] = np.asarray(rotate) @ sheared @ np.diag(scale)
    local[:-1, -1] = translate
    return np.asarray(affine @ local, dtype=np.float64)


def case_from_layers(layers: Sequence[LayerFacts], *, threshold: float | None = None) -> Case:
    """Build a case from layers; copies are made only where the type must change.

    The geometry is that of our reader where it made the layer. For a layer that someone else made, the
    spacing is its scale, if it is in a unit of length, and the orientation is unknown.

    Raises
    ------
    CaseError
        No image, several images, a layer that is rotated, sheared, too large or of more than three axes.
    GridMismatchError
        Masks that do not lie on the image.
    """
    images = [layer for layer in layers if layer.role is Role.IMAGE]
    if len(images) != 1:
        why = f'{len(images)} layers have the role of the image'
        raise CaseError('One image is needed', why, 'Choose one image among the layers.')
    main = images[0]
    stored = _stored(main)
    pixels, notes = finite(stored.array, main.name)
    notes = (*stored.notes, *notes)
    groups: dict[Role, dict[str, NDArray[Any]]] = {Role.REFERENCE: {}, Role.PREDICTION: {}, Role.RATER: {}}
    for layer in layers:
        if layer.role is not Role.IMAGE:
            mask, told = _mask(layer, main, stored.grid, threshold)
            groups[layer.role][layer.name] = mask
            notes += told
    ours = main.metadata.get(METADATA_KEY, {})
    return Case(
        name=main.name,
        image=pixels,
        geometry=stored.grid,
        references={**groups[Role.REFERENCE], **groups[Role.RATER]},
        predictions=groups[Role.PREDICTION],
        labels={value: label for layer in layers for value, label in _label_names(layer).items()},
        raters=tuple(groups[Role.RATER]),
        modality=ours.get('provenance', {}).get('modality'),
        provenance=ours.get('provenance', stored.facts),
        notes=(*ours.get('notes', ()), *notes),
    )


def _label_names(layer: LayerFacts) -> Mapping[int, Label]:
    return layer.labels or layer.metadata.get(METADATA_KEY, {}).get('labels', {})


def _stored(layer: LayerFacts) -> StoredImage:
    """Voxels with their channels first, on the grid that the layer tells."""
    array, notes = _array(layer)
    ndim = array.ndim - layer.rgb
    if ndim not in (2, 3):
        raise CaseError(
            f'{layer.name} has {ndim} axes', 'a case has 2 or 3 spatial ones', 'Split or slice the layer first.'
        )
    known = layer.metadata.get(METADATA_KEY, {}).get('geometry')
    shape = array.shape[:ndim]
    if isinstance(known, GridGeometry) and known.shape == shape:
        geometry = known
    else:
        geometry = bare_geometry(shape, _spacing(layer, ndim))
    channel = array.ndim - 1 if layer.rgb else None
    facts = {'format': 'layer', 'dtype': str(array.dtype)}
    return StoredImage(layer.name, array, geometry, channel, facts, notes=notes).spatial()


def _array(layer: LayerFacts) -> tuple[NDArray[Any], tuple[str, ...]]:
    data = layer.data[0] if layer.multiscale else layer.data
    needed = memory_for(layer.name, data.shape, np.dtype(data.dtype).itemsize)
    lazy = not isinstance(data, np.ndarray) and needed > _WORTH_A_NOTE
    notes = (f'{layer.name} was read into memory, {needed / 2**30:.2f} GiB',) if lazy else ()
    return np.asarray(data), notes


def _spacing(layer: LayerFacts, ndim: int) -> list[float] | None:
    """Scale of a layer in mm; None where its world has no unit of length."""
    matrix = np.asarray(layer.affine, dtype=np.float64)[:-1, :-1][-ndim:, -ndim:]
    steps = np.diag(matrix)
    if not np.allclose(matrix, np.diag(steps), atol=1e-6 * np.abs(matrix).max()) or (steps <= 0).any():
        raise CaseError(
            f'{layer.name} is rotated, sheared or mirrored',
            'its transform is more than a scale and a shift',
            'Reset its transform, or load the file itself.',
        )
    unit = _UNITS.get(str(layer.units[-1]) if layer.units else '')
    return None if unit is None else [float(step) * millimetres(unit)[0] for step in steps]


_UNITS = {'millimeter': 'mm', 'mm': 'mm', 'centimeter': 'cm', 'meter': 'm', 'micrometer': 'um', 'micron': 'um'}
_UNITS |= {'um': 'um', 'nanometer': 'nm', 'cm': 'cm', 'm': 'm', 'nm': 'nm', 'µm': 'um'}


def _mask(
    layer: LayerFacts, main: LayerFacts, grid: GridGeometry, threshold: float | None
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Labels of a layer on the grid of the image: by both geometries, else by what the viewer shows."""
    mask = _stored(layer)
    values = as_labels(mask.array, layer.name, threshold=threshold)
    if len(values) != 1:
        raise CaseError(f'{layer.name} is not a mask', 'it is a colour picture', 'Use a layer of labels.')
    if mask.grid.has_orientation and grid.has_orientation:
        array, told = align(replace(mask, array=values), grid)
        return array[0], (*mask.notes, *told)
    n = grid.ndim + 1
    mine, its = (np.asarray(one.affine, dtype=np.float64)[-n:, -n:] for one in (layer, main))
    corner = np.array(grid.shape) - 1
    apart = (mine - its)[:-1] @ np.append(corner, 1), (mine - its)[:-1, -1]
    steps = np.abs(np.diag(its))[:-1]
    if mask.grid.shape != grid.shape or max(np.abs(part / steps).max() for part in apart) > SAME_GRID_TOLERANCE:
        theirs = np.abs(np.diag(mine))[:-1].tolist()
        differences = bare_geometry(grid.shape, steps.tolist()).differences(bare_geometry(mask.grid.shape, theirs))
        why = '; '.join(differences) or 'one is shifted against the other'
        raise GridMismatchError(
            'Masks not on one grid', f'{layer.name} and {main.name} differ: {why}', 'Choose the mask of this image.'
        )
    return values[0], mask.notes
