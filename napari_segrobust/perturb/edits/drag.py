"""Drag a blob: pull a part of the mask somewhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span

if TYPE_CHECKING:
    from napari_segrobust.perturb.edits._piece import Piece


def _drag(piece: Piece, edit: MaskEdit) -> Piece:
    radius = EDIT.radius_of(edit)
    pull = np.multiply(edit.offset or (*(0.0,) * (len(piece.shape) - 1), 1.0), edit.amount)
    around = piece.widened(radius + float(np.linalg.norm(pull)))
    # What lay at the place comes to place + pull, in full; less and less around it, nothing from the radius on.
    target = np.add(edit.place or piece.deepest(), pull)
    box = tuple(
        slice(*np.searchsorted(np.ravel(centres), (t - radius, t + radius)))
        for centres, t in zip(around.axes(), target, strict=True)
    )
    near = replace(
        around,
        mask=around.mask[box],
        origin=tuple(o + int(s.start) for o, s in zip(around.origin, box, strict=True)),
    )
    weight = np.clip(1 - (near.distance_from(tuple(target)) / radius) ** 2, 0, None) ** 2
    inside = np.ones(near.mask.shape, bool)
    source = []
    for axis, (centres, origin, step) in enumerate(zip(near.axes(), around.origin, near.spacing, strict=True)):
        index = np.floor((centres - pull[axis] * weight) / step).astype(int) - origin
        inside &= (index >= 0) & (index < around.mask.shape[axis])
        source.append(np.clip(index, 0, around.mask.shape[axis] - 1))
    moved = around.mask.copy()
    moved[box] = around.mask[tuple(source)] & inside
    return around.with_mask(moved)


EDIT = EditSpec(
    name='drag',
    title='Drag',
    summary='Pulls what lies at a place by amount x offset, and less of what lies around it within the radius.',
    unit='times',
    amount=Span('Amount', 1.0, 0.0, 20.0),
    apply=_drag,
    place=True,
    radius=Span('Radius', 6.0, 1.0, 40.0),
    offset=True,
)
