"""How much each voxel of a window moves one logit: by gradient, or by occlusion where there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted, checkpoint
from napari_segrobust.errors import ModelError
from napari_segrobust.segment.answers import check_answer, main_output, model_failed
from napari_segrobust.segment.module import TorchSegmenter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.inside.look import Look

Method = Literal['gradient', 'occlusion']
#: Patches along each axis, at most, by dimensions: their product is the number of passes.
_PATCHES = {2: 16, 3: 8}


@dataclass(frozen=True, eq=False)
class Influence:
    """What moves a logit.

    Attributes
    ----------
    strength : ndarray (*window), float32
        Axes of the network; not negative.
    label : int
        Channel of the logits.
    method : {'gradient', 'occlusion'}
    words : str
        What must be known of the method, a sentence; empty for the gradient.
    """

    strength: NDArray[np.float32]
    label: int
    method: Method
    words: str = ''


def influence(
    look: Look, label: int | None = None, method: Method | None = None, reach: Sequence[tuple[int, int]] | None = None
) -> Influence:
    """Measure what moves the logit at the voxel of a look.

    Parameters
    ----------
    look : Look
    label : int, optional
        Channel; the winning one when None.
    method : {'gradient', 'occlusion'}, optional
        The gradient where there is one.
    reach : sequence of (int, int), optional
        Where alone anything can count, half-open, axes of the network; occlusion looks nowhere else.

    Raises
    ------
    ModelError
        No gradient, and one was asked for; no such channel; the model failed.
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    classes = look.model.spec.classes
    if label is not None and not 0 <= label < len(classes):
        raise ModelError('No such class', f'{label} of {len(classes)}', f'Choose one of 0 to {len(classes) - 1}.')
    if method != 'occlusion':
        try:
            return _by_gradient(look, label)
        except (Interrupted, ModelError):
            if method == 'gradient':
                raise
            checkpoint()
    return _by_occlusion(look, label, reach)


def _by_gradient(look: Look, label: int | None) -> Influence:
    import torch

    model = look.model
    what = f'No gradient of {model.spec.name}'
    if not isinstance(model, TorchSegmenter):
        raise ModelError(what, 'it is no PyTorch network', 'Choose occlusion.')
    # Not under inference mode, and in float32, whatever precision the model answers in.
    window = torch.from_numpy(look.input()[None]).requires_grad_()
    try:
        with torch.enable_grad():
            answer, _ = main_output(model.module(model.prepared(window)), window.shape)
            channel = _channel(answer[0].detach(), look, label)
            # Raises where the answer keeps no way back.
            (slope,) = torch.autograd.grad(_at(answer[0], look)[channel], window)
    except Interrupted:
        raise
    except Exception as error:  # a model is foreign code and may raise anything
        raise model_failed(error, model.spec) from error
    strength = slope[0].abs().sum(dim=0).cpu().numpy().astype(np.float32)
    return Influence(strength, channel, 'gradient')


def _channel(logits: torch.Tensor, look: Look, label: int | None) -> int:
    return int(_at(logits, look).argmax()) if label is None else label


def _at(logits: torch.Tensor, look: Look) -> torch.Tensor:
    """Logits (K) at the voxel of (K, *window)."""
    for place in look.place:
        logits = logits[:, place]
    return logits


def _by_occlusion(look: Look, label: int | None, reach: Sequence[tuple[int, int]] | None) -> Influence:
    """Patches one after the other become the mean of the window (Zeiler and Fergus, ECCV 2014)."""
    window = look.input()
    before = _logits(look, window[None])[0]
    channel = int(before.argmax()) if label is None else label
    mean = window.reshape(len(window), -1).mean(axis=1).reshape(-1, *(1,) * (window.ndim - 1))
    within = reach or [(0, n) for n in window.shape[1:]]
    area = [(max(lo, 0), min(hi, n)) for (lo, hi), n in zip(within, window.shape[1:], strict=True)]
    edges = [math.ceil((hi - lo) / _PATCHES[len(area)]) for lo, hi in area]
    strength = np.zeros(window.shape[1:], np.float32)
    batch = max(getattr(look.model, 'batch', 1), 1)
    for patches in _together(list(_patches(area, edges)), batch):
        checkpoint()
        covered = np.stack([window] * len(patches))
        for one, patch in zip(covered, patches, strict=True):
            one[(slice(None), *patch)] = mean
        after = _logits(look, covered)
        for logits, patch in zip(after, patches, strict=True):
            strength[patch] = abs(float(logits[channel] - before[channel]))
    size = ' x '.join(map(str, edges))
    return Influence(strength, channel, 'occlusion', f'By covering patches of {size} voxels with the mean.')


def _patches(area: list[tuple[int, int]], edges: list[int]) -> Iterator[tuple[slice, ...]]:
    starts = [range(lo, hi, edge) for (lo, hi), edge in zip(area, edges, strict=True)]
    for corner in product(*starts):
        yield tuple(slice(a, min(a + e, hi)) for a, e, (_, hi) in zip(corner, edges, area, strict=True))


def _together(patches: list[tuple[slice, ...]], count: int) -> Iterator[list[tuple[slice, ...]]]:
    for start in range(0, len(patches), count):
        yield patches[start : start + count]


def _logits(look: Look, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits (B, K) at the voxel."""
    import torch

    model = look.model
    try:
        answer = model(torch.from_numpy(windows))
    except Interrupted:
        raise
    except Exception as error:  # a model is foreign code and may raise anything
        raise model_failed(error, model.spec) from error
    shape = (len(windows), len(model.spec.classes), *windows.shape[2:])
    checked = check_answer(answer, shape, model.spec)
    for place in look.place:
        checked = checked[:, :, place]
    return checked
