"""The record of what a model may see: context box, window, overlap, blending, padding, grid, mirroring."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from napari_segrobust.errors import ContextError


class Context(BaseModel):
    """Through what a model sees the image; None means the model's own default.

    Attributes
    ----------
    box : tuple of (int, int) or None
        Context box, half-open ``[start, stop)`` per spatial axis in voxels, array order. Outside it nothing is
        predicted and nothing is counted. None is the whole image.
    window : tuple of int or None
        Tile of the sliding plan, in voxels, one number per axis of the model.
    overlap : float or None
        Fraction of the window that neighbours share, 0 <= overlap < 1.
    blending : {'gaussian', 'constant'} or None
        Weights of a window's voxels where windows overlap.
    padding : {'constant', 'reflect', 'replicate'}
        How an image smaller than the window is filled up.
    grid : {'monai', 'nnunet'} or None
        Whose steps the windows take, and whose Gaussian weighs them, see `plan_windows`.
    mirror : tuple of int or None
        Axes of the model, counted from 0, over whose mirror images logits are averaged; every one doubles the time.
        () is none of them.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    box: tuple[tuple[int, int], ...] | None = None
    window: tuple[Annotated[int, Field(ge=1)], ...] | None = None
    overlap: Annotated[float, Field(ge=0, lt=1)] | None = None
    blending: Literal['gaussian', 'constant'] | None = None
    padding: Literal['constant', 'reflect', 'replicate'] = 'constant'
    grid: Literal['monai', 'nnunet'] | None = None
    mirror: tuple[Annotated[int, Field(ge=0, le=2)], ...] | None = None

    @field_validator('mirror')
    @classmethod
    def _each_once(cls, mirror: tuple[int, ...] | None) -> tuple[int, ...] | None:
        return None if mirror is None else tuple(sorted(set(mirror)))


def make_context(**fields: Any) -> Context:
    """Build a `Context` from what a person gave.

    Raises
    ------
    ContextError
        A field is unknown or out of its range; the first one is named.
    """
    try:
        return Context(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = '.'.join(str(part) for part in first['loc'])
        raise ContextError(
            'Context not usable', f'{where} = {first["input"]!r}: {first["msg"]}', 'Correct it.'
        ) from error
