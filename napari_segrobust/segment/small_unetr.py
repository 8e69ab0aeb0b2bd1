"""A UNETR small enough for a CPU: MONAI's blocks, with fewer layers and patches of a size of one's own."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn


@cache
def small_unetr() -> type[nn.Module]:
    """Class of the network; MONAI is loaded only here.

    Notes
    -----
    A transformer sees the image as tokens of ``patch_size``; its inner states, taken at even steps, are upsampled and
    joined to a convolutional decoder as skip connections are.

    References
    ----------
    Hatamizadeh et al., "UNETR: Transformers for 3D Medical Image Segmentation", WACV 2022. MONAI's `UNETR` has
    patches of 16 and 12 layers, always.
    """
    from monai.networks.blocks.dynunet_block import UnetOutBlock
    from monai.networks.blocks.unetr_block import UnetrBasicBlock, UnetrPrUpBlock, UnetrUpBlock
    from monai.networks.nets.vit import ViT
    from monai.utils import ensure_tuple_rep
    from torch import nn

    class SmallUNETR(nn.Module):
        def __init__(
            self,
            in_channels: int,
            out_channels: int,
            img_size: int | tuple[int, ...],
            patch_size: int = 8,
            feature_size: int = 8,
            hidden_size: int = 96,
            mlp_dim: int = 384,
            num_layers: int = 4,
            num_heads: int = 4,
            spatial_dims: int = 3,
        ) -> None:
            super().__init__()
            levels = round(math.log2(patch_size))
            size = ensure_tuple_rep(img_size, spatial_dims)
            if 2**levels != patch_size or patch_size < 4:
                raise ValueError(f'patch_size {patch_size}: give 4, 8 or 16')
            if any(n % patch_size for n in size):
                raise ValueError(f'img_size {size} is no multiple of patch_size {patch_size}')
            if num_layers < levels:
                raise ValueError(f'{num_layers} layers for {levels} levels: give at least one for each')
            self._tokens = tuple(n // patch_size for n in size)
            #: Layers after which a state is taken, the finest level first.
            self._taken = [round(level * num_layers / levels) - 1 for level in range(1, levels)]
            common = {'spatial_dims': spatial_dims, 'kernel_size': 3, 'norm_name': 'instance', 'res_block': True}
            widths = [feature_size * 2**level for level in range(levels)]
            self.vit = ViT(
                in_channels=in_channels, img_size=size, patch_size=patch_size, hidden_size=hidden_size,
                mlp_dim=mlp_dim, num_layers=num_layers, num_heads=num_heads, spatial_dims=spatial_dims,
            )  # fmt: skip
            self.first = UnetrBasicBlock(in_channels=in_channels, out_channels=feature_size, stride=1, **common)
            self.skips = nn.ModuleList(
                UnetrPrUpBlock(
                    in_channels=hidden_size, out_channels=widths[level], num_layer=levels - 1 - level, stride=1,
                    upsample_kernel_size=2, conv_block=True, **common,
                )
                for level in range(1, levels)
            )  # fmt: skip
            self.ups = nn.ModuleList(
                UnetrUpBlock(in_channels=source, out_channels=width, upsample_kernel_size=2, **common)
                for source, width in zip([hidden_size, *widths[:0:-1]], widths[::-1], strict=True)
            )
            self.out = UnetOutBlock(spatial_dims=spatial_dims, in_channels=feature_size, out_channels=out_channels)

        def _as_image(self, tokens: torch.Tensor) -> torch.Tensor:
            """(B, tokens, hidden) as (B, hidden, *spatial)."""
            return tokens.transpose(1, 2).reshape(len(tokens), -1, *self._tokens).contiguous()

        def forward(self, windows: torch.Tensor) -> torch.Tensor:
            last, states = self.vit(windows)
            skips = [self.first(windows)]
            skips += [skip(self._as_image(states[at])) for skip, at in zip(self.skips, self._taken, strict=True)]
            image = self._as_image(last)
            for up, skip in zip(self.ups, skips[::-1], strict=True):
                image = up(image, skip)
            answer: torch.Tensor = self.out(image)
            return answer

    return SmallUNETR
