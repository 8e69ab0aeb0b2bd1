"""What an edit of a mask is: its record, and its entry in the registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.perturb.edits._piece import Piece

#: What the amount counts: mm (voxels without spacing), times the offset, objects, doublings of the voxel, off or on.
Unit = Literal['mm', 'times', 'objects', 'doublings', 'switch']
Uses = Literal['place', 'radius', 'offset', 'seed']
Length = Annotated[float, Field(allow_inf_nan=False)]


class MaskEdit(BaseModel):
    """One change of a mask. The same record gives the same voxels.

    Lengths are in mm, in voxels where the spacing is unknown. Each edit takes those fields that its entry in the
    registry names; None is its default.

    Attributes
    ----------
    name : str
        Name in the registry, such as ``dilate``.
    amount : float
        0 is the identity, bit for bit.
    label : int or None
        The label that is edited; None is every label of the mask, each by itself.
    place : tuple of float or None
        Where, in mm from the corner of the image, in array order: the centre of voxel i is at (i + 0.5) x spacing.
    radius : float or None
        How far around the place, or how large.
    offset : tuple of float or None
        Which way, in array order; the amount multiplies it.
    seed : int
        Which draw; the amount scales it and never changes it.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    name: str
    amount: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    label: Annotated[int, Field(ge=1, le=65_535)] | None = None
    place: tuple[Length, ...] | None = None
    radius: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    offset: tuple[Length, ...] | None = None
    seed: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A number that a slider sets: its words, where the slider begins and ends, and its default."""

    title: str
    default: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class EditSpec:
    """An entry of the registry; a module of `perturb.edits` defines one as ``EDIT``.

    Attributes
    ----------
    name, title, summary : str
        Key in records; words on screen; one sentence for the tooltip.
    unit : str
        See `Unit`.
    amount : Span
        Of the slider; larger amounts are accepted, negative ones where the slider has them.
    apply : callable
        ``apply(piece, edit) -> Piece``: the edited mask, on any box. Called with an amount other than 0.
    place, offset, seed : bool
        Which fields of the record it takes.
    radius : Span or None
        The radius that it takes.
    """

    name: str
    title: str
    summary: str
    unit: Unit
    amount: Span
    apply: Callable[[Piece, MaskEdit], Piece] = field(repr=False)
    place: bool = False
    offset: bool = False
    seed: bool = False
    radius: Span | None = None

    def radius_of(self, edit: MaskEdit) -> float:
        """The radius of the record, or the default."""
        default = 0.0 if self.radius is None else self.radius.default
        return default if edit.radius is None else edit.radius
