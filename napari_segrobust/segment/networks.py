"""Networks by name: MONAI's, and those that it has not (no skip connections, two pathways, ...)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.dilated import dilated_net
from napari_segrobust.segment.reading import one_line
from napari_segrobust.segment.small_unetr import small_unetr
from napari_segrobust.segment.two_pathways import two_pathways

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

#: Names that `build_network` takes: our own, and those classes of `monai.networks.nets` that map an image to as many
#: maps of its size as there are classes, and need nothing that MONAI does not bring.
ARCHITECTURES = (
    'UNet',
    'NoSkipUNet',
    'AttentionUnet',
    'BasicUNet',
    'BasicUNetPlusPlus',
    'DynUNet',
    'SegResNet',
    'SegResNetVAE',
    'SegResNetDS',
    'UNETR',
    'SmallUNETR',
    'TwoPathways',
    'DilatedNet',
    'SwinUNETR',
    'VNet',
    'MedNeXt',
    'FlexibleUNet',
    'HighResNet',
    'RegUNet',
    'AHNet',
    'Quicknat',
    'AutoEncoder',
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


def network_name(name: object) -> str:
    """Name of `ARCHITECTURES` that is meant: MONAI has several spellings of some ("Unet", "BasicUnetPlusPlus").

    Raises
    ------
    ModelError
        No network is called so.
    """
    known = {listed.lower(): listed for listed in ARCHITECTURES}
    if not isinstance(name, str) or name.lower() not in known:
        raise ModelError(
            'Architecture unknown', f'no network is called {name!r} here', f'Use one of {", ".join(ARCHITECTURES)}.'
        )
    return known[name.lower()]


def build_network(architecture: Mapping[str, Any]) -> nn.Module:
    """Build a network with random weights.

    Parameters
    ----------
    architecture : mapping
        ``{"name": ..., ...}``: one of `ARCHITECTURES`, then MONAI's own arguments by their own names
        (``NoSkipUNet`` takes those of ``UNet``; `small_unetr`, `two_pathways` and `dilated_net` have their own).

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
    name = network_name(arguments.pop('name', None))
    from monai.networks import nets

    own = {
        'NoSkipUNet': no_skip_unet,
        'SmallUNETR': small_unetr,
        'TwoPathways': two_pathways,
        'DilatedNet': dilated_net,
    }
    network = own[name]() if name in own else getattr(nets, name)
    try:
        built: nn.Module = network(**arguments)
    except Exception as error:  # MONAI says in many ways that it does not like an argument
        raise ModelError(
            f'Architecture {name} not built', one_line(error), 'Compare the arguments with those that MONAI documents.'
        ) from error
    return built
