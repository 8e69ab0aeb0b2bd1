"""What a file of weights says of its network: read off shapes, and told with where it stands. Nothing is guessed."""

from __future__ import annotations

import struct
import warnings
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_segrobust.segment.pt2_file import read_interface

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import torch

#: Sides of the images of zeros that a TorchScript network is shown, by its number of dimensions: the first one that it
#: takes says by what its sides must divide (1, 2, 4, 8, 16 or 32).
_SIDES = {2: (65, 66, 68, 72, 80, 96), 3: (33, 34, 36, 40, 48, 64)}


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
    """What a TorchScript file, an exported one, a checkpoint or a safetensors file says.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Fact
        ``dimensions`` and ``channels`` of the first convolution; and of a TorchScript network, which is shown images
        of zeros, how many ``classes`` its answer has and by what sides must divide, ``pad_multiple``. Empty for other
        files, and where there is no convolution.

    Raises
    ------
    ModelError, OSError, RuntimeError, ValueError, zipfile.BadZipFile
        Not readable, or not to be run: loading it says why.

    Notes
    -----
    Shapes of weights are those of PyTorch's ``Conv2d`` and ``Conv3d``: (out, in / groups, *kernel). A first layer in
    groups would take more channels than that; segmentation networks have none.
    """
    suffix = path.suffix.lower()
    if suffix == '.safetensors':
        # Its tensors are not in the order of the layers: which of them is the first one cannot be told.
        return tuple(fact for fact in facts_of_shapes(_safetensors_shapes(path)) if fact.entry == 'dimensions')
    if suffix == '.pt2':
        return tuple(_facts_of_export(path))
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
            Fact('dimensions', dimensions, f'{dimensions}D convolutions', source),
            Fact('channels', shape[1], f'the first layer takes {shape[1]} channel{plural}', source),
        )
    return ()


def _facts_of_export(path: Path) -> Iterator[Fact]:
    shape, classes = read_interface(path)
    source = f'the graph takes windows of {" x ".join(extent.words for extent in shape.spatial)}'
    yield Fact('dimensions', len(shape.spatial), f'windows are {len(shape.spatial)}D', source)
    if shape.channels.fixed is not None:
        yield Fact('channels', shape.channels.fixed, f'it takes {_channels(shape.channels.fixed)}', source)
    if classes is not None:
        yield Fact('classes', classes, f'{_channels(classes)} come out', source)


def _channels(count: int) -> str:
    return f'{count} channel{"" if count == 1 else "s"}'


def _facts_of_script(path: Path) -> tuple[Fact, ...]:
    import torch

    from napari_segrobust.segment.loaders.torchscript import check_code

    check_code(path)
    with warnings.catch_warnings():
        # As in its loader: deprecated in PyTorch 2.13, and what people have.
        warnings.filterwarnings('ignore', r'`torch\.jit\.load` is deprecated', DeprecationWarning)
        network = torch.jit.load(str(path), 'cpu')  # type: ignore[no-untyped-call]  # torch does not type it
    facts = facts_of_shapes({name: tuple(weights.shape) for name, weights in network.named_parameters()})
    found = {fact.entry: fact.value for fact in facts}
    if not found:
        return ()
    for power, side in enumerate(_SIDES[found['dimensions']]):
        shown = (1, found['channels'], *(side,) * found['dimensions'])
        count = _answered(network, shown)
        if count is not None:
            return (*facts, *_facts_of_answer(2**power, count, shown))
    return facts  # a size that is none of these: then this is not known


def _answered(network: torch.nn.Module, shown: tuple[int, ...]) -> int | None:
    """Channels of the answer to an image of zeros; None where it is refused, or comes back in another size."""
    import torch

    try:
        with torch.inference_mode():
            answer = network.eval()(torch.zeros(shown))
    except RuntimeError:
        return None
    fits = isinstance(answer, torch.Tensor) and answer.shape[0] == 1 and answer.shape[2:] == shown[2:]
    return answer.shape[1] if fits else None


def _facts_of_answer(multiple: int, count: int, shown: tuple[int, ...]) -> Iterator[Fact]:
    source = f'tried with zeros of {" x ".join(map(str, shown))}'
    yield Fact('classes', count, f'{count} channel{"" if count == 1 else "s"} come out', source)
    if multiple > 1:
        yield Fact('pad_multiple', multiple, f'sides must divide by {multiple}', source)


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
