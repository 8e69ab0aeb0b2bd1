"""Layers of a network on a CPU, each by the quickest of PyTorch's own ways; the numbers stay within rounding.

What is quicker, in ms of one thread for a window of 96 cubed (AVX-512, PyTorch 2.13):

- A 3D convolution goes to oneDNN only when the batch has two samples or more, or when batch x channels x depth x
  rows exceeds 20480 (``ConvParams::use_mkldnn`` in PyTorch's Convolution.cpp). Of a lone window the first and the deep
  layers of a U-Net are below that (32 channels at 24 cubed: 36 -> 3), and so are transposed ones (128 to 32 channels
  at 12 cubed: 4.2 -> 1.9).
- With two to four channels, oneDNN is quick only when the weights lie channels last (2 to 2 channels at 96 cubed:
  30 -> 10).
- Instance norm is computed by the kernel of batch norm in training; group norm with a group for each channel is the
  same formula (Wu and He 2018, section 3.1) in one sixth of the time (16 channels at 48 cubed: 2.1 -> 0.33).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

#: Where PyTorch chooses oneDNN by itself.
_ENOUGH = 20480
#: Channels of which oneDNN wants the weights channels last.
_FEW = range(2, 5)
_ONE = (1, 1, 1)
_NONE = (0, 0, 0)


def quicken(module: torch.nn.Module) -> None:
    """Have the layers of a module computed here; `restore` undoes it. Other layers stay as they are."""
    for layer in module.modules():
        quick = _quick(layer)
        if quick is not None:
            layer.__dict__['forward'] = quick


def restore(module: torch.nn.Module) -> None:
    """Give layers their own way of computing back, which other devices need."""
    for layer in module.modules():
        if isinstance(layer.__dict__.get('forward'), _Quick):
            del layer.forward


def is_quick_contiguous(module: torch.nn.Module) -> bool:
    """Whether a 2D network is quicker with its tensors contiguous than channels last: it normalises each channel."""
    names = (getattr(layer, 'original_name', type(layer).__name__) for layer in module.modules())
    return any(name.startswith('InstanceNorm') for name in names)


def conv3d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sequence[int] = _ONE,
    padding: Sequence[int] = _NONE,
    dilation: Sequence[int] = _ONE,
    groups: int = 1,
) -> torch.Tensor:
    """``aten::conv3d`` with its own names."""
    import torch

    if _is_ours(input, 5):
        if groups == 1 and weight.shape[1] in _FEW:
            weight = weight.contiguous(memory_format=torch.channels_last_3d)
            return torch.mkldnn_convolution(input, weight, bias, padding, stride, dilation, 1).contiguous()
        if _is_slow(input):
            return torch.mkldnn_convolution(input, weight, bias, padding, stride, dilation, groups)
    return torch.conv3d(input, weight, bias, stride, padding, dilation, groups)


def conv_transpose3d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sequence[int] = _ONE,
    padding: Sequence[int] = _NONE,
    output_padding: Sequence[int] = _NONE,
    groups: int = 1,
    dilation: Sequence[int] = _ONE,
) -> torch.Tensor:
    """``aten::conv_transpose3d`` with its own names."""
    import torch

    # The only way to oneDNN's transposed convolution; without mkldnn in the build there is none.
    by_onednn = getattr(torch.ops.mkldnn, '_convolution_transpose_pointwise', None)
    if by_onednn is None or not _is_ours(input, 5) or not _is_slow(input):
        return torch.conv_transpose3d(input, weight, bias, stride, padding, output_padding, groups, dilation)
    found: torch.Tensor = by_onednn(
        input, weight, bias, padding, output_padding, stride, dilation, groups, 'none', [], ''
    )
    return found


def instance_norm(
    input: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> torch.Tensor:
    """``aten::instance_norm`` with its own names."""
    import torch

    if running_mean is None and use_input_stats and _is_ours(input):
        return torch.group_norm(input, input.shape[1], weight, bias, eps)
    return torch.instance_norm(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled
    )


def _is_ours(windows: torch.Tensor, ndim: int | None = None) -> bool:
    """Whether tensors are computed for a result alone, in single precision on a CPU with oneDNN."""
    import torch

    if windows.device.type != 'cpu' or windows.dtype != torch.float32 or ndim not in (None, windows.ndim):
        return False
    tracing: bool = torch.jit.is_tracing()  # type: ignore[attr-defined,no-untyped-call]  # torch
    return not (tracing or torch.is_grad_enabled()) and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]  # torch


def _is_slow(windows: torch.Tensor) -> bool:
    """Whether PyTorch would take its slow path for a 3D convolution."""
    return len(windows) == 1 and windows[0, ..., 0].numel() <= _ENOUGH


class _Quick:
    """Forward pass of one layer on a batch (B, C, *spatial); whatever else it is given, it does itself."""

    def __init__(self, layer: torch.nn.Module, ndim: int, compute: Callable[[Any, torch.Tensor], torch.Tensor]) -> None:
        self._layer, self._ndim, self._compute = layer, ndim, compute

    def __call__(self, x: torch.Tensor, *more: Any, **named: Any) -> torch.Tensor:
        layer = self._layer
        if more or named or x.ndim != self._ndim:
            own: torch.Tensor = type(layer).forward(layer, x, *more, **named)
            return own
        return self._compute(layer, x)


def _convolve(layer: Any, x: torch.Tensor) -> torch.Tensor:
    return conv3d(x, layer.weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups)


def _convolve_transposed(layer: Any, x: torch.Tensor) -> torch.Tensor:
    return conv_transpose3d(
        x, layer.weight, layer.bias, layer.stride, layer.padding, layer.output_padding, layer.groups, layer.dilation
    )


def _normalise(layer: Any, x: torch.Tensor) -> torch.Tensor:
    if x.shape[1] != layer.num_features or math.prod(x.shape[2:]) == 1:  # the layer refuses them in its own words
        own: torch.Tensor = type(layer).forward(layer, x)
        return own
    return instance_norm(x, layer.weight, layer.bias, None, None, True, 0.0, layer.eps)


def _quick(layer: Any) -> _Quick | None:
    """How a layer is computed here; None where it is left alone."""
    from torch import nn

    kind: type = type(layer)
    norms: dict[type, int] = {nn.InstanceNorm1d: 3, nn.InstanceNorm2d: 4, nn.InstanceNorm3d: 5}
    if kind in norms and layer.running_mean is None:
        return _Quick(layer, norms[kind], _normalise)
    if kind is nn.Conv3d and layer.padding_mode == 'zeros' and not isinstance(layer.padding, str):
        return _Quick(layer, 5, _convolve)
    return _Quick(layer, 5, _convolve_transposed) if kind is nn.ConvTranspose3d else None
