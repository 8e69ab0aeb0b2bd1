"""From logits to probabilities; of two classes that exclude each other, their difference says everything."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.segment.spec import ModelSpec


def activate(
    logits: NDArray[np.float32], spec: ModelSpec, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Probabilities (K, ...) from logits (K, ...), as the model's spec says; written into `out` where it is given.

    A voxel's result depends on its logits alone, to the last bit. (PyTorch's does not: it computes the last few
    voxels of a block in another way, so that a slice would differ from the same slice of its volume.)
    """
    found = np.empty(logits.shape, np.float32) if out is None else out
    activate_telling(telling(logits, spec), spec, found)
    return found


def telling(logits: NDArray[np.float32], spec: ModelSpec) -> NDArray[np.float32]:
    """What of logits (K, ...) tells the probabilities: all of them, or (1, ...), the first of two less the second.

    It is linear: the weighted mean of it over windows is that of the weighted mean of the logits.
    """
    return logits[:1] - logits[1:] if spec.activation == 'softmax' and len(logits) == 2 else logits


def count_telling(spec: ModelSpec) -> int:
    """Channels of what `telling` returns."""
    classes = len(spec.classes)
    return 1 if spec.activation == 'softmax' and classes == 2 else classes


def activate_telling(logits: NDArray[np.float32], spec: ModelSpec, out: NDArray[np.float32]) -> None:
    """Write probabilities (K, ...) of what `telling` returned into `out`."""
    if spec.activation == 'none':
        out[...] = logits
    elif spec.activation == 'sigmoid':
        np.divide(np.exp(np.minimum(logits, 0)), 1 + np.exp(-np.abs(logits)), out=out)
    elif len(logits) < len(out):
        first, second = out[:1], out[1:]
        with np.errstate(over='ignore'):  # infinite odds against the second class are its probability 0
            np.exp(logits, out=second)
        np.add(second, 1, out=second)
        np.divide(1, second, out=second)
        np.subtract(1, second, out=first)
    else:
        # One class after the other: numpy's reductions add in an order that depends on the shape.
        exponentials = np.subtract(logits, reduce(np.maximum, logits))
        np.exp(exponentials, out=exponentials)
        np.divide(exponentials, reduce(np.add, exponentials), out=out)
