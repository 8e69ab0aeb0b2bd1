"""Random fields: drawn once per case and seed, whatever the block, the device or the severity."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.catalogue import get_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Shape, Spacing


def make_field(name: str, seed: int, channels: int, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Draw the random field of a perturbation for a whole case.

    A channel's draw is a numpy Philox stream keyed by the SHA-256 of (name, seed, shape, spacing, channel), so it
    depends neither on a block or window, nor on severity, nor on the other channels.

    Parameters
    ----------
    name : str
        Perturbation.
    seed : int
        Which draw.
    channels : int
        Number of channels C; where all channels share one draw, one is drawn.
    shape : tuple of int
        Spatial shape of the full case.
    spacing : tuple of float
        In mm in array order, 1 where unknown; told apart to 1e-6.

    Returns
    -------
    dict of str to ndarray
        float32, each (C, ...); empty for a perturbation without a random part.
    """
    spec = get_spec(name)
    draw = spec.draw
    if draw is None:
        return {}
    channels = channels if spec.per_channel else 1
    drawn = [draw(_generator(name, seed, shape, spacing, channel), shape, spacing) for channel in range(channels)]
    if channels == 1:
        return {key: array[None] for key, array in drawn[0].items()}
    return {key: np.stack([arrays[key] for arrays in drawn]) for key in drawn[0]}


def _generator(name: str, seed: int, shape: Shape, spacing: Spacing, channel: int) -> np.random.Generator:
    steps = tuple(f'{float(step):.6f}' for step in spacing)
    text = repr((name, int(seed), tuple(int(n) for n in shape), steps, channel))
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], 'little')))


class FieldStore:
    """Fields that were drawn, least recently used ones dropped first; owned by whoever runs the pipeline.

    Parameters
    ----------
    max_bytes : int
        Bound on the memory of all kept fields. A larger one is drawn, handed out and not kept.

    Notes
    -----
    Any thread may call it. Two threads that ask for the same missing field may both draw it: the values are equal.
    """

    def __init__(self, max_bytes: int = 512 * 2**20) -> None:
        self.max_bytes = max_bytes
        self._kept: OrderedDict[tuple[object, ...], dict[str, torch.Tensor]] = OrderedDict()
        self._nbytes = 0
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Memory of the kept fields."""
        return self._nbytes

    def get(
        self, name: str, seed: int, channels: int, shape: Shape, spacing: Spacing, device: str = 'cpu'
    ) -> Mapping[str, torch.Tensor]:
        """Field as in `make_field`, as tensors on `device`; on the CPU they share memory with the drawn arrays."""
        key = (name, seed, channels, shape, spacing)
        return self.get_or_make(key, lambda: make_field(name, seed, channels, shape, spacing), device)

    def get_or_make(
        self, key: tuple[object, ...], make: Callable[[], Mapping[str, NDArray[Any]]], device: str = 'cpu'
    ) -> Mapping[str, torch.Tensor]:
        """Arrays of a key as tensors on `device`; made where they are not kept."""
        import torch

        key = (*key, device)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        tensors = {name: torch.from_numpy(array).to(device) for name, array in make().items()}
        with self._lock:
            self._keep(key, tensors)
        return tensors

    def clear(self) -> None:
        """Forget every field."""
        with self._lock:
            self._kept.clear()
            self._nbytes = 0

    def _keep(self, key: tuple[object, ...], tensors: dict[str, torch.Tensor]) -> None:
        size = _nbytes(tensors)
        if key in self._kept or size > self.max_bytes:
            return
        self._kept[key] = tensors
        self._nbytes += size
        while self._nbytes > self.max_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._nbytes -= _nbytes(dropped)


def _nbytes(tensors: Mapping[str, torch.Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())
