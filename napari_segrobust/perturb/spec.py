"""What an entry of the perturbation catalogue is: its parameters, its draw and its application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

Kind = Literal['continuous', 'geometry', 'discrete', 'header', 'mask']

#: How the change depends on the amount while the draw is fixed. ``linear``: the residual u' - u keeps its direction;
#: ``log``: the log ratio log(u' / u) does; ``nonlinear``: neither.
Response = Literal['linear', 'log', 'nonlinear']

#: Unit of an amount that is a fraction of the intensity range hi - lo; the canvas text turns it into HU where known.
RANGE = 'range'

Spacing: TypeAlias = tuple[float, ...]
Shape: TypeAlias = tuple[int, ...]
Block: TypeAlias = 'tuple[slice[int, int, None], ...]'


@dataclass(frozen=True, slots=True)
class Parameter:
    """A physical parameter that severity drives.

    Attributes
    ----------
    name, title, unit : str
        Key in the record; words and unit on screen: "" where there is none, `RANGE` for a fraction of the
        intensity range.
    levels : tuple of six floats
        Values at severity 0, 1, 2, 3, 4, 5; between them it is linear.
    minimum, maximum : float
        What an explicit value may be.
    source : str
        Where the levels come from.
    """

    name: str
    title: str
    unit: str
    levels: tuple[float, float, float, float, float, float]
    minimum: float
    maximum: float
    source: str = ''

    def at(self, severity: float) -> float:
        """Value at a severity from 0 to 5."""
        return float(np.interp(severity, range(6), self.levels))


@dataclass(frozen=True)
class FieldBlock:
    """The part of a drawn field that belongs to one block of the image.

    Attributes
    ----------
    arrays : mapping of str to tensor
        What the family drew, on the device of the image, channels first: (C, *shape) or (C, a few coefficients).
    shape : tuple of int
        Spatial shape of the full case. Draws depend on it and never on the block.
    spacing : tuple of float
        In mm in array order (1 where unknown).
    block : tuple of slice
        Where in the full case the given ``u`` lies.
    keep : tuple of slice
        Which part of ``u`` is wanted; the rest is the halo.
    """

    arrays: Mapping[str, torch.Tensor]
    shape: Shape
    spacing: Spacing
    block: Block
    keep: Block

    def crop(self, name: str) -> torch.Tensor:
        """Array `name` (C, *shape) restricted to the block."""
        return self.arrays[name][(slice(None), *self.block)]


#: ``draw(rng, shape, spacing)``: the arrays of ONE channel, from a numpy Philox generator.
Draw: TypeAlias = 'Callable[[np.random.Generator, Shape, Spacing], dict[str, NDArray[np.float32]]]'
#: ``apply(u, amounts, field)``: ``u`` is (C, *block) float32 on the scale u = (x - lo) / (hi - lo), finite, and belongs
#: to the callee, which may overwrite it. Returns the changed image on ``field.keep``, on the device of ``u``: the same
#: bits for a voxel whatever the block.
Apply: TypeAlias = 'Callable[[torch.Tensor, Mapping[str, float], FieldBlock], torch.Tensor]'
#: ``halo(amounts, shape, spacing)``: voxels per axis that must be given on either side of a block for its result to
#: equal that of the whole image; ``shape[axis]`` asks for the full axis.
Halo: TypeAlias = Callable[[Mapping[str, float], Shape, Spacing], tuple[int, ...]]


@dataclass(frozen=True)
class PerturbationSpec:
    """An entry of the catalogue; a module of `perturb.families` defines one as ``SPEC``.

    Attributes
    ----------
    name, title : str
        Key in records; words on screen.
    group : str
        noise, blur, intensity, mr, ct, ... : where the panel lists it.
    kind : str
        ``continuous``, ``geometry``, ``discrete``, ``header`` or ``mask``.
    response : str
        ``linear``, ``log`` or ``nonlinear``, see `Response`.
    parameters : tuple of Parameter
        The first one is the amount that the canvas text names.
    summary, model, source : str
        One sentence for the tooltip; the formula on u; paper or standard.
    apply : callable
        See `Apply`.
    draw : callable or None
        See `Draw`; None where nothing is random and the seed plays no part.
    halo : callable or None
        See `Halo`; None where every voxel depends on itself alone.
    needs : tuple of str
        ``channels``, ``reference``, ``spacing``, ``orientation``, ``magnitude``; an unmet need is one clear line.
    modalities : tuple of str
        Where it is realistic.
    version : int
        Raised when the same record would give other voxels.
    """

    name: str
    title: str
    group: str
    kind: Kind
    response: Response
    parameters: tuple[Parameter, ...]
    summary: str
    model: str
    source: str
    apply: Apply = field(repr=False)
    draw: Draw | None = field(default=None, repr=False)
    halo: Halo | None = field(default=None, repr=False)
    needs: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    version: int = 1
