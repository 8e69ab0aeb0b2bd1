"""What a model is to us, and what an image is to a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from napari_segrobust.prompts import Prompts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Window
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.segment.spec_file import SpecSource


@runtime_checkable
class WindowSegmenter(Protocol):
    """A model that maps windows to logits; we plan, stitch and activate."""

    spec: ModelSpec
    #: Content hash of weights and spec.
    key: str
    #: "cpu", "cuda:0" or "mps".
    device: str

    def __call__(self, windows: torch.Tensor) -> torch.Tensor:
        """Map windows (B, C, *spatial) float32 on the CPU to logits (B, K, *spatial) on any device."""

    def move(self, device: str) -> None:
        """Go to another device, for good: the way out when memory ends."""


@runtime_checkable
class WholeSegmenter(Protocol):
    """A model that takes the whole image and decides on windows itself."""

    spec: ModelSpec
    key: str
    device: str

    def segment(self, image: NDArray[np.float32], spacing: tuple[float, ...], shown: Shown) -> NDArray[np.float32]:
        """Map (C, *spatial) to probabilities (K, *spatial); `spacing` in mm in array order, 1 where unknown."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What a model is shown beside the image, on the grid of the block that it is given.

    Attributes
    ----------
    prompts : Prompts
        With places in voxels of the block.
    scribbles : ndarray (*spatial) or None
        0 says nothing, 1 is background, k + 1 is class k.
    """

    prompts: Prompts = field(default_factory=Prompts)
    scribbles: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class Candidate:
    """One of several masks that a model proposes for the same prompts.

    Attributes
    ----------
    probabilities : ndarray (K, *spatial), float32
    score : float
        How far the model trusts it, higher is better.
    """

    probabilities: NDArray[np.float32]
    score: float


@runtime_checkable
class PromptableSegmenter(WholeSegmenter, Protocol):
    """A model that answers prompts with several masks, as SAM does; `segment` gives the chosen one of them."""

    def candidates(self, image: NDArray[np.float32], spacing: tuple[float, ...], shown: Shown) -> Sequence[Candidate]:
        """Every mask that it proposes, most trusted first."""


@runtime_checkable
class AdjustableSegmenter(Protocol):
    """A model with parameters that a person may move, such as a threshold of a classical method."""

    #: In the words and units of the panel; their levels are not used.
    parameters: tuple[Knob, ...]
    #: Where its knobs stand, by their names.
    values: Mapping[str, float]

    def adjusted(self, values: Mapping[str, float]) -> WindowSegmenter | WholeSegmenter:
        """The same model with other values; a value that is left out is the default. Its key differs."""


@runtime_checkable
class TeachableSegmenter(WholeSegmenter, Protocol):
    """A model that runs slice by slice and learns first from the slices that bear prompts."""

    def taught(
        self, lessons: Sequence[tuple[NDArray[np.float32], Shown]], spacing: tuple[float, ...]
    ) -> WholeSegmenter:
        """The same model, having learnt from slices (C, *slice) and what is shown on them; for this image alone."""


@dataclass(frozen=True)
class Knob:
    """A parameter of a model that a person may move.

    Attributes
    ----------
    name, title, unit : str
        Key in records; words and unit on screen.
    default, minimum, maximum : float
    step : float
        Of the slider.
    choices : tuple of str
        Names of the values 0, 1, 2 ... where it is a choice and no amount.
    words : str
        What it does, for the tooltip.
    """

    name: str
    title: str
    unit: str
    default: float
    minimum: float
    maximum: float
    step: float = 0.01
    choices: tuple[str, ...] = ()
    words: str = ''


class Loader(Protocol):
    """A way to load one kind of model; every file of `segment.loaders` defines one as ``LOADER``."""

    @property
    def kind(self) -> str:
        """Words for people, such as "TorchScript (.ts, .pt)"."""

    def specs(self) -> Sequence[ModelSpec]:
        """Models that this loader knows by name."""

    def recognises(self, name_or_path: str | Path) -> bool:
        """Whether this loader is the one for a name or a file; looks, and loads nothing."""

    def load(self, name_or_path: str | Path, spec: SpecSource, device: str) -> WindowSegmenter | WholeSegmenter:
        """Load it onto a device that exists.

        Parameters
        ----------
        name_or_path : str or Path
            Was recognised.
        spec : mapping, ModelSpec or path, optional
            Overrides the model's own.
        device : str
            "cpu", "cuda:0" or "mps".

        Raises
        ------
        ModelError
            Not readable, or the spec is not complete.
        """


@runtime_checkable
class TrustingLoader(Protocol):
    """A loader of files that may hold code, which is run for nobody who has not read and allowed it."""

    def trusting(self) -> Loader:
        """The same loader, after a person's consent."""


class ImageSource(Protocol):
    """An image that may be computed block by block: a perturbed case, or a plain array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, *spatial)."""

    @property
    def spacing(self) -> tuple[float, ...]:
        """In mm in array order, 1 where unknown."""

    @property
    def has_spacing(self) -> bool:
        """Whether anything said how large a voxel is."""

    def block(self, block: tuple[slice, ...]) -> NDArray[np.float32]:
        """Return (C, *block), float32; equal to the same block of the whole image."""


class InferenceRun(Protocol):
    """A segmentation under way: windows may be advanced in any order, in any number of calls, and resumed.

    The finished result does not depend on the order. Blocks, places and what comes out are on the grid of the case;
    the windows lie on the grid of the model.
    """

    #: Spatial shape of the image.
    shape: tuple[int, ...]
    #: What the model sees of the case, and on which grid; None where that is the case as it is.
    grid: ModelGrid | None

    @property
    def total(self) -> int:
        """Windows of the plan."""

    @property
    def done(self) -> int:
        """Windows that were run."""

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""

    def pending(self, block: tuple[slice, ...] | None = None, centre: Sequence[float] | None = None) -> list[Window]:
        """Windows not done yet that touch `block` (all when None), nearest `centre` first."""

    @property
    def batch(self) -> int:
        """Windows worth handing to `advance` at once: those that the model takes together."""

    @property
    def messages(self) -> list[str]:
        """What a person must know of the run, one line each."""

    @property
    def statistics(self) -> Statistics | None:
        """Intensity statistics of the whole image; None until they are needed, or where they never are."""

    def advance(self, *windows: Window) -> None:
        """Run the model on windows and add their logits."""

    def final(self, block: tuple[slice, ...] | None = None) -> bool:
        """Whether every voxel of `block` inside the context box has all its windows."""

    def probabilities(self, block: tuple[slice, ...] | None = None) -> NDArray[np.float32]:
        """(K, *block) float32; zero where no window has been."""

    def valid(self, block: tuple[slice, ...] | None = None) -> NDArray[np.bool_]:
        """(*block): inside the context box and final."""
