"""What an entry of the perturbation catalogue is: its parameters, its draw and its application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

Kind = Literal['continuous', 'geometry', 'discrete', 'header', 'mask']


@dataclass(frozen=True, slots=True)
class Parameter:
    """A physical parameter that severity drives.

    Attributes
    ----------
    name, title, unit : str
        Key in the record; words and unit on screen ("" where there is none).
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
    arrays : mapping of str to ndarray
        Whatever the family drew: arrays over the full case (``(C, *shape)`` or ``shape``), or a few coefficients.
    shape : tuple of int
        Spatial shape of the full case. Draws depend on it and never on the block.
    spacing : tuple of float
        In mm in array order (1 where unknown).
    block : tuple of slice
        Where in the full case the image that is being changed lies.
    """

    arrays: Mapping[str, NDArray]
    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    block: tuple[slice, ...]

    def crop(self, name: str) -> NDArray:
        """Array `name` restricted to the block; its last axes are the spatial ones."""
        return self.arrays[name][(..., *self.block)]


class Family(Protocol):
    """The three functions a family file defines, beside its `SPEC`."""

    def draw(self, rng: np.random.Generator, channels: int, shape: tuple[int, ...], spacing: tuple[float, ...]) -> dict[str, NDArray]: ...
    def apply(self, u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor: ...
    def halo(self, amounts: Mapping[str, float], shape: tuple[int, ...], spacing: tuple[float, ...]) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class PerturbationSpec:
    """An entry of the catalogue.

    Attributes
    ----------
    name, title : str
        Key in records; words on screen.
    group : str
        noise, blur, intensity, mr, ct, ... : where the panel lists it.
    kind : str
        ``continuous``, ``geometry``, ``discrete``, ``header`` or ``mask``.
    parameters : tuple of Parameter
        The first one is the amount that the canvas text names.
    summary, model, source : str
        One sentence for the tooltip; the formula on u; paper or standard.
    needs : tuple of str
        ``channels``, ``reference``, ``spacing``, ``orientation``, ``magnitude``; an unmet need is one clear line.
    modalities : tuple of str
        Where it is realistic.
    version : int
        Raised when the same record would give other voxels.
    draw, apply, halo : callable
        See `Family`. `draw` returns arrays drawn once per (name, seed, shape, spacing) by a numpy Philox generator.
        `apply` maps ``u`` (C, *block) float32 on the intensity scale u = (x - lo) / (hi - lo) to a NEW tensor, on
        whatever device ``u`` is. `halo` says how many voxels around a block must be given per axis for the block's
        result to equal that of the whole image; ``shape[axis]`` asks for the full axis.
    """

    name: str
    title: str
    group: str
    kind: Kind
    parameters: tuple[Parameter, ...]
    summary: str
    model: str
    source: str
    draw: object = field(repr=False)
    apply: object = field(repr=False)
    halo: object = field(repr=False)
    needs: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    version: int = 1
