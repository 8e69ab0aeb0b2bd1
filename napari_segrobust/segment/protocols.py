"""What a model is to us, and what an image is to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Window
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

    def segment(
        self, image: NDArray[np.float32], spacing: tuple[float, ...] | None, prompts: object = None
    ) -> NDArray[np.float32]:
        """Map (C, *spatial) to probabilities (K, *spatial)."""


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


class ImageSource(Protocol):
    """An image that may be computed block by block: a perturbed case, or a plain array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, *spatial)."""

    @property
    def spacing(self) -> tuple[float, ...]:
        """In mm in array order, 1 where unknown."""

    def block(self, block: tuple[slice, ...]) -> NDArray[np.float32]:
        """Return (C, *block), float32; equal to the same block of the whole image."""


class InferenceRun(Protocol):
    """A segmentation under way: windows may be advanced in any order, in any number of calls, and resumed.

    The finished result does not depend on the order.
    """

    #: Spatial shape of the image.
    shape: tuple[int, ...]
    #: Windows of the plan.
    total: int

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
