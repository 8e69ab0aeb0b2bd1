"""Networks by name: MONAI's, and the one it has not (a U-Net without skip connections)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

#: Names that `build_network` takes: classes of `monai.networks.nets`, and our own.
ARCHITECTURES = (
    'UNet',
    'NoSkipUNet',
    'AttentionUnet',
    'BasicUNet',
    'BasicUNetPlusPlus',
    'DynUNet',
    'SegResNet',
    'UNETR',
    'VNet',
)


@cache
def no_skip_unet() -> type[nn.Module]:
    """MONAI's `UNet` without its skip connections: the decoder sees only what passes the bottleneck."""
    from monai.networks.nets import UNet
    from torch import nn

    class NoSkipUNet(UNet):  # type: ignore[misc]  # monai is not typed
        # UNet asks for the down layer of a level and then at once for its up layer.
        def _get_down_layer(self, in_channels: int, out_channels: int, strides: int, is_top: bool) -> nn.Module:
            self._skipped = out_channels
            layer: nn.Module = super()._get_down_layer(in_channels, out_channels, strides, is_top)
            return layer

        def _get_up_layer(self, in_channels: int, out_channels: int, strides: int, is_top: bool) -> nn.Module:
            layer: nn.Module = super()._get_up_layer(in_channels - self._skipped, out_channels, strides, is_top)
            return layer

        def _get_connection_block(self, down_path: nn.Module, up_path: nn.Module, subblock: nn.Module) -> nn.Module:
            return nn.Sequential(down_path, subblock, up_path)

    return NoSkipUNet


def build_network(architecture: Mapping[str, Any]) -> nn.Module:
    """Build a network with random weights.

    Parameters
    ----------
    architecture : mapping
        ``{"name": ..., ...}``: one of `ARCHITECTURES`, then MONAI's own arguments by their own names
        (``NoSkipUNet`` takes those of ``UNet``).

    Returns
    -------
    torch.nn.Module
        Maps (B, C, *spatial) to logits (B, K, *spatial); in training mode.

    Raises
    ------
    ModelError
        Unknown name, or arguments that MONAI refuses.
    """
    arguments = dict(architecture)
    name = arguments.pop('name', None)
    if name not in ARCHITECTURES:
        raise ModelError(
            'Architecture unknown', f'no network is called {name!r} here', f'Use one of {", ".join(ARCHITECTURES)}.'
        )
    from monai.networks import nets

    network = no_skip_unet() if name == 'NoSkipUNet' else getattr(nets, name)
    try:
        built: nn.Module = network(**arguments)
    except (TypeError, ValueError, KeyError) as error:
        raise ModelError(
            f'Architecture {name} not built', str(error), 'Compare the arguments with those that MONAI documents.'
        ) from error
    return built
