"""What a file of weights says of its network: read off shapes, and told with where it stands. Nothing is guessed."""

from __future__ import annotations

import struct
import warnings
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Side of the image of zeros that a TorchScript network is shown, by its number of dimensions.
_PROBE = {2: 64, 3: 32}


@dataclass(frozen=True)
class Fact:
    """One thing that a file says.

    Attributes
    ----------
    entry : str
        The entry of a spec that it is about.
    value : int
        What the entry must be for the file to work at all.
    words, source : str
        "the first layer takes 1 channel"; "model.0.conv.weight, 16 x 1 x 3 x 3".
    """

    entry: str
    value: int
    words: str
    source: str


def read_facts(path: Path) -> tuple[Fact, ...]:
    """What a TorchScript file, a checkpoint or a safetensors file says.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Fact
        ``dimensions`` and ``channels`` of the first convolution, and the ``classes`` of the answer that a TorchScript
        network gives to an image of zeros. Empty for other files, and where there is no convolution.

    Raises
    ------
    OSError, RuntimeError, ValueError, zipfile.BadZipFile
        Not readable: loading it says why.

    Notes
    -----
    Shapes of weights are those of PyTorch's ``Conv2d`` and ``Conv3d``: (out, in / groups, *kernel). A first layer in
    groups would take more channels than that; segmentation networks have none.
    """
    suffix = path.suffix.lower()
    if suffix == '.safetensors':
        # Its tensors are not in the order of the layers: which of them is the first one cannot be told.
        return tuple(fact for fact in facts_of_shapes(_safetensors_shapes(path)) if fact.entry == 'dimensions')
    if suffix not in ('.pt', '.pth', '.ts') or not zipfile.is_zipfile(path):
        return ()
    with zipfile.ZipFile(path) as archive:
        is_script = any('/code/' in name for name in archive.namelist())
    return _facts_of_script(path) if is_script else facts_of_shapes(_checkpoint_shapes(path))


def facts_of_shapes(shapes: Mapping[str, tuple[int, ...]]) -> tuple[Fact, ...]:
    """What the first convolution among named weights says.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        In the order of the layers.
    """
    for name, shape in shapes.items():
        dimensions = len(shape) - 2
        if dimensions not in (2, 3) or not name.endswith('weight'):
            continue
        source = f'{name}, {" x ".join(map(str, shape))}'
        plural = '' if shape[1] == 1 else 's'
        return (
            Fact('dimensions', dimensions, f'its convolutions are {dimensions}D', source),
            Fact('channels', shape[1], f'the first layer takes {shape[1]} channel{plural}', source),
        )
    return ()


def _facts_of_script(path: Path) -> tuple[Fact, ...]:
    import torch

    with warnings.catch_warnings():
        # As in its loader: deprecated in PyTorch 2.13, and what people have.
        warnings.filterwarnings('ignore', r'`torch\.jit\.load` is deprecated', DeprecationWarning)
        network = torch.jit.load(str(path), 'cpu')  # type: ignore[no-untyped-call]  # torch
    facts = facts_of_shapes({name: tuple(weights.shape) for name, weights in network.named_parameters()})
    found = {fact.entry: fact.value for fact in facts}
    if not found:
        return ()
    shown = (1, found['channels'], *(_PROBE[found['dimensions']],) * found['dimensions'])
    try:
        with torch.inference_mode():
            answer = network.eval()(torch.zeros(shown))
    except RuntimeError:  # a size that it was not made for: then this is not known
        return facts
    if not (isinstance(answer, torch.Tensor) and answer.ndim == len(shown)):
        return facts
    count = answer.shape[1]
    words = f'it answers with {count} channel{"" if count == 1 else "s"}'
    return (*facts, Fact('classes', count, words, f'asked with zeros of {" x ".join(map(str, shown))}'))


def _checkpoint_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    import torch

    try:
        found: Any = torch.load(path, 'cpu', weights_only=True, mmap=True)
    except Exception as error:  # torch raises whatever a damaged pickle spells; its loader says which it is
        raise ValueError(str(error)) from error
    return _shapes(found)


def _shapes(found: Any) -> dict[str, tuple[int, ...]]:
    """Shapes of the largest mapping of tensors in a checkpoint."""
    import torch

    if not isinstance(found, dict):
        return {}
    own = {str(name): tuple(value.shape) for name, value in found.items() if isinstance(value, torch.Tensor)}
    inner = [_shapes(value) for value in found.values() if isinstance(value, dict)]
    return max([own, *inner], key=len)


def _safetensors_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes by name; the header alone is read (https://github.com/huggingface/safetensors#format)."""
    import json

    with path.open('rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        if length > 100_000_000:  # the limit of the format
            raise ValueError('the header is too long')
        header = json.loads(file.read(length))
    header.pop('__metadata__', None)
    return {name: tuple(entry['shape']) for name, entry in header.items()}
