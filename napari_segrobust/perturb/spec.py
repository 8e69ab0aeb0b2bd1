"""What an entry of the perturbation catalogue is: its parameters, its draw and its application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.prompts import Prompts

#: ``continuous``: intensities change, and more of it with severity. ``geometry``: the image is warped, and farther.
#: ``discrete``: documented steps. ``header``: voxels stay, what the file says of them changes. ``mask``: acts on masks.
#: ``prompt``: acts on the points and boxes that a model is shown.
Kind = Literal['continuous', 'geometry', 'discrete', 'header', 'mask', 'prompt']

#: How the change depends on the amount while the draw is fixed. ``linear``: the residual u' - u keeps its direction;
#: ``log``: the log ratio log(u' / u) does; ``nonlinear``: neither.
Response = Literal['linear', 'log', 'nonlinear']

#: Where in the making of an image it happens; the order of a stack that follows them is the physical one.
Stage = Literal[
    'content', 'geometry', 'resolution', 'contrast', 'acquisition', 'noise', 'codec', 'remedy', 'annotation', 'prompt'
]
STAGES: tuple[Stage, ...] = (
    'content', 'geometry', 'resolution', 'contrast', 'acquisition', 'noise', 'codec', 'remedy', 'annotation', 'prompt',
)  # fmt: skip

#: Which numbers a family expects. ``any``: it acts on u. ``magnitude``: u = 0 must be no signal, an offset
#: changes the effect. ``HU``: Hounsfield units.
Expects = Literal['any', 'magnitude', 'HU']

#: What a family cannot do without. ``channels``: at least two; ``rgb``: exactly three; ``reference``: a label mask;
#: ``target``: another image; ``prompts``: a model that is shown points or boxes.
Need = Literal['channels', 'rgb', 'reference', 'target', 'prompts']

MODALITIES = ('MR', 'CT', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph')

#: Unit of an amount that is a fraction of the intensity range hi - lo; the canvas text turns it into HU where known.
RANGE = 'range'

Spacing: TypeAlias = tuple[float, ...]
Shape: TypeAlias = tuple[int, ...]
Block: TypeAlias = 'tuple[slice[int, int, None], ...]'


@dataclass(frozen=True, slots=True)
class Parameter:
    """A physical parameter.

    Attributes
    ----------
    name, title, unit : str
        Key in the record; words and unit on screen: "" where there is none, `RANGE` for a fraction of the
        intensity range, ``mm`` for lengths (voxels where the spacing is unknown).
    levels : tuple of six floats
        Values at severity 0, 1, 2, 3, 4, 5; between them it is linear. All equal: severity does not drive it.
    minimum, maximum : float
        What an explicit value may be.
    source : str
        Where the levels come from.
    steps : bool
        Between two severities it is that of the higher one, not in between.
    seen : (float, float) or None
        What is seen in the clinic, from and to; drawn on the slider.
    seen_source : str
        Who saw it.
    words : tuple of str
        What each of the six levels means, where the number alone says nothing, as of steps.
    """

    name: str
    title: str
    unit: str
    levels: tuple[float, float, float, float, float, float]
    minimum: float
    maximum: float
    source: str = ''
    steps: bool = False
    seen: tuple[float, float] | None = None
    seen_source: str = ''
    words: tuple[str, ...] = ()

    def said(self, value: float) -> str:
        """What a value means, "" where the number itself says it."""
        return self.words[self.levels.index(value)] if self.words and value in self.levels else ''

    def at(self, severity: float) -> float:
        """Value at a severity from 0 to 5."""
        below = int(severity)
        if self.steps or severity == below:
            return float(self.levels[ceil(severity)])
        # As numpy interpolates, to the bit, in a tenth of its time: this is asked several times a tick.
        low, high = self.levels[below], self.levels[below + 1]
        return (high - low) * (severity - below) + low

    @property
    def fixed(self) -> bool:
        """Whether severity leaves it as it is."""
        return len(set(self.levels)) == 1


@dataclass(frozen=True)
class FieldBlock:
    """What a family is given beside the voxels: the part of a drawn field that belongs to one block of the image.

    Attributes
    ----------
    arrays : mapping of str to tensor
        What the family drew, on the device of the image, channels first: (C, *shape) or (C, a few coefficients);
        C is 1 where all channels share one draw.
    facts : mapping of str to tensor
        What the family measured on the clean case, and on the image that reaches it, as it returned it.
    shape : tuple of int
        Spatial shape of the full case. Draws depend on it and never on the block.
    spacing : tuple of float
        In mm in array order (1 where unknown).
    block : tuple of slice
        Where in the full case the given ``u`` lies.
    keep : tuple of slice
        Which part of ``u`` is wanted; the rest is the halo.
    intensity_range : (float, float)
        (lo, hi): u = (x - lo) / (hi - lo).
    """

    arrays: Mapping[str, torch.Tensor]
    shape: Shape
    spacing: Spacing
    block: Block
    keep: Block
    facts: Mapping[str, torch.Tensor] = field(default_factory=dict)
    intensity_range: tuple[float, float] = (0.0, 1.0)

    @property
    def wanted(self) -> Block:
        """Where in the full case the wanted part lies."""
        return tuple(slice(b.start + k.start, b.start + k.stop) for b, k in zip(self.block, self.keep, strict=True))

    def crop(self, name: str) -> torch.Tensor:
        """Drawn array `name` (C, *shape) restricted to the block that is given."""
        return self.arrays[name][(slice(None), *self.block)]

    def fact(self, name: str) -> torch.Tensor:
        """Measured array `name` (n, *shape) restricted to the block that is given."""
        return self.facts[name][(slice(None), *self.block)]


#: ``draw(rng, shape, spacing)``: the arrays of ONE channel, from a numpy Philox generator.
Draw: TypeAlias = 'Callable[[np.random.Generator, Shape, Spacing], dict[str, NDArray[np.float32]]]'
#: ``measure(clean, record, amounts)``: facts of the clean case, such as the mean of a label. Kept until the case, the
#: reference or one of the parameters that severity does not drive changes.
Measure: TypeAlias = 'Callable[[Clean, Any, Mapping[str, float]], dict[str, NDArray[Any]]]'
#: ``survey(u, amounts, field)``: facts of the whole image (C, *shape) as it reaches the entry, such as its percentiles
#: after all that acts before; ``u`` as in `Apply`. Kept until one of those, or what `Measure` depends on, changes.
Survey: TypeAlias = 'Callable[[torch.Tensor, Mapping[str, float], FieldBlock], dict[str, NDArray[Any]]]'
#: ``apply(u, amounts, field)``: ``u`` is (C, *block) float32 on the scale u = (x - lo) / (hi - lo), finite, and belongs
#: to the callee, which may overwrite it. Returns the changed image on ``field.keep``, on the device of ``u``: the same
#: bits for a voxel whatever the block.
Apply: TypeAlias = 'Callable[[torch.Tensor, Mapping[str, float], FieldBlock], torch.Tensor]'
#: ``halo(amounts, shape, spacing)``: voxels per axis that must be given on either side of a block for its result to
#: equal that of the whole image; ``shape[axis]`` asks for the full axis.
Halo: TypeAlias = Callable[[Mapping[str, float], Shape, Spacing], tuple[int, ...]]
#: ``coordinates(amounts, field)``: for every voxel of ``field.wanted`` where its value comes from, (ndim, *wanted)
#: float32 in voxels of the full case. One warp for image and masks: the engine samples with it.
Coordinates: TypeAlias = 'Callable[[Mapping[str, float], FieldBlock], torch.Tensor]'
#: ``reorder(amounts, ndim)``: axes that change places or direction about the centre, so that voxels are only copied.
#: The places along axis ``axes[i]`` of the result, backwards where ``mirrored[i]``, are those along axis ``i`` before.
Reorder: TypeAlias = 'Callable[[Mapping[str, float], int], tuple[Sequence[int], Sequence[bool]]]'
#: ``edit(labels, amounts, seed, spacing)``: the changed label mask, new.
Edit: TypeAlias = 'Callable[[NDArray[Any], Mapping[str, float], int, Spacing], NDArray[Any]]'
#: ``move(prompts, amounts, seed, spacing, shape)``: the changed prompts of an image of that spatial shape.
Move: TypeAlias = 'Callable[[Prompts, Mapping[str, float], int, Spacing, Shape], Prompts]'
#: ``header(spacing, amounts)``: what the header then says, in mm in array order.
Header: TypeAlias = Callable[[Spacing, Mapping[str, float]], Spacing]


@dataclass(frozen=True)
class PerturbationSpec:
    """An entry of the catalogue; a module of `perturb.families` defines one as ``SPEC``.

    It has exactly one of `apply`, `coordinates`, `edit`, `move` and `header`.

    Attributes
    ----------
    name, title : str
        Key in records, and name of its file; words on screen.
    group : str
        Name of its folder: where the list shows it.
    kind : str
        See `Kind`.
    stage : str
        See `Stage`.
    response : str
        See `Response`.
    parameters : tuple of Parameter
        The first one is the amount that the canvas text names.
    summary, model, source : str
        One sentence for the tooltip; the formula on u; paper or standard.
    apply, coordinates, edit, move, header : callable or None
        See `Apply`, `Coordinates`, `Edit`, `Move`, `Header`.
    reorder : callable or None
        See `Reorder`; beside `coordinates`, where a warp moves whole voxels.
    draw : callable or None
        See `Draw`; None where nothing is random and the seed plays no part.
    measure, survey : callable or None
        See `Measure`, `Survey`.
    halo : callable or None
        See `Halo`; None where every voxel depends on itself alone.
    per_channel : bool
        Whether each channel has a draw of its own; False: one draw for all of them.
    mixes_channels : bool
        Whether what becomes of a channel depends on the others, as in a codec of colour images.
    homogeneous : bool
        Whether k u becomes k times what u becomes, for k > 0, as in every linear filter; it is then given x - lo, and
        spared the way onto the scale and back. What it measured is in those units too.
    seeded : bool
        Of an `edit` or a `move`: whether its seed plays a part.
    expects : str
        See `Expects`.
    needs : tuple of str
        See `Need`; an unmet need is one clear line.
    modalities : tuple of str
        Where it is realistic, of `MODALITIES`.
    caution : str
        What its card must say before anyone believes it, such as that it uses the reference.
    version : int
        Raised when the same record would give other voxels.
    """

    name: str
    title: str
    group: str
    kind: Kind
    stage: Stage
    response: Response
    parameters: tuple[Parameter, ...]
    summary: str
    model: str
    source: str
    apply: Apply | None = field(default=None, repr=False)
    coordinates: Coordinates | None = field(default=None, repr=False)
    reorder: Reorder | None = field(default=None, repr=False)
    edit: Edit | None = field(default=None, repr=False)
    move: Move | None = field(default=None, repr=False)
    header: Header | None = field(default=None, repr=False)
    draw: Draw | None = field(default=None, repr=False)
    measure: Measure | None = field(default=None, repr=False)
    survey: Survey | None = field(default=None, repr=False)
    halo: Halo | None = field(default=None, repr=False)
    per_channel: bool = True
    mixes_channels: bool = False
    homogeneous: bool = False
    seeded: bool = False
    expects: Expects = 'any'
    needs: tuple[Need, ...] = ()
    modalities: tuple[str, ...] = ()
    caution: str = ''
    version: int = 1

    @property
    def changes_voxels(self) -> bool:
        """Whether it acts on the image's voxels."""
        return self.apply is not None or self.coordinates is not None

    @property
    def random(self) -> bool:
        """Whether the seed plays a part."""
        return self.draw is not None or self.seeded
