"""The ways in which a model wants its intensities, as its spec says them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra='forbid')


class Clip(_Record):
    """Map a fixed intensity window linearly to another range.

    Attributes
    ----------
    clip : (float, float)
        The window, in the image's unit.
    to : (float, float)
        What its ends become.
    clipped : bool
        Whether values beyond the window become its ends; else they are mapped along.
    """

    clip: tuple[_Number, _Number]
    to: tuple[_Number, _Number] = (0.0, 1.0)
    clipped: bool = True

    @model_validator(mode='after')
    def _rises(self) -> Self:
        if not self.clip[0] < self.clip[1]:
            raise ValueError(f'clip goes from {self.clip[0]:g} to {self.clip[1]:g}, and its first number must be lower')
        return self


class Percentiles(_Record):
    """Clip to two percentiles of the image itself, then map them linearly to another range.

    Attributes
    ----------
    percentiles : (float, float)
        From 0 to 100, of each channel; between two values they are interpolated linearly.
    to : (float, float)
        What they become.
    """

    percentiles: tuple[_Number, _Number]
    to: tuple[_Number, _Number] = (0.0, 1.0)

    @model_validator(mode='after')
    def _rises(self) -> Self:
        lo, hi = self.percentiles
        if not 0 <= lo < hi <= 100:
            raise ValueError(f'percentiles go from {lo:g} to {hi:g}, and must rise within 0 to 100')
        return self


class CT(_Record):
    """Clip to a fixed window, then subtract and divide by fixed numbers, as nnU-Net does with CT.

    Attributes
    ----------
    ct : (float, float)
        The window in HU: percentiles 0.5 and 99.5 of the training images' foreground.
    mean, sd : float
        Of the same voxels.
    """

    ct: tuple[_Number, _Number]
    mean: _Number
    sd: Annotated[_Number, Field(gt=0)]

    @model_validator(mode='after')
    def _rises(self) -> Self:
        if not self.ct[0] < self.ct[1]:
            raise ValueError(f'ct goes from {self.ct[0]:g} to {self.ct[1]:g}, and its first number must be lower')
        return self


#: Intensities that need no numbers.
Word = Literal['none', 'zscore', 'zscore_nonzero', 'minmax', 'divide_255']


def _kind(given: Any) -> str | None:
    """Which kind of intensity something means to be, by its name or by the entry that gives it away."""
    if isinstance(given, str):
        return 'word'
    names = given if isinstance(given, dict) else getattr(type(given), 'model_fields', ())
    return next((name for name in ('clip', 'percentiles', 'ct') if name in names), None)


Intensity = Annotated[
    Annotated[Word, Tag('word')]
    | Annotated[Clip, Tag('clip')]
    | Annotated[Percentiles, Tag('percentiles')]
    | Annotated[CT, Tag('ct')],
    Discriminator(
        _kind,
        custom_error_type='intensity',
        custom_error_message=f'Input should be {", ".join(get_args(Word))} or a table with clip, percentiles or ct',
    ),
]


def uses_statistics(intensity: str | Clip | Percentiles | CT) -> bool:
    """Whether intensities of other voxels of the same image decide what a voxel becomes."""
    return intensity in ('zscore', 'zscore_nonzero', 'minmax') or isinstance(intensity, Percentiles)
