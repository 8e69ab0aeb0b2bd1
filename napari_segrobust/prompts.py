"""What a person shows a model on the image: points, boxes and scribbles."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_segrobust.errors import CaseError

#: What a model may ask for.
PromptKind = Literal['points', 'boxes', 'scribbles']


class Point(BaseModel):
    """A place that belongs to a class.

    Attributes
    ----------
    at : tuple of float
        In voxels of the case, array order; 2.0 is the centre of the third voxel.
    label : int
        Class of the model, 0 for background.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    at: tuple[float, ...]
    label: Annotated[int, Field(ge=0)] = 1


class Box(BaseModel):
    """A box around an object.

    Attributes
    ----------
    edges : tuple of (float, float)
        From and to along each axis, in voxels of the case, array order, half-open.
    label : int
        Class of the model.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    edges: tuple[tuple[float, float], ...]
    label: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode='after')
    def _ordered(self) -> Self:
        if any(start >= stop for start, stop in self.edges):
            raise ValueError('each edge runs from a smaller to a larger place')
        return self


class Prompts(BaseModel):
    """Everything that was shown, the same for all models of a run.

    Attributes
    ----------
    points : tuple of Point
    boxes : tuple of Box
    scribbles : str or None
        Content hash of a label mask drawn on the case, one of ``case.drawn_masks``: 0 says nothing, 1 is
        background, k + 1 is class k of the model.
    candidate : int or None
        Which of several masks a model proposes; None is the one it trusts most.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    points: tuple[Point, ...] = ()
    boxes: tuple[Box, ...] = ()
    scribbles: str | None = None
    candidate: Annotated[int, Field(ge=0)] | None = None

    def kinds(self) -> frozenset[PromptKind]:
        """Which kinds of prompts are there."""
        there: dict[PromptKind, bool] = {
            'points': bool(self.points), 'boxes': bool(self.boxes), 'scribbles': self.scribbles is not None,
        }  # fmt: skip
        return frozenset(kind for kind, is_there in there.items() if is_there)

    def check_axes(self, ndim: int) -> None:
        """Refuse points and boxes with more or fewer numbers than an image has axes.

        Raises
        ------
        CaseError
            They have.
        """
        found = [len(place) for place in (*(p.at for p in self.points), *(b.edges for b in self.boxes))]
        wrong = [count for count in found if count != ndim]
        if wrong:
            why = f'one has {wrong[0]} axes, and the image has {ndim}'
            raise CaseError('Points or boxes unusable', why, f'Give {ndim} numbers for each, in array order.')
