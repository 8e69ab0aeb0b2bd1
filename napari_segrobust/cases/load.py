"""Files and arrays in, a case out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from napari_segrobust.cases.align import align
from napari_segrobust.cases.case import Case, Label
from napari_segrobust.cases.label_tables import read_label_table
from napari_segrobust.cases.masks import as_labels
from napari_segrobust.cases.rater_files import find_raters, unique_name
from napari_segrobust.cases.readers import read_stored
from napari_segrobust.cases.segments import divided
from napari_segrobust.cases.stored import StoredImage, counted, stem
from napari_segrobust.errors import CaseError, GridMismatchError
from napari_segrobust.geometry import GridGeometry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.segments import SegmentsAre

#: A path or an array.
Source: TypeAlias = 'str | os.PathLike[str] | NDArray[Any]'
#: One source, several that are named after their files, or several with names.
Sources: TypeAlias = 'Source | Sequence[Source] | Mapping[str, Source]'


def load_case(
    image: Source | Sequence[Source],
    *,
    references: Sources | None = None,
    predictions: Sources | None = None,
    raters: Sources | None = None,
    spacing: Sequence[float] | None = None,
    channel_axis: int | None = None,
    rater_axis: int | None = None,
    soft_references: Sources | None = None,
    labels: Mapping[int, Label | str] | str | os.PathLike[str] | None = None,
    name: str | None = None,
    threshold: float | None = None,
    resample: str | None = None,
    segments: SegmentsAre | None = None,
) -> Case:
    """Read an image with its masks onto one grid.

    Parameters
    ----------
    image : path, array or sequence of these
        A file, a folder with one DICOM series, or an array of shape ([Z,] Y, X) or with one more axis
        that `channel_axis` names. A sequence is stacked as channels.
    references, predictions, raters : path, array, sequence or mapping, optional
        Label masks, as one source, several, or ``{name: source}``. References are experts' masks,
        predictions come from a model, raters are references of equal standing. Arrays are in the
        order of the case, ([Z,] Y, X).
    spacing : sequence of float, optional
        Voxel size in mm in array order, ([Z,] Y, X). It overrules the header, and a note says so. None
        leaves what the file says; lengths are in voxels where it says nothing.
    channel_axis, rater_axis : int, optional
        The axis of an image, and of a mask, that is not spatial, counted as the file (or array) does.
    soft_references : path, array, sequence or mapping, optional
        Probabilities of shape (K, [Z,] Y, X) or, from 0 to 1, of the foreground alone.
    labels : mapping or path, optional
        Names (and colours) of label values, or the table that holds them.
    name : str, optional
        Name of the case; the file's by default.
    threshold : float, optional
        Turns probability maps given as masks into label 1 at or above it.
    resample : {None, 'nearest'}
        Allow masks on another grid to be resampled by nearest neighbour.
    segments : {None, 'raters', 'labels'}
        What the segments of a ``.seg.nrrd`` or a DICOM segmentation, and the volumes of a file with four axes, are:
        each a rater's mask, or labels of one mask. None refuses a file of volumes, or whose segments overlap.

    Returns
    -------
    Case
        Image float32 of shape (C, [Z,] Y, X), axes in the order nearest (Superior, Posterior, Left).

    Raises
    ------
    CaseError
        What is wrong with a file or an array, in one line.
    GridMismatchError
        A mask that does not lie on the image's grid.

    Examples
    --------
    >>> import numpy as np
    >>> case = load_case(np.zeros((4, 8, 8)), references={'expert': np.ones((4, 8, 8), int)}, spacing=(3, 1, 1))
    >>> case.image.shape, case.geometry.spacing, case.references['expert'].dtype
    ((1, 4, 8, 8), (3.0, 1.0, 1.0), dtype('uint8'))
    """
    stored = _image(image, spacing, channel_axis)
    grid = stored.grid
    notes = [*stored.notes]
    pixels, filled = finite(stored.array, stored.name)
    notes += filled
    if grid.shear > 0.1:
        notes.append(f'the axes are sheared by {grid.shear:.1f} degrees: distances in mm are not exact')
    groups: dict[str, dict[str, NDArray[Any]]] = {}
    mask_facts: dict[str, Any] = {}
    for role, given in (('reference', references), ('prediction', predictions), ('rater', raters)):
        named = _raters(given, image) if role == 'rater' else _named(given, role)
        parts: SegmentsAre | None = 'labels' if segments == 'raters' and role != 'rater' else segments
        groups[role], told, facts = _masks(named, grid, rater_axis, threshold, resample, parts)
        notes += told
        mask_facts[f'{role}s'] = facts
    twice = groups['reference'].keys() & groups['rater'].keys()
    if twice:
        raise CaseError('Two raters of one name', f'{sorted(twice)} is given twice', 'Give every mask its own name.')
    soft = {key: _probabilities(source, key, grid) for key, source in _named(soft_references, 'soft reference')}
    if spacing is not None and grid.spacing_mm != tuple(float(s) for s in spacing):
        if grid.has_spacing:
            notes.append(f'spacing {tuple(spacing)} mm was given; the header says {grid.spacing} mm')
        grid = _with_spacing(grid, spacing)
    return Case(
        name=name or stored.name,
        image=pixels,
        geometry=grid,
        references={**groups['reference'], **groups['rater']},
        predictions=groups['prediction'],
        soft_references=soft,
        labels=_labels(labels, stored.labels),
        raters=tuple(groups['rater']),
        modality=stored.facts.get('modality'),
        provenance={**stored.facts, **mask_facts},
        notes=tuple(notes),
    )


def load_mask(source: Source, name: str, grid: GridGeometry) -> NDArray[Any]:
    """Read one label mask onto a grid.

    Parameters
    ----------
    source : path or array
    name : str
        What it is called in a message.
    grid : GridGeometry
        Of its image.

    Returns
    -------
    ndarray of uint8 or uint16, shape ([Z,] Y, X)

    Raises
    ------
    CaseError
        It is no mask.
    GridMismatchError
        It does not lie on the grid.
    """
    masks, _, _ = _masks([(name, source)], grid, None, None, None, None)
    return next(iter(masks.values()))


def load_raters(
    case: Case, raters: Sources, *, segments: SegmentsAre | None = None, resample: str | None = None
) -> Case:
    """Add raters' masks to a case.

    Parameters
    ----------
    case : Case
    raters, segments, resample
        As `load_case` takes them; a name that is taken gets a number.

    Returns
    -------
    Case

    Raises
    ------
    CaseError
        What is wrong with a file, in one line.
    GridMismatchError
        A mask that does not lie on the image's grid.
    """
    masks, notes, facts = _masks(_raters(raters, case.image), case.geometry, None, None, resample, segments)
    return with_raters(case, masks, facts, notes)


def with_raters(
    case: Case, masks: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], notes: Sequence[str] = ()
) -> Case:
    """Add masks on the grid of a case as raters', with what is known of each; a name that is taken gets a number."""
    references, known = dict(case.references), dict(case.provenance.get('raters', {}))
    for name, mask in masks.items():
        free = unique_name(name, {*references, *case.predictions})
        references[free], known[free] = mask, facts.get(name, {})
    return case.with_masks(
        references=references,
        raters=(*case.raters, *(name for name in references if name not in case.references)),
        provenance={**case.provenance, 'raters': known},
        notes=(*case.notes, *notes),
    )


def _image(image: Source | Sequence[Source], spacing: Sequence[float] | None, channel_axis: int | None) -> StoredImage:
    """One image with its channels first, in canonical order."""
    if isinstance(image, list | tuple):
        parts = [_image(part, spacing, channel_axis) for part in image]
        if not parts:
            raise CaseError('No image', 'the list of images is empty', 'Give at least one image.')
        for part in parts[1:]:
            differences = parts[0].grid.differences(part.grid)
            if differences:
                why = f'{part.name} against {parts[0].name}: {"; ".join(differences)}'
                raise GridMismatchError('Channels not on one grid', why, 'Load channels of one series.')
        notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
        return replace(parts[0], array=np.concatenate([part.array for part in parts]), notes=notes)
    stored = _stored(image, 'image')
    axis = stored.channel_axis if channel_axis is None else channel_axis
    ndim = stored.array.ndim - (axis is not None) if stored.geometry is None else stored.geometry.ndim
    if spacing is not None and len(spacing) != ndim:
        raise CaseError(
            'Spacing does not fit',
            f'{len(spacing)} numbers for {stored.name} with {ndim} spatial axes',
            'Give one number in mm per spatial axis, in array order, and channel_axis=... for an axis of channels.',
        )
    stored = stored.spatial(channel_axis)
    return stored.reordered(stored.grid.canonical())


def _stored(source: Source | Sequence[Source], name: str) -> StoredImage:
    """A file as it is read; anything else is what numpy makes of it."""
    if isinstance(source, str | os.PathLike):
        return read_stored(Path(source))
    array = np.asarray(source)
    if array.dtype.kind not in 'biuf':
        raise CaseError(f'{name} is not an image', f'its values are {array.dtype}', 'Give an array of numbers.')
    return StoredImage(name, array, None, facts={'format': 'array', 'dtype': str(array.dtype)})


def finite(array: NDArray[Any], name: str) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Voxels as float32; NaN and infinity become the lowest finite value, and a note counts them."""
    with np.errstate(over='ignore'):
        pixels = np.ascontiguousarray(array, dtype=np.float32)
    if array.dtype.kind != 'f':
        return pixels, ()
    good = np.isfinite(pixels)
    bad = pixels.size - int(np.count_nonzero(good))
    if not bad:
        return pixels, ()
    if bad == pixels.size:
        raise CaseError(f'{name} holds no image', 'every voxel is NaN or infinite', 'Export the image again.')
    lowest = pixels[good].min()
    return np.where(good, pixels, lowest), (
        f'{counted(bad, "voxel")} without a number ({bad / pixels.size:.2%}) filled with the minimum, {lowest:g}',
    )


def _named(sources: Sources | None, role: str) -> Iterator[tuple[str, Source]]:
    """Pairs of name and source; files are named after themselves, arrays after their role."""
    if sources is None:
        return
    if isinstance(sources, Mapping):
        yield from ((str(key), source) for key, source in sources.items())
        return
    listed = sources if isinstance(sources, list | tuple) else [sources]
    taken: set[str] = set()
    for index, source in enumerate(listed, start=1):
        is_path = isinstance(source, str | os.PathLike)
        plain = stem(Path(source)) if is_path else role if len(listed) == 1 else f'{role} {index}'
        name = plain if plain not in taken else f'{plain} ({index})'
        taken.add(name)
        yield name, source


def _raters(given: Sources | None, image: Source | Sequence[Source]) -> Iterator[tuple[str, Source]]:
    """Pairs of name and source; files are found and named by `find_raters`."""
    listed = given if isinstance(given, list | tuple) else [given]
    paths = [source for source in listed if isinstance(source, str | os.PathLike)]
    if not isinstance(given, Mapping) and len(paths) == len(listed):
        # One source that is the image is a file of several raters, which has their grid.
        folder = len(paths) == 1 and Path(paths[0]).is_dir()
        without = [Path(image)] if folder and isinstance(image, str | os.PathLike) else []
        yield from find_raters(paths, without=without).items()
    else:
        yield from _named(given, 'rater')


def _masks(
    named: Iterable[tuple[str, Source]],
    grid: GridGeometry,
    rater_axis: int | None,
    threshold: float | None,
    resample: str | None,
    segments: SegmentsAre | None,
) -> tuple[dict[str, NDArray[Any]], list[str], dict[str, Any]]:
    """Label masks of one role on `grid`, the notes, and the facts of their files."""
    masks: dict[str, NDArray[Any]] = {}
    notes: list[str] = []
    facts: dict[str, Any] = {}
    for file, source in named:
        for part, divided_off in divided(_stored(source, file), file, segments).items():
            name = part if part not in masks else f'{file} {part}'
            axis = rater_axis
            if axis is None and segments == 'raters':
                # Files keep what is not spatial last, arrays first.
                axis = 0 if divided_off.geometry is None else -1
            stored = _on_grid(divided_off, source, name, grid, axis, 'rater')
            values = as_labels(stored.array, name, threshold=threshold)
            array, told = align(replace(stored, name=name, array=values), grid, resample=resample)
            notes += [*(f'{name}: {note}' for note in stored.notes), *told]
            labels = {value: label.name for value, label in stored.labels.items()}
            facts[name] = {**stored.facts, **({'labels': labels} if labels else {})}
            for index, mask in enumerate(array, start=1):
                masks[name if len(array) == 1 else f'{name} {index}'] = np.ascontiguousarray(mask)
    return masks, notes, facts


def _on_grid(
    stored: StoredImage, source: Source, name: str, grid: GridGeometry, extra_axis: int | None, role: str
) -> StoredImage:
    """Put the extra axis of a mask first; a bare array has the order of the case."""
    if stored.channel_axis is not None and role == 'rater' and extra_axis is None:
        stored = _one_of_equal_channels(stored, name)
    if stored.geometry is not None or isinstance(source, str | os.PathLike):
        return stored.spatial(extra_axis if stored.array.ndim > grid.ndim else None, role=role)
    axis = extra_axis if stored.array.ndim == grid.ndim + 1 else None
    stored = stored.spatial(axis, role=role)
    return replace(stored, geometry=grid) if stored.grid.shape == grid.shape else stored


def _one_of_equal_channels(stored: StoredImage, name: str) -> StoredImage:
    """Take the grey of a mask that was saved as a colour picture; refuse colours, which are no labels."""
    channels = np.moveaxis(stored.array, stored.channel_axis or 0, 0)
    if (channels != channels[:1]).any():
        raise CaseError(f'{name} is not a mask', 'it is a colour picture', 'Save it with one number per voxel.')
    return replace(stored, array=channels[0], channel_axis=None)


def _probabilities(source: Source, name: str, grid: GridGeometry) -> NDArray[np.float32]:
    """Soft labels (K, [Z,] Y, X), background first; a map of the foreground alone gets its complement."""
    stored = _on_grid(_stored(source, name), source, name, grid, _class_axis(source, grid), 'channel')
    array, _ = align(replace(stored, name=name), grid)
    array, _ = finite(array, name)
    if array.min() < 0 or array.max() > 1 + 1e-3:
        raise CaseError(
            f'{name} is not a probability map',
            f'its values lie between {array.min():.3g} and {array.max():.3g}',
            'Scale it to 0..1.',
        )
    return np.concatenate([1 - array, array]) if len(array) == 1 else array


def _class_axis(source: Source, grid: GridGeometry) -> int | None:
    """Arrays carry their classes first, files that have a fourth axis carry them last."""
    if isinstance(source, str | os.PathLike):
        return None if grid.ndim == 2 else -1
    return 0


def _with_spacing(grid: GridGeometry, spacing: Sequence[float]) -> GridGeometry:
    checked = GridGeometry.from_spacing(grid.shape, spacing).spacing
    affine = np.array(grid.affine)
    affine[:3, : grid.ndim] = grid.directions * checked
    return replace(grid, affine=affine, has_spacing=True)


def _labels(
    given: Mapping[int, Label | str] | str | os.PathLike[str] | None, stored: Mapping[int, Label]
) -> dict[int, Label]:
    if given is None:
        return dict(stored)
    if isinstance(given, str | os.PathLike):
        return read_label_table(Path(given))
    return {int(value): label if isinstance(label, Label) else Label(label) for value, label in given.items()}
