"""A PyTorch module as a model of ours."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.segment.answers import is_out_of_memory, main_output
from napari_segrobust.segment.device import windows_at_once
from napari_segrobust.segment.heap import keep_freed_memory
from napari_segrobust.segment.precision import SINGLE, Precision
from napari_segrobust.segment.quick_layers import is_quick_contiguous, quicken, restore

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.spec import ModelSpec


class TorchSegmenter:
    """A `WindowSegmenter` around a module that maps (B, C, *spatial) to logits (B, K, *spatial), or to several.

    Parameters
    ----------
    module : torch.nn.Module
        Is put into evaluation mode and moved to `device`; to the CPU where it finds no room there.
    spec : ModelSpec
    key : str
        Content hash of weights and spec.
    device : str
        "cpu", "cuda:0" or "mps".
    channels_last : bool
        Whether a 2D network may have its tensors in the order that is quicker.

    Attributes
    ----------
    precision : Precision
        How it computes; see `napari_segrobust.segment.precision.choose_precision`.
    batch : int
        Windows to hand over at once; running out of memory makes it smaller for good.
    messages : list of str
        What happened to it that a person must know, one line each; whoever says them takes them out.
    source : str or None
        What loads it again where that is more than its name or its path.
    """

    def __init__(
        self, module: torch.nn.Module, spec: ModelSpec, key: str, device: str = 'cpu', *, channels_last: bool = True
    ) -> None:

        self.spec = spec
        self.key = key
        self.messages: list[str] = []
        self.source: str | None = None
        self.precision: Precision = SINGLE
        self._told = False
        # A 3D U-Net with instance norm is half as slow again with channels_last_3d (PyTorch issue 59168).
        self._may_be_last = channels_last and spec.dimensions == 2
        self._contiguous_on_cpu = is_quick_contiguous(module)
        self.module = module.eval()
        _make_interruptible(module)
        try:
            self.move(device)
        except RuntimeError as error:
            if device == 'cpu' or not is_out_of_memory(error):
                raise
            self.messages.append(f'{spec.name} finds no room on {device}: it runs on the CPU.')
            self.move('cpu')

    def move(self, device: str) -> None:
        """Go to another device, for good."""
        import torch

        last = self._may_be_last and not (device == 'cpu' and self._contiguous_on_cpu)
        self._format = torch.channels_last if last else torch.contiguous_format
        # torch's stubs leave memory_format out of the overloads that take a device
        self.module = self.module.to(device).to(memory_format=self._format)  # type: ignore[call-overload]  # torch types one of the two only
        if not isinstance(self.module, torch.jit.ScriptModule):
            (quicken if device == 'cpu' else restore)(self.module)
        if device == 'cpu':
            keep_freed_memory()
        self.device = device
        self.batch = windows_at_once(device, self.spec.dimensions)
        self.precision = SINGLE

    def __call__(self, windows: torch.Tensor) -> torch.Tensor:
        """Map windows (B, C, *spatial) float32 to logits (B, K, *spatial)."""
        import torch

        windows = self.prepared(windows)
        half = self.precision.half and self.device != 'cpu'
        with (
            torch.inference_mode(),
            torch.autocast(self.device.split(':')[0], torch.float16) if half else nullcontext(),
        ):
            answer = self.module(windows)
        logits: torch.Tensor
        logits, words = main_output(answer, windows.shape)
        if words and not self._told:
            self._told = True
            self.messages.append(f'{self.spec.name}: {words}.')
        return logits

    def around(self, module: torch.nn.Module, spec: ModelSpec, key: str) -> TorchSegmenter:
        """The same way of computing, on the same device, around another module."""
        return TorchSegmenter(module, spec, key, self.device, channels_last=self._may_be_last)

    def prepared(self, windows: torch.Tensor) -> torch.Tensor:
        """Windows (B, C, *spatial) as the module takes them: on its device, in its order of memory."""
        return windows.to(self.device).contiguous(memory_format=self._format)


def _make_interruptible(module: torch.nn.Module) -> None:
    """Let whoever waits for the network give it up before any layer that takes time; TorchScript has no such place."""
    import torch

    if isinstance(module, torch.jit.ScriptModule):
        return
    for layer in module.modules():
        # A twin has the hooks of the network that it was made from; PyTorch has no public way to see them.
        asked = _ask in layer._forward_pre_hooks.values()
        if not asked and any(weights.ndim > 1 for weights in layer.parameters(recurse=False)):
            layer.register_forward_pre_hook(_ask)


def _ask(_layer: torch.nn.Module, _inputs: object) -> None:
    checkpoint()
