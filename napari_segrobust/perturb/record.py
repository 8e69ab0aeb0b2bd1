"""The record of one perturbation: what is asked for, exactly replayable."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: Largest severity of every slider; benchmarks define 1 to 5, 0 is the untouched image.
MAX_SEVERITY = 5.0


class Region(BaseModel):
    """Where a perturbation acts.

    Attributes
    ----------
    kind : str
        ``whole``, ``foreground`` (any label of `reference`), ``background``, ``label``, ``box`` or ``mask``.
    reference : str or None
        Name of the mask that foreground, background and label refer to; None is the case's first reference.
    label : int or None
        The label of kind ``label``.
    box : tuple of (int, int) or None
        Half-open ``[start, stop)`` per spatial axis in voxels, for kind ``box``.
    mask_sha256 : str or None
        Content hash of a drawn mask, for kind ``mask``; the mask itself travels beside the record.
    feather_mm : float
        Width of the soft edge, in mm (voxels where the spacing is unknown).
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    kind: Literal['whole', 'foreground', 'background', 'label', 'box', 'mask'] = 'whole'
    reference: str | None = None
    label: int | None = None
    box: tuple[tuple[int, int], ...] | None = None
    mask_sha256: str | None = None
    feather_mm: Annotated[float, Field(ge=0)] = 0.0


class Perturbation(BaseModel):
    """One perturbation with its amount and its draw.

    Attributes
    ----------
    name : str
        Name in the catalogue, such as ``gaussian_noise``.
    severity : float
        0 (identity, bit for bit) to 5, continuous.
    seed : int
        Decides the draw; severity never does.
    enabled : bool
        A disabled perturbation stays in the stack and does nothing.
    region : Region
        Where it acts.
    parameters : dict of str to float
        Explicit physical parameters; each overrides the one that severity would give.
    channels : tuple of int or None
        Channels that it acts on; None is all of them.
    moves_reference : bool
        Whether a warp of the image carries the reference along; says nothing of other perturbations.
    target : str or None
        Content hash of the other image that it leads towards; the image travels beside the record.
    scale : str
        Which (lo, hi) of the clean case is the intensity scale: ``robust`` (p1 and p99; minimum and maximum of 8 bit),
        ``minmax``, or ``byte`` (0 and 255).
    clip : bool
        Whether the result is cut to (lo, hi), as benchmarks do.
    version : int or None
        Version of the catalogue's entry that it was made with; None takes any.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    name: str
    severity: Annotated[float, Field(ge=0, le=MAX_SEVERITY, allow_inf_nan=False)] = 0.0
    seed: Annotated[int, Field(ge=0)] = 0
    enabled: bool = True
    region: Region = Region()
    parameters: dict[str, float] = Field(default_factory=dict)
    channels: tuple[Annotated[int, Field(ge=0)], ...] | None = None
    moves_reference: bool = True
    target: str | None = None
    scale: Literal['robust', 'minmax', 'byte'] = 'robust'
    clip: bool = False
    version: Annotated[int, Field(ge=1)] | None = None

    def draw_key(self) -> str:
        """Key of the kind of change and of its draw, whatever its amount."""
        return self.model_dump_json(exclude={'severity', 'enabled'})
