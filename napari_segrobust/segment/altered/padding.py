"""What lies beyond the border of a map: the padding of a network's convolutions, switched after training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.altered.name import PADDINGS
from napari_segrobust.segment.altered.twin import altered, own_network, twin

if TYPE_CHECKING:
    import torch

    from napari_segrobust.segment.module import TorchSegmenter
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter

__all__ = ['PADDINGS', 'with_padding']

#: Our word to PyTorch's.
_MODES = {'zero': 'zeros', 'reflect': 'reflect', 'replicate': 'replicate'}


def with_padding(model: WindowSegmenter | WholeSegmenter, padding: str) -> TorchSegmenter:
    """The same network with another padding of its convolutions, as a new model; the old one stays as it is.

    Parameters
    ----------
    model : WindowSegmenter or WholeSegmenter
        From `load_model`; its weights are shared, not copied.
    padding : {'zero', 'reflect', 'replicate', 'valid'}
        ``valid`` is refused: see below.

    Returns
    -------
    TorchSegmenter
        Called "... with reflect padding". Transposed convolutions have zeros alone, and keep them; so do layers that
        pad as a step of their own.

    Raises
    ------
    ModelError
        Its layers cannot be reached (TorchScript, ONNX, exported programs, ensembles), none of them pads, or the
        padding is ``valid``. Later, when it runs: a map of it is not larger than what is to be reflected of it.

    Notes
    -----
    Without padding a U-Net loses different margins on the two ways that meet at a skip connection. A network of plain
    convolutions would answer with a smaller map, in which every voxel has the value that it has with any padding: only
    voxels further from the border of the window than the network reaches are there, and none of them saw padding. So
    there is nothing to be had from it that is not in the other answers, and windows are stitched from answers as
    large as they are.

    Examples
    --------
    >>> from napari_segrobust.segment import load_model
    >>> with_padding(load_model('brain-unet', device='cpu'), 'reflect').spec.name
    'brain-unet with reflect padding'
    """
    what = f'Padding of {model.spec.name} not changed'
    if padding not in PADDINGS:
        raise ModelError(what, f'{padding!r} is none', f'Choose one of {", ".join(PADDINGS[:3])}.')
    found = own_network(model, what)
    if padding == 'valid':
        raise ModelError(what, _why_not_valid(found.module), f'Choose one of {", ".join(PADDINGS[:3])}.')
    made = twin(found.module)
    layers: list[Any] = [layer for layer in made.modules() if _pads(layer)]
    if not layers:
        raise ModelError(what, 'none of its convolutions pads', 'There is nothing to change.')
    for layer in layers:
        layer.padding_mode = _MODES[padding]
        if padding == 'reflect':
            layer.register_forward_pre_hook(_enough)
    return altered(found, made, f'{padding} padding')


def _pads(layer: Any) -> bool:
    from torch import nn

    if not isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        return False
    return layer.padding == 'same' if isinstance(layer.padding, str) else any(layer.padding)


def _why_not_valid(module: torch.nn.Module) -> str:
    from torch import nn

    scaled = (nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Upsample)
    if any(isinstance(layer, scaled) for layer in module.modules()):
        return 'without padding its maps no longer have the sizes at which they meet'
    return 'its answer would be smaller than the window, and hold only values that no padding changes'


def _enough(layer: Any, inputs: tuple[torch.Tensor, ...]) -> None:
    """Refuse to reflect more than there is."""
    # What the layer itself pads by, also where it says 'same'; PyTorch keeps it under no public name.
    margins = layer._reversed_padding_repeated_twice[::-1]
    for n, margin in zip(inputs[0].shape[2:], margins[::2], strict=True):
        if margin >= n:
            why = f'a map of {n} voxel{"s" if n > 1 else ""} cannot be reflected by {margin}'
            raise ModelError('Reflect padding impossible', why, 'Choose a larger window, or replicate padding.')
