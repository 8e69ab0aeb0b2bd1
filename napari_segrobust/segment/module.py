"""A PyTorch module as a model of ours."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.spec import ModelSpec


class TorchSegmenter:
    """A `WindowSegmenter` around a module that maps (B, C, *spatial) to logits (B, K, *spatial).

    Parameters
    ----------
    module : torch.nn.Module
        Is put into evaluation mode and moved to `device`.
    spec : ModelSpec
    key : str
        Content hash of weights and spec.
    device : str
        "cpu", "cuda:0" or "mps".
    half : bool
        Compute in half precision on a GPU; see `napari_segrobust.segment.device.changed_by_half`.
    """

    def __init__(self, module: torch.nn.Module, spec: ModelSpec, key: str, device: str = 'cpu', half: bool = False):
        self.spec = spec
        self.key = key
        self.half = half
        self.module = module.eval()
        self.move(device)

    def move(self, device: str) -> None:
        """Go to another device, for good."""
        import torch

        self.device = device
        self._format = torch.channels_last if self.spec.dimensions == 2 else torch.contiguous_format
        # torch's stubs leave memory_format out of the overloads that take a device
        self.module = self.module.to(device).to(memory_format=self._format)  # type: ignore[call-overload]  # torch types one of the two only

    def __call__(self, windows: torch.Tensor) -> torch.Tensor:
        """Map windows (B, C, *spatial) float32 to logits (B, K, *spatial)."""
        import torch

        windows = windows.to(self.device).contiguous(memory_format=self._format)
        half = self.half and self.device != 'cpu'
        with (
            torch.inference_mode(),
            torch.autocast(self.device.split(':')[0], torch.float16) if half else nullcontext(),
        ):
            logits: torch.Tensor = self.module(windows)
        return logits
