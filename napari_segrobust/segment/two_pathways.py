"""A network of two pathways: one sees the image, the other a coarse version of it with more context, as DeepMedic."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn


@cache
def two_pathways() -> type[nn.Module]:
    """Class of the network; MONAI is loaded only here.

    Notes
    -----
    Both pathways are plain convolutions of 3. The second works on the image averaged over blocks of `factor`, so it
    sees `factor` times as far; its features are interpolated back and both are joined by convolutions of 1. There is
    no encoder, no decoder and no skip connection. DeepMedic crops what its convolutions cannot see, and samples the
    second pathway around each segment; here windows are padded and both pathways see the same window.

    References
    ----------
    Kamnitsas et al., "Efficient multi-scale 3D CNN with fully connected CRF for accurate brain lesion segmentation",
    Medical Image Analysis 36:61-78 (2017), doi:10.1016/j.media.2016.10.004.
    """
    import torch
    from monai.networks.blocks import Convolution
    from torch import nn
    from torch.nn import functional

    class TwoPathways(nn.Module):
        def __init__(
            self,
            spatial_dims: int,
            in_channels: int,
            out_channels: int,
            channels: Sequence[int] = (16, 16, 32, 32),
            factor: int = 3,
            joined: int = 48,
        ) -> None:
            super().__init__()
            if factor < 2:
                raise ValueError(f'factor {factor}: the second pathway is no coarser than the first')
            common: dict[str, Any] = {'spatial_dims': spatial_dims, 'norm': 'batch', 'act': 'prelu'}
            self._factor = factor
            self._pool = getattr(functional, f'avg_pool{spatial_dims}d')
            self._mode = 'bilinear' if spatial_dims == 2 else 'trilinear'

            def pathway() -> nn.Sequential:
                sizes = zip([in_channels, *channels[:-1]], channels, strict=True)
                return nn.Sequential(*(Convolution(in_channels=a, out_channels=b, **common) for a, b in sizes))

            self.fine, self.coarse = pathway(), pathway()
            self.join = Convolution(in_channels=2 * channels[-1], out_channels=joined, kernel_size=1, **common)
            self.out = Convolution(
                spatial_dims=spatial_dims, in_channels=joined, out_channels=out_channels, kernel_size=1, conv_only=True
            )

        def forward(self, windows: torch.Tensor) -> torch.Tensor:
            shrunk = self._pool(windows, self._factor, ceil_mode=True)
            coarse = functional.interpolate(
                self.coarse(shrunk), windows.shape[2:], mode=self._mode, align_corners=False
            )
            answer: torch.Tensor = self.out(self.join(torch.cat([self.fine(windows), coarse], dim=1)))
            return answer

    return TwoPathways
