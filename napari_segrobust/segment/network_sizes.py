"""Which windows an architecture can work on, from its arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from napari_segrobust.segment.input_shape import Extent, InputShape, frozen

#: Networks that halve their input a fixed number of times.
_ALWAYS = {'VNet': 16, 'Quicknat': 16, 'AHNet': 32, 'FlexibleUNet': 32}
#: Networks whose strides multiply, and those with one list of stages per halving (less so many).
_STRIDED = ('UNet', 'NoSkipUNet', 'AttentionUnet', 'DynUNet', 'AutoEncoder')
_STAGED = {
    'SegResNet': ((1, 2, 2, 4), 1),
    'SegResNetVAE': ((1, 2, 2, 4), 1),
    'SegResNetDS': ((1, 2, 2, 4), 1),
    'MedNeXt': ((2, 2, 2, 2), 0),
}


def input_shape(architecture: Mapping[str, Any], dimensions: int) -> InputShape:
    """Shapes that a network takes.

    Parameters
    ----------
    architecture : mapping
        ``{"name": ..., ...arguments}``, in the words of the MONAI that is installed.
    dimensions : {2, 3}
        Of its windows, where the arguments do not tell.

    Returns
    -------
    InputShape
        Channels are free where the arguments do not tell.
    """
    dimensions = int(architecture.get('spatial_dims', dimensions))
    channels = architecture.get('in_channels', architecture.get('num_channels'))
    return InputShape(
        _spatial(architecture, dimensions), Extent() if channels is None else frozen(int(channels)), Extent()
    )


def classes_of(architecture: Mapping[str, Any]) -> int | None:
    """Channels that a network answers with, where its arguments tell."""
    told = architecture.get('out_channels', architecture.get('num_classes'))
    return None if told is None else int(told)


def _spatial(architecture: Mapping[str, Any], dimensions: int) -> tuple[Extent, ...]:
    name = str(architecture.get('name'))
    size = architecture.get(
        {'UNETR': 'img_size', 'SmallUNETR': 'img_size', 'SegResNetVAE': 'input_image_size'}.get(name, '')
    )
    if name in ('UNETR', 'SmallUNETR') and size is not None:
        return tuple(frozen(n) for n in _per_axis(size, dimensions))
    if name in _STRIDED:
        used = len(architecture.get('channels', ())) - 1 if name in ('UNet', 'NoSkipUNet') else None
        steps = [_per_axis(step, dimensions) for step in architecture.get('strides', ())[:used]]
        return tuple(Extent(multiple=math.prod(step[axis] for step in steps)) for axis in range(dimensions))
    if name in _STAGED:
        default, less = _STAGED[name]
        multiple = 2 ** (len(architecture.get('blocks_down', default)) - less)
    elif name == 'SwinUNETR':
        multiple = int(architecture.get('patch_size', 2)) ** 5
    elif name == 'RegUNet':
        multiple = 2 ** int(architecture.get('depth', 0))
    else:
        multiple = _ALWAYS.get(name, 1)
    return (Extent(multiple=multiple),) * dimensions


def _per_axis(value: int | Sequence[int], dimensions: int) -> tuple[int, ...]:
    return tuple(int(n) for n in value) if isinstance(value, Sequence) else (int(value),) * dimensions
