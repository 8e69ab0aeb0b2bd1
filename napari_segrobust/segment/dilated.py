"""A network of dilated convolutions: far sight without a decoder, several distances side by side, as DeepLab."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import nn


@cache
def dilated_net() -> type[nn.Module]:
    """Class of the network; MONAI is loaded only here.

    Notes
    -----
    Two convolutions, one of them of stride 2, then dilated ones in parallel (atrous spatial pyramid pooling) on half
    the grid, then interpolation to the grid of the image. Borders come from the stem alone: there is no decoder.

    References
    ----------
    Chen et al., "Rethinking atrous convolution for semantic image segmentation", arXiv:1706.05587 (2017); the block is
    MONAI's `SimpleASPP`.
    """
    from monai.networks.blocks import Convolution, SimpleASPP
    from torch import nn
    from torch.nn import functional

    class DilatedNet(nn.Module):
        def __init__(
            self,
            spatial_dims: int,
            in_channels: int,
            out_channels: int,
            channels: int = 32,
            dilations: Sequence[int] = (1, 2, 4, 8),
        ) -> None:
            super().__init__()
            common: dict[str, Any] = {'spatial_dims': spatial_dims, 'norm': 'batch', 'act': 'relu'}
            self._mode = 'bilinear' if spatial_dims == 2 else 'trilinear'
            self.stem = nn.Sequential(
                Convolution(in_channels=in_channels, out_channels=channels, **common),
                Convolution(in_channels=channels, out_channels=channels, strides=2, **common),
            )
            kernels = [1 if dilation == 1 else 3 for dilation in dilations]
            self.pyramid = SimpleASPP(spatial_dims, channels, channels, kernels, list(dilations))
            self.join = Convolution(in_channels=channels * len(dilations), out_channels=channels, **common)
            self.out = Convolution(
                spatial_dims=spatial_dims,
                in_channels=channels,
                out_channels=out_channels,
                kernel_size=1,
                conv_only=True,
            )

        def forward(self, windows: torch.Tensor) -> torch.Tensor:
            logits = self.out(self.join(self.pyramid(self.stem(windows))))
            answer: torch.Tensor = functional.interpolate(
                logits, windows.shape[2:], mode=self._mode, align_corners=False
            )
            return answer

    return DilatedNet
