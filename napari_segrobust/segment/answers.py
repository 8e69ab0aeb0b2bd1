"""What a model may answer, and how to say that it did not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ModelError, SegrobustError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.segment.spec import ModelSpec


def check_answer(answer: object, expected: Sequence[int], spec: ModelSpec) -> NDArray[np.float32]:
    """Take what a model returned as float32 on the CPU, or refuse it.

    Parameters
    ----------
    answer : torch.Tensor or ndarray
        Anything else is refused too.
    expected : sequence of int
        The shape it must have, ([B,] K, *spatial).
    spec : ModelSpec
        Of the model, for the message.

    Raises
    ------
    ModelError
        Another type or shape, NaN or infinity.
    """
    import torch

    name, remedy = f'{spec.name} cannot be used', 'Correct its spec, or choose another model.'
    total: Any = None
    if isinstance(answer, torch.Tensor):
        answer = answer.float()
        total = answer.sum()  # torch's is the quickest pass over all numbers
        answer = answer.numpy(force=True)
    if not isinstance(answer, np.ndarray):
        raise ModelError(name, f'the model returned a {type(answer).__name__} instead of a tensor', remedy)
    if answer.shape != tuple(expected):
        classes = len(expected) - spec.dimensions - 1
        other_classes = answer.ndim == len(expected) and answer.shape[classes] != expected[classes]
        raise ModelError(
            name,
            f'the model returned {"channels" if other_classes else "shape"} {times(answer.shape)} '
            f'where {times(expected)} was expected',
            remedy,
        )
    # A sum may overflow where no number does.
    if not math.isfinite(answer.sum() if total is None else total) and not np.isfinite(answer).all():
        raise ModelError(
            f'{spec.name} failed',
            f'the model returned {"NaN" if np.isnan(answer).any() else "infinity"}',
            'Check the image for NaN, and its intensities against the spec of the model.',
        )
    return answer if answer.dtype == np.float32 else answer.astype(np.float32)


def main_output(answer: Any, windows: Sequence[int]) -> tuple[Any, str]:
    """Pick the segmentation out of what a network returns.

    Parameters
    ----------
    answer : tensor, or list, tuple or mapping of them
        Deep supervision answers with several sizes, an auxiliary head with a second one.
    windows : sequence of int
        Shape (B, C, *spatial) of what it was asked.

    Returns
    -------
    output : object
        The first tensor with the size of the windows, or the first of all; `answer` itself where it is but one.
    words : str
        What was done, empty where there was no choice.
    """
    values = _flat(answer)
    if not values or values[0] is answer:
        return answer, ''
    whole = [value for value in values if tuple(value.shape[2:]) == tuple(windows[2:])]
    chosen = (whole or values)[0]
    if len(values) == 1:
        return chosen, ''
    return chosen, f'the network answers with {len(values)} maps: the first of full size is taken'


def _flat(answer: Any) -> list[Any]:
    if hasattr(answer, 'shape'):
        return [answer]
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    return [value for part in answer for value in _flat(part)] if isinstance(answer, (list, tuple)) else []


def model_failed(error: Exception, spec: ModelSpec) -> SegrobustError:
    """Put what a model raised into one line; an error of ours stays as it is."""
    if isinstance(error, SegrobustError):
        return error
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # TorchScript says what went wrong in its last line, after its own traceback.
    said = lines[-1] if lines and 'TorchScript interpreter' in lines[0] else next(iter(lines), 'no message')
    return ModelError(
        f'{spec.name} failed',
        f'the network raised {type(error).__name__}: {said.removeprefix("RuntimeError: ")[:200]}',
        'Check window size and channels against its spec, or choose another model.',
    )


def no_memory(window: Sequence[int], spec: ModelSpec) -> ModelError:
    """There is nowhere left to go: a single window does not fit the CPU's memory."""
    return ModelError(f'{spec.name} failed', f'no memory for a window of {times(window)}', 'Choose a smaller window.')


def is_out_of_memory(error: Exception) -> bool:
    """Whether a device ran out of memory; some of PyTorch's allocators raise a plain RuntimeError."""
    import torch

    texts = ('out of memory', "can't allocate memory", 'not enough memory')
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and any(text in str(error).lower() for text in texts)
    )


def times(numbers: Sequence[float]) -> str:
    """Words for a shape or a voxel size: "1 x 3 x 64 x 64"."""
    return ' x '.join(f'{n:g}' for n in numbers)
