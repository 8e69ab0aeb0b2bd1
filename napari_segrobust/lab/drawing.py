"""Masks as words: drawn from shapes in mm, from rows of text, or as edits of another mask."""

from __future__ import annotations

from math import dist
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from napari_segrobust.errors import LabError
from napari_segrobust.perturb.edits import MaskEdit, Piece, edit_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Characters that are background in rows of text; "#" is label 1, digits are labels.
_BACKGROUND, _FIRST = '.0', '#'
_FROZEN = ConfigDict(frozen=True, extra='forbid')
Point = tuple[float, ...]
LabelValue = Annotated[int, Field(ge=0, le=255)]


class Box(BaseModel):
    """All voxels whose centre lies in ``[start, stop)``; in voxels these are the indices of a slice.

    Places of all shapes are in mm from the corner of the image (in voxels without spacing), in array order: the centre
    of voxel i is at (i + 0.5) x spacing. Label 0 erases.
    """

    model_config = _FROZEN
    kind: Literal['box']
    start: Point
    stop: Point
    label: LabelValue = 1

    def inside(self, grid: Piece) -> NDArray[np.bool_]:
        """Which voxels of the grid it covers."""
        mask = np.ones(grid.mask.shape, bool)
        for axis, start, stop in zip(grid.axes(), self.start, self.stop, strict=True):
            mask &= (axis >= start) & (axis < stop)
        return mask


class Ball(BaseModel):
    """All voxels whose centre lies within `radius` of `centre`: a disk in 2D."""

    model_config = _FROZEN
    kind: Literal['ball']
    centre: Point
    radius: Annotated[float, Field(gt=0)]
    label: LabelValue = 1

    def inside(self, grid: Piece) -> NDArray[np.bool_]:
        """Which voxels of the grid it covers."""
        if len(self.centre) != grid.mask.ndim:
            raise ValueError(f'{len(self.centre)} numbers for {grid.mask.ndim} axes')
        return grid.distance_from(self.centre) <= self.radius * (1 + 1e-9)


class Tube(BaseModel):
    """All voxels whose centre lies within `radius` of the line through `points`."""

    model_config = _FROZEN
    kind: Literal['tube']
    points: Annotated[tuple[Point, ...], Field(min_length=2)]
    radius: Annotated[float, Field(gt=0)]
    label: LabelValue = 1

    def inside(self, grid: Piece) -> NDArray[np.bool_]:
        """Which voxels of the grid it covers."""
        mask = np.zeros(grid.mask.shape, bool)
        for start, end in zip(self.points[:-1], self.points[1:], strict=True):
            length = dist(start, end)
            unit = [(e - s) / length if length else 0.0 for s, e in zip(start, end, strict=True)]
            relative = [axis - s for axis, s in zip(grid.axes(), start, strict=True)]
            along = np.clip(sum(r * u for r, u in zip(relative, unit, strict=True)), 0, length)
            squares = sum((r - along * u) ** 2 for r, u in zip(relative, unit, strict=True))
            mask |= np.sqrt(squares) <= self.radius * (1 + 1e-9)
        return mask


Shape = Annotated[Box | Ball | Tube, Field(discriminator='kind')]


class Drawing(BaseModel):
    """A mask. Rows or shapes begin on an empty image; without them it begins as a copy of the mask it belongs to.

    Attributes
    ----------
    rows : str or None
        One character per voxel: ``.`` background, ``#`` label 1, a digit that label; an empty line between slices.
    shapes : tuple of Box, Ball or Tube, or None
        Drawn in order, over the rows; an empty list is an empty mask.
    edits : tuple of MaskEdit
        Applied last.
    """

    model_config = _FROZEN
    rows: str | None = None
    shapes: tuple[Shape, ...] | None = None
    edits: tuple[MaskEdit, ...] = ()

    @property
    def begins_empty(self) -> bool:
        """Whether it begins on an empty image."""
        return self.rows is not None or self.shapes is not None

    def draw(
        self, shape: tuple[int, ...], spacing: tuple[float, ...] | None, base: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Draw the mask.

        Parameters
        ----------
        shape : tuple of int
            ([Z,] Y, X).
        spacing : tuple of float or None
            In mm in array order.
        base : ndarray of uint8, same shape, optional
            What it begins with, where it has neither rows nor shapes of its own.

        Returns
        -------
        ndarray of uint8

        Raises
        ------
        LabError
            Rows that do not fill the shape, or shapes and edits with another number of axes.
        """
        mask = np.zeros(shape, np.uint8) if self.begins_empty or base is None else base.copy()
        if self.rows is not None:
            mask = read_rows(self.rows, shape)
        grid = Piece(np.zeros(shape, bool), (0,) * len(shape), shape, spacing or (1.0,) * len(shape))
        for item in self.shapes or ():
            try:
                mask[item.inside(grid)] = item.label
            except ValueError as error:
                why = f'a {item.kind} does not have one number for each of {len(shape)} axes'
                raise LabError('Shape unusable', why, 'Give ([Z,] Y, X).') from error
        return np.asarray(edit_mask(mask, self.edits, spacing), np.uint8)


def read_rows(text: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read a mask from rows of text.

    Raises
    ------
    LabError
        Rows of unequal length, unknown characters, or another size than `shape`.
    """
    slices = [block.split() for block in text.strip().split('\n\n')]
    lengths = sorted({len(row) for block in slices for row in block})
    unknown = sorted(set(''.join(text.split())) - set(f'{_BACKGROUND}{_FIRST}123456789'))
    size = (len(slices), len(slices[0]), lengths[0])[3 - len(shape) :]
    if unknown:
        raise LabError(
            'Rows unusable', f'they hold {" ".join(unknown)}', 'Use . for background, # or digits for labels.'
        )
    if len(lengths) > 1 or len({len(block) for block in slices}) > 1:
        raise LabError('Rows unusable', f'they have {lengths} characters', 'Give each row and each slice one length.')
    if size != shape or (len(shape) == 2 and len(slices) > 1):
        raise LabError('Rows unusable', f'they are {size} for an image of {shape}', 'Draw every voxel.')
    values = text.replace(_FIRST, '1').replace('.', '0')
    return np.array([int(c) for c in values if c.isdigit()], np.uint8).reshape(shape)


def write_rows(mask: NDArray[np.uint8]) -> str:
    """Write a mask with labels up to 9 as rows of text: what `read_rows` reads."""
    if mask.ndim == 3:
        return '\n'.join(write_rows(plane) for plane in mask)
    return ''.join(''.join('.#23456789'[value] for value in row) + '\n' for row in mask)


class Probability(BaseModel):
    """Probabilities that give a mask at the threshold 0.5.

    Attributes
    ----------
    inside, outside : float
        Of the mask and of the background, far from the border.
    ramp : float
        Depth in mm over which the probability goes from 0.5 at the border to `inside` and `outside`; 0 is a step.
    """

    model_config = _FROZEN
    inside: Annotated[float, Field(gt=0.5, le=1)]
    outside: Annotated[float, Field(ge=0, lt=0.5)]
    ramp: Annotated[float, Field(ge=0)] = 0.0

    def of(self, mask: NDArray[np.uint8], spacing: tuple[float, ...] | None) -> NDArray[np.float32]:
        """Return the probability of the foreground of `mask`, shape of the mask, float32."""
        foreground = mask > 0
        steps = spacing or (1.0,) * mask.ndim
        piece = Piece(foreground, (0,) * mask.ndim, mask.shape, steps)
        # The border runs half a voxel outside the voxel centres; one side alone has no border.
        mixed = foreground.any() and not foreground.all()
        depth = piece.depth() + piece.distance() - min(steps) / 2 if mixed else np.full(mask.shape, np.inf)
        certainty = np.minimum(depth / self.ramp, 1) if self.ramp else np.ones(mask.shape)
        far = np.where(foreground, self.inside, self.outside)
        return np.asarray(0.5 + (far - 0.5) * certainty, np.float32)
