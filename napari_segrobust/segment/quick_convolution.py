"""3D convolutions of one window on a CPU at the speed of several windows.

PyTorch hands a 3D convolution to oneDNN when the batch has two samples or more, or when batch x channels x depth x
rows exceeds 20480 (``ConvParams::use_mkldnn`` in its Convolution.cpp). The first and the deep layers of a U-Net are
below that for one window, and take its slow path: a window of 96 cubed took 0.38 s alone and 0.20 s as one of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

#: Where PyTorch chooses oneDNN by itself.
_ENOUGH = 20480


def quicken(module: torch.nn.Module) -> None:
    """Have the 3D convolutions of a module go to oneDNN; `restore` undoes it. Other modules stay as they are."""
    import torch

    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]  # torch
        return
    for layer in module.modules():
        if type(layer) is torch.nn.Conv3d and layer.padding_mode == 'zeros' and not isinstance(layer.padding, str):
            layer.__dict__['forward'] = _Quick(layer)


def restore(module: torch.nn.Module) -> None:
    """Give layers their own way of computing back, which other devices need."""
    for layer in module.modules():
        if isinstance(layer.__dict__.get('forward'), _Quick):
            del layer.forward


def is_slow(windows: torch.Tensor) -> bool:
    """Whether PyTorch would take its slow path for a 3D convolution that oneDNN can do."""
    import torch

    tracing: bool = torch.jit.is_tracing()  # type: ignore[attr-defined,no-untyped-call]  # torch
    if tracing or torch.is_grad_enabled() or windows.device.type != 'cpu':
        return False
    alone = windows.ndim == 5 and len(windows) == 1 and windows[0, ..., 0].numel() <= _ENOUGH
    return alone and windows.dtype == torch.float32 and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]  # torch


def conv3d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sequence[int] = (1, 1, 1),
    padding: Sequence[int] = (0, 0, 0),
    dilation: Sequence[int] = (1, 1, 1),
    groups: int = 1,
) -> torch.Tensor:
    """``aten::conv3d`` with its own names, by oneDNN where PyTorch would not."""
    import torch

    if is_slow(input):
        return torch.mkldnn_convolution(input, weight, bias, padding, stride, dilation, groups)
    return torch.conv3d(input, weight, bias, stride, padding, dilation, groups)


class _Quick:
    """Forward pass of one layer."""

    def __init__(self, layer: torch.nn.Conv3d) -> None:
        self._layer = layer

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        layer = self._layer
        if not is_slow(x):
            return type(layer).forward(layer, x)
        assert not isinstance(layer.padding, str)  # such layers are left alone
        return conv3d(x, layer.weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups)
