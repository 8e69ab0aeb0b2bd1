"""What must be known about a model to use it rightly: read from a TOML file beside its weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_segrobust.cases.case import Expectations
from napari_segrobust.prompts import PromptKind
from napari_segrobust.segment.post import Post


class Clip(BaseModel):
    """Clip to a fixed intensity window, then map it linearly to another range."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    clip: tuple[float, float]
    to: tuple[float, float] = (0.0, 1.0)


class ModelSpec(BaseModel):
    """How a model wants its input and what its output means.

    Attributes
    ----------
    name : str
    dimensions : {2, 3}
        A 2D model on a volume runs slice by slice along `slice_axis`.
    channels : int
        Image channels it takes.
    any_image : bool
        It takes any number of channels, and a 2D image as well as a volume.
    classes : tuple of str
        Names of its output channels; with softmax the first one is the background.
    window, overlap, blending, grid
        Defaults of the sliding plan. ``window=None`` takes the whole slice (or volume), padded to `pad_multiple`.
    spacing : 'native' or tuple of float
        Voxel size in mm it must have, one number per axis of the model.
    resample : dict
        Spline orders for bringing image and labels to `spacing`.
    orientation : str or None
        Where its axes point to, such as "RAS" (two letters for a 2D model). None: as images are read, "SPL".
    transpose : bool
        Its axes come in reverse order (networks trained on images that were read as (x, y)).
    intensity : str or Clip
        ``none``, ``zscore`` (mean 0, sd 1), ``minmax`` (to 0..1) or a `Clip`.
    intensity_scope : {'volume', 'slice'}
        Over what zscore and minmax take their statistics; a context box does not change them.
    activation : {'softmax', 'sigmoid', 'none'}
        ``none``: its outputs are probabilities of independent classes already.
    threshold : float
        For two classes with softmax, and for sigmoid.
    mirror_axes : tuple of int
        Axes of the model over whose mirrorings logits are averaged; every one doubles the time.
    post : Post
        Steps after the network, on its labels.
    prompts : tuple of {'points', 'boxes', 'scribbles'}
        What it must be shown; any one of them will do.
    architecture : dict or None
        ``{"name": ..., ...arguments}`` for weights that come as a state dict.
    expectations : Expectations
        Intensity range, modality, orientation of fitting images.
    card : dict
        Data, protocol, scores, limits: the model card.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    name: str
    dimensions: Literal[2, 3]
    channels: Annotated[int, Field(ge=1)] = 1
    any_image: bool = False
    classes: tuple[str, ...]
    window: tuple[int, ...] | None = None
    overlap: Annotated[float, Field(ge=0, lt=1)] = 0.25
    blending: Literal['gaussian', 'constant'] = 'gaussian'
    grid: Literal['monai', 'nnunet'] = 'monai'
    slice_axis: Annotated[int, Field(ge=0, le=2)] = 0
    pad_multiple: Annotated[int, Field(ge=1)] = 1
    spacing: Literal['native'] | tuple[float, ...] = 'native'
    resample: dict[str, int] = Field(default_factory=lambda: {'image': 3, 'label': 0})
    orientation: str | None = None
    transpose: bool = False
    intensity: Literal['none', 'zscore', 'minmax'] | Clip = 'none'
    intensity_scope: Literal['volume', 'slice'] = 'volume'
    activation: Literal['softmax', 'sigmoid', 'none'] = 'softmax'
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    mirror_axes: tuple[int, ...] = ()
    post: Post = Post()
    prompts: tuple[PromptKind, ...] = ()
    architecture: dict[str, Any] | None = None
    expectations: Expectations = Expectations()
    card: dict[str, Any] = Field(default_factory=dict)

    @property
    def has_background_channel(self) -> bool:
        """Whether output channel 0 is the background."""
        return self.activation == 'softmax'

    @model_validator(mode='after')
    def _consistent(self) -> Self:
        if not self.classes or (self.activation == 'softmax' and len(self.classes) < 2):
            raise ValueError('softmax needs two classes, the background first, and sigmoid needs one')
        if self.window is not None and len(self.window) != self.dimensions:
            raise ValueError(f'window has {len(self.window)} numbers for {self.dimensions} dimensions')
        if self.orientation is not None and not _names_axes(self.orientation, self.dimensions):
            raise ValueError(f'orientation {self.orientation!r} does not name {self.dimensions} axes, as "RAS" does')
        if any(axis not in range(self.dimensions) for axis in self.mirror_axes):
            raise ValueError(f'mirror_axes {self.mirror_axes} are not axes of {self.dimensions} dimensions')
        if self.dimensions == 3 and self.intensity_scope == 'slice':
            raise ValueError('a 3D model has no slices to take intensity_scope from')
        return self


def _names_axes(letters: str, dimensions: int) -> bool:
    pairs = ('SI', 'PA', 'LR')
    return (
        len(letters) == dimensions
        and all(sum(letter in pair for letter in letters) <= 1 for pair in pairs)
        and (all(any(letter in pair for pair in pairs) for letter in letters))
    )
