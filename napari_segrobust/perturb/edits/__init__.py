"""Edits of a mask: one file each, one registry. Adding an edit is adding a file with an ``EDIT``."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.counts import as_labels
from napari_segrobust.errors import LabError
from napari_segrobust.perturb.edits._piece import Piece
from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span
from napari_segrobust.registry import discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ['EditSpec', 'MaskEdit', 'Piece', 'Span', 'edit_mask', 'mask_edits']


@cache
def mask_edits() -> Mapping[str, EditSpec]:
    """Every edit by name."""
    found: list[EditSpec] = discover(__name__, 'EDIT')
    return MappingProxyType({spec.name: spec for spec in found})


def edit_mask(labels: NDArray[Any], edits: Iterable[MaskEdit], spacing: Sequence[float] | None = None) -> NDArray[Any]:
    """Edit a mask.

    Parameters
    ----------
    labels : ndarray of int or bool, shape ([Z,] Y, X)
        0 is background. Never changed.
    edits : iterable of MaskEdit
        In order of application. Amounts of 0 change nothing.
    spacing : sequence of float, optional
        In mm in array order; without it lengths are in voxels.

    Returns
    -------
    ndarray of int, shape ([Z,] Y, X)
        New; uint8 for a bool mask, else of the type of `labels`. An edited label covers the others; what it leaves
        becomes background; what leaves the image is lost.

    Raises
    ------
    LabError
        Unknown edit, or one whose amount, place or offset does not fit.

    Examples
    --------
    >>> mask = np.zeros((9, 9), np.uint8)
    >>> mask[4, 4] = 1
    >>> int(edit_mask(mask, [MaskEdit(name='dilate', amount=1)]).sum())
    5
    """
    edited = as_labels(labels).copy()
    steps = (1.0,) * edited.ndim if spacing is None else tuple(float(step) for step in spacing)
    if len(steps) != edited.ndim or not all(np.isfinite(step) and step > 0 for step in steps):
        remedy = f'Give {edited.ndim} positive numbers in mm, in array order.'
        raise LabError('Spacing unusable', f'{steps} for {edited.ndim} axes', remedy)
    for edit in edits:
        spec = _check(edit, edited.ndim)
        if edit.amount != 0:
            _apply(spec, edit, edited, steps)
    return edited


def _apply(spec: EditSpec, edit: MaskEdit, labels: NDArray[Any], spacing: tuple[float, ...]) -> None:
    """Edit `labels` in place."""
    if edit.label is None:
        chosen = [int(value) for value in np.unique(labels) if value] or [1]
    else:
        chosen = [edit.label]
    before = [Piece.cut(labels, label, spacing) for label in chosen]
    for piece in before:
        labels[piece.overlap()[0]][piece.mask] = 0
    for label, piece in zip(chosen, before, strict=True):
        after = spec.apply(piece, edit)
        there, here = after.overlap()
        labels[there][after.mask[here]] = label


def _check(edit: MaskEdit, ndim: int) -> EditSpec:
    known = mask_edits()
    if edit.name not in known:
        raise LabError('Unknown mask edit', repr(edit.name), f'Known are: {", ".join(known)}.')
    spec = known[edit.name]
    if edit.amount < 0 <= spec.amount.minimum:
        raise LabError(f'{spec.title} unusable', f'its amount is {edit.amount:g}', 'Give 0 or more.')
    for field in ('place', 'offset'):
        value = getattr(edit, field)
        if value is not None and len(value) != ndim:
            why = f'its {field} has {len(value)} numbers for {ndim} axes'
            raise LabError(f'{spec.title} unusable', why, 'Give one number per axis, in array order.')
    return spec
