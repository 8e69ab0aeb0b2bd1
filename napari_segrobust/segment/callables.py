"""Python objects as models of ours: functions, networks of PyTorch, and what is a model already."""

from __future__ import annotations

import copy
import hashlib
import inspect
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import model_key, read_spec

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from napari_segrobust.segment.protocols import Shown
    from napari_segrobust.segment.spec_file import SpecSource

#: Maps an image (C, *spatial) float32 and its spacing in mm to probabilities (K, *spatial).
Function = Callable[['NDArray[np.float32]', tuple[float, ...]], Any]


class CallableSegmenter:
    """A `WholeSegmenter` around a function that maps an image and its spacing to probabilities.

    Parameters
    ----------
    function : callable
        ``f(image, spacing) -> probabilities``: (C, *spatial) float32 as it was read and mm in array order to
        (K, *spatial), ndarray or tensor. A 2D one is asked slice by slice.
    spec : ModelSpec
    key : str
        Equal keys, equal answers.
    """

    #: Where the function computes is its own affair.
    device = 'cpu'

    def __init__(self, function: Function, spec: ModelSpec, key: str) -> None:
        self.spec = spec
        self.key = key
        self._function = function

    def segment(self, image: NDArray[np.float32], spacing: tuple[float, ...], shown: Shown) -> NDArray[np.float32]:
        """Map (C, *spatial) to what the function answers; whoever asked checks it."""
        axis = self.spec.slice_axis
        if image.ndim - 1 == self.spec.dimensions:
            answer: NDArray[np.float32] = self._function(np.array(image), spacing)
            return answer
        within = tuple(mm for index, mm in enumerate(spacing) if index != axis)
        # The function may write into what it is given.
        slices = [np.asarray(self._function(np.array(part), within)) for part in np.moveaxis(image, axis + 1, 0)]
        return np.stack(slices, axis=axis + 1)


def model_of(thing: Any, spec: SpecSource = None, device: str = 'cpu', name: str = '', key: str = '') -> Any:
    """Make a model of a Python object.

    Parameters
    ----------
    thing : object
        A model (with `spec`, `key` and `device`), a `torch.nn.Module`, a function of image and spacing, or a class or
        function without arguments that makes one of these.
    spec : mapping, ModelSpec or path, optional
        Default is the attribute ``spec`` of the object.
    device : str
        For a `torch.nn.Module`.
    name : str
        For messages and as the name of the model; that of the object when empty.
    key : str
        What tells it from others; a function has none of its own, and is another model every time without it.

    Returns
    -------
    WindowSegmenter or WholeSegmenter

    Raises
    ------
    ModelError
        It is none of these, or the spec is not complete.
    """
    import torch

    name = name or getattr(thing, '__name__', type(thing).__name__)
    if isinstance(thing, type) or (callable(thing) and not isinstance(thing, torch.nn.Module) and _takes(thing, 0)):
        if not _takes(thing, 0):
            raise ModelError(f'{name} not loaded', 'its class wants arguments', 'Give an object of it.')
        made, told = thing(), getattr(thing, 'spec', None)
        return model_of(made, spec if spec is not None else getattr(made, 'spec', told), device, name, key)
    if isinstance(thing, (WindowSegmenter, WholeSegmenter)) and isinstance(thing.spec, ModelSpec):
        return thing
    read = _spec(name, getattr(thing, 'spec', None) if spec is None else spec)
    own = str(getattr(thing, 'key', '') or key)
    if isinstance(thing, torch.nn.Module):
        from napari_segrobust.segment.module import TorchSegmenter

        # A copy: its layers are set up for windows, and training goes on without changing what this model says.
        return TorchSegmenter(copy.deepcopy(thing), read, model_key(own.encode() or _weights_hash(thing), read), device)
    if not (callable(thing) and _takes(thing, 2)):
        raise ModelError(
            f'{name} not loaded',
            f'a {type(thing).__name__} is neither a network nor a function of image and spacing',
            'Give f(image, spacing) that returns probabilities (K, *spatial).',
        )
    if read.intensity != 'none':
        raise ModelError(
            f'Spec of {name} not usable', 'a function gets the image as it was read', 'Leave intensity out.'
        )
    return CallableSegmenter(thing, read, model_key((own or uuid.uuid4().hex).encode(), read))


def _spec(name: str, given: SpecSource) -> ModelSpec:
    if given is None:
        raise ModelError(
            f'{name} has no spec',
            'missing: dimensions, channels, classes, activation',
            'Give spec=, or give the object an attribute spec.',
        )
    if isinstance(given, Mapping):
        given = {'name': name, 'intensity': 'none', **given}
    return read_spec(Path(name), given)


def _takes(thing: Callable[..., Any], count: int) -> bool:
    """Whether it may be called with so many positional arguments."""
    try:
        inspect.signature(thing).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _weights_hash(module: torch.nn.Module) -> bytes:
    """Hash of a network's weights and of how it is built; code in its methods is not seen."""
    digest = hashlib.sha256(repr(module).encode())
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.detach().cpu().float().numpy()).tobytes())
    return digest.digest()
