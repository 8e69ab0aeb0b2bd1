"""What must be known about a model to use it rightly: read from a TOML file beside its weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from napari_segrobust.cases.case import Expectations
from napari_segrobust.prompts import PromptKind
from napari_segrobust.segment.intensity import Intensity
from napari_segrobust.segment.post import Post

if TYPE_CHECKING:
    from collections.abc import Iterator

_ORDERS: dict[Literal['image', 'label'], Literal[0, 1, 3]] = {'image': 3, 'label': 0}
_COLOUR = re.compile('#[0-9a-fA-F]{6}')


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
        Names of its output channels, the background's among them where it has one.
    colours : tuple of str
        One per class, such as "#E69F00"; empty for the default ones.
    background : int
        With softmax: which output channel is the background.
    window, overlap, blending, grid
        Defaults of the sliding plan. ``window=None`` takes the whole slice (or volume), padded to `pad_multiple`.
    spacing : 'native' or tuple of float
        Voxel size in mm that it was trained on, one number per axis of the model: images are brought to it, and
        probabilities back.
    resample : dict
        ``{"image": 0, 1 or 3, "label": 0 or 1}``: spline orders for bringing the image to `spacing`, and scribbles.
    crop_foreground : bool
        It sees the smallest box around all voxels above 0 and no more; outside it everything is background.
    orientation : str or None
        Where its axes point to, such as "RAS" (two letters for a 2D model). None: as images are read, "SPL".
    transpose : bool
        Its axes come in reverse order (networks trained on images that were read as (x, y)).
    intensity : str, Clip, Percentiles or CT
        ``none``, ``zscore`` (mean 0, sd 1), ``zscore_nonzero`` (the same of the voxels that are not 0, which stay
        0), ``minmax`` (to 0..1), ``divide_255``, or a record of `napari_segrobust.segment.intensity`.
    intensity_scope : {'volume', 'slice'}
        Over what z-scores, minmax and percentiles take their statistics; a context box does not change them.
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
    colours: tuple[str, ...] = ()
    background: Annotated[int, Field(ge=0)] = 0
    window: tuple[int, ...] | None = None
    overlap: Annotated[float, Field(ge=0, lt=1)] = 0.25
    blending: Literal['gaussian', 'constant'] = 'gaussian'
    grid: Literal['monai', 'nnunet'] = 'monai'
    slice_axis: Annotated[int, Field(ge=0, le=2)] = 0
    pad_multiple: Annotated[int, Field(ge=1)] = 1
    spacing: Literal['native'] | tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = 'native'
    resample: dict[Literal['image', 'label'], Literal[0, 1, 3]] = Field(default_factory=lambda: dict(_ORDERS))
    crop_foreground: bool = False
    orientation: str | None = None
    transpose: bool = False
    intensity: Intensity = 'none'
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
        """Whether one of the output channels, `background`, is the background."""
        return self.activation == 'softmax'

    @property
    def foreground(self) -> tuple[int, ...]:
        """Output channels of the classes after the background: label k is the k-th of them, from 1."""
        return tuple(k for k in range(len(self.classes)) if not (self.has_background_channel and k == self.background))

    @property
    def labelled(self) -> tuple[str, ...]:
        """Names of the classes that become labels 1, 2, 3 ..."""
        return tuple(self.classes[k] for k in self.foreground)

    def colour(self, label: int) -> tuple[int, int, int] | None:
        """(R, G, B) from 0 to 255 of label 1, 2, 3 ...; None for the default."""
        if not self.colours:
            return None
        text = self.colours[self.foreground[label - 1]]
        return int(text[1:3], 16), int(text[3:5], 16), int(text[5:], 16)

    @field_validator('resample', mode='before')
    @classmethod
    def _filled(cls, given: Any) -> Any:
        return _ORDERS | given if isinstance(given, dict) else given

    @field_validator('architecture', 'card', mode='before')
    @classmethod
    def _as_in_a_file(cls, given: Any) -> Any:
        return _plain(given)

    @model_validator(mode='after')
    def _consistent(self) -> Self:
        for fault in (*_faults_of_classes(self), *_faults_of_axes(self)):
            raise ValueError(fault)
        return self


def _plain(value: Any) -> Any:
    """Tuples as lists: what a file of the same spec holds."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _faults_of_classes(spec: ModelSpec) -> Iterator[str]:
    if not spec.classes or (spec.activation == 'softmax' and len(spec.classes) < 2):
        yield 'softmax needs two classes, the background among them, and sigmoid needs one'
    if spec.background >= len(spec.classes):
        yield f'background {spec.background} is none of the {len(spec.classes)} classes, which are counted from 0'
    if spec.background and spec.activation != 'softmax':
        yield f'background {spec.background} belongs to softmax, and the activation is {spec.activation}'
    if spec.colours and len(spec.colours) != len(spec.classes):
        yield f'colours are {len(spec.colours)} for {len(spec.classes)} classes'
    for colour in spec.colours:
        if not _COLOUR.fullmatch(colour):
            yield f'colour {colour!r} is not written as "#E69F00"'


def _faults_of_axes(spec: ModelSpec) -> Iterator[str]:
    if spec.window is not None and len(spec.window) != spec.dimensions:
        yield f'window has {len(spec.window)} numbers for {spec.dimensions} dimensions'
    if spec.spacing != 'native' and len(spec.spacing) != spec.dimensions:
        yield f'spacing has {len(spec.spacing)} numbers for {spec.dimensions} dimensions'
    if spec.resample['label'] == 3:
        yield 'resample.label is 3, and labels are brought over by order 0 or 1'
    if spec.orientation is not None and not _names_axes(spec.orientation, spec.dimensions):
        yield f'orientation {spec.orientation!r} does not name {spec.dimensions} axes, as "RAS" does'
    if any(axis not in range(spec.dimensions) for axis in spec.mirror_axes):
        yield f'mirror_axes {spec.mirror_axes} are not axes of {spec.dimensions} dimensions'
    if spec.dimensions == 3 and spec.intensity_scope == 'slice':
        yield 'a 3D model has no slices to take intensity_scope from'


def _names_axes(letters: str, dimensions: int) -> bool:
    pairs = ('SI', 'PA', 'LR')
    return (
        len(letters) == dimensions
        and all(sum(letter in pair for letter in letters) <= 1 for pair in pairs)
        and (all(any(letter in pair for pair in pairs) for letter in letters))
    )
