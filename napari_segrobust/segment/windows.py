"""One window at a time: cut, normalise, pad, ask the model, and check what it answers."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.segment.answers import check_answer, is_out_of_memory, model_failed, no_memory
from napari_segrobust.segment.axes import model_axes
from napari_segrobust.segment.device import windows_at_once
from napari_segrobust.segment.known import window_key
from napari_segrobust.segment.precision import back_to_single, precision_of
from napari_segrobust.segment.preprocess import measure, measure_image, needs_statistics, normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.segment.known import KnownWindows
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, WindowSegmenter

#: Voxels of windows that are cut, and whose answers are checked, in one go: doing it for each small window by itself
#: takes several times as long, since the network in between leaves nothing of it in the processor's cache.
_HANDFUL = 2**19
_PAD_MODE: dict[str, Literal['reflect', 'edge']] = {'reflect': 'reflect', 'replicate': 'edge'}


class WindowRunner:
    """Runs a model on windows of an image.

    Parameters
    ----------
    model : WindowSegmenter
    source : ImageSource
    plan : WindowPlan
    padding : {'constant', 'reflect', 'replicate'}
        Filling of a window beyond the context box, after normalising; constant is 0, as in MONAI.
    statistics : Statistics, optional
        Of the whole image; measured at the first window when None and needed.
    mirror : tuple of int, optional
        Axes of the model over whose mirror images logits are averaged; the model's own when None.
    known : KnownWindows, optional
        Asked before the model, and told what the model answers.

    Attributes
    ----------
    batch : int
        Windows to hand over at once; the model's own, which becomes smaller when memory ends.
    messages : list of str
        What happened that a person must know; the model's own, where it has such a list.
    """

    def __init__(
        self,
        model: WindowSegmenter,
        source: ImageSource,
        plan: WindowPlan,
        padding: str = 'constant',
        statistics: Statistics | None = None,
        mirror: tuple[int, ...] | None = None,
        known: KnownWindows | None = None,
    ) -> None:
        self.statistics = statistics
        self.messages: list[str] = getattr(model, 'messages', [])
        self.batch: int = getattr(model, 'batch', windows_at_once(model.device, model.spec.dimensions))
        self._model = model
        self._axes = model_axes(model.spec, len(plan.shape))
        self._source = source
        self._plan = plan
        self._padding = padding
        self._mirror = model.spec.mirror_axes if mirror is None else mirror
        self._known = known
        self._slice: tuple[Block, NDArray[np.float32]] | None = None

    @property
    def handful(self) -> int:
        """Windows to run together where nobody waits for any of them: one batch, or several of small windows."""
        return max(_HANDFUL // math.prod(self._plan.size), self.batch)

    @property
    def computed_on(self) -> tuple[str, bool]:
        """Device, and whether in half precision: two of them give two results."""
        return self._model.device, precision_of(self._model).half

    def run(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Logits of each window, cropped to the context box; all of them computed on one device, in one precision.

        Returns
        -------
        list of ndarray, shape (K, *part), float32
            With the axes of the image; ``part`` is the shape of ``plan.inside(window)``.

        Raises
        ------
        ModelError
            The model raised, or its answer has another shape, other classes, NaN or infinity.
        """
        asked = [self.input(window) for window in windows]
        found = self._answers(asked) if self._known is None else self._known_or_new(asked, self._known)
        return [self.output(logits, window) for logits, window in zip(found, windows, strict=True)]

    def _known_or_new(self, asked: Sequence[NDArray[np.float32]], known: KnownWindows) -> list[NDArray[np.float32]]:
        """Logits (K, *window) of each input, from memory where it was seen before."""
        before = self.computed_on
        keys = [window_key(self._model.key, before, self._mirror, window) for window in asked]
        found = {key: logits for key in keys if (logits := known.get(key)) is not None}
        new = {key: window for key, window in zip(keys, asked, strict=True) if key not in found}
        answers = self._answers(list(new.values())) if new else []
        if self.computed_on != before:  # what is known was computed elsewhere
            return self._answers(asked)
        for key, logits in zip(new, answers, strict=True):
            known.put(key, logits)
        found.update(zip(new, answers, strict=True))
        return [found[key] for key in keys]

    def _answers(self, windows: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Logits (K, *window) of each input from the model, on one device and in one precision."""
        import torch

        asked = torch.from_numpy(np.stack(windows))
        answers: list[torch.Tensor] = []
        batches: list[int] = []
        while (done := sum(batches)) < len(windows):
            together = asked[done : done + self.batch]
            before = self.computed_on
            answer = self._ask(together)
            if self.computed_on != before:
                answers.clear()
                batches.clear()
            elif answer is not None:
                answers.append(answer)
                batches.append(len(together))
        shape, spec = (len(self._model.spec.classes), *asked.shape[2:]), self._model.spec
        return [
            one for n, answer in zip(batches, answers, strict=True) for one in check_answer(answer, (n, *shape), spec)
        ]

    def input(self, window: Window) -> NDArray[np.float32]:
        """(C, *window) with the axes of the model."""
        plan = self._plan
        image = self._normalised(plan.inside(window))
        padding = plan.padding(window)
        if any(map(any, padding)):
            image = _pad(image, padding, self._padding)
        if plan.slice_axis is not None:
            image = image.squeeze(plan.slice_axis + 1)
        return self._axes.apply(image)

    def output(self, logits: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
        """Maps (K, *window), axes of the model, as (K, *part), axes of the image, cropped to the context box."""
        plan = self._plan
        logits = self._axes.undo(logits)
        if plan.slice_axis is not None:
            logits = np.expand_dims(logits, plan.slice_axis + 1)
        padding = plan.padding(window)
        if not any(map(any, padding)):
            return logits
        crop = tuple(slice(before, n - after) for (before, after), n in zip(padding, plan.size, strict=True))
        return logits[(slice(None), *crop)]

    def _normalised(self, part: Block) -> NDArray[np.float32]:
        spec = self._model.spec
        if not needs_statistics(spec):
            return normalise(self._source.block(part), spec)
        if spec.intensity_scope == 'slice':
            return self._normalised_slice(part)
        if self.statistics is None:
            self.statistics = measure_image(self._source, spec.intensity)
        return normalise(self._source.block(part), spec, self.statistics)

    def _normalised_slice(self, part: Block) -> NDArray[np.float32]:
        """Cut `part` from its slice, normalised by the whole slice: a context box hides places, not the scale."""
        plan = self._plan
        whole = tuple(part[axis] if axis == plan.slice_axis else slice(0, n) for axis, n in enumerate(plan.shape))
        if self._slice is None or self._slice[0] != whole:
            image = self._source.block(whole)
            self._slice = whole, normalise(image, self._model.spec, measure([image], self._model.spec.intensity))
        cut = tuple(slice(p.start - w.start, p.stop - w.start) for p, w in zip(part, whole, strict=True))
        return self._slice[1][(slice(None), *cut)]

    def _ask(self, windows: torch.Tensor) -> torch.Tensor | None:
        """Answer of the model; None when memory ended and the same may be asked again, in smaller batches."""
        import torch

        model = self._model
        try:
            with torch.inference_mode():
                answer = self._mirrored(windows) if self._mirror else model(windows)
                if not (precision_of(model).half and _overflows(answer)):
                    return answer
        except Interrupted:
            raise
        except Exception as error:  # a model is foreign code and may raise anything
            if not is_out_of_memory(error):
                raise model_failed(error, model.spec) from error
            if len(windows) == 1 and model.device == 'cpu':
                raise no_memory(windows.shape[2:], model.spec) from error
        else:
            self.messages.append(f'Half precision overflowed on {model.device}: starting again in single precision.')
            back_to_single(model)
            return None
        self._retreat(len(windows))
        return None

    def _mirrored(self, windows: torch.Tensor) -> torch.Tensor:
        """Mean of the logits over all combinations of mirrored axes, as nnU-Net takes it."""
        axes = [axis + 2 for axis in self._mirror]
        flips = [chosen for count in range(len(axes) + 1) for chosen in combinations(axes, count)]
        total = self._model(windows)
        for flip in flips[1:]:
            total = total + self._model(windows.flip(flip)).flip(flip)
        return total / len(flips)

    def _retreat(self, count: int) -> None:
        """Out of memory with `count` windows: half as many, and with a single one the CPU."""
        model, self.batch = self._model, max(count // 2, 1)
        if count > 1:
            fewer = f'{self.batch} window{"s" if self.batch > 1 else ""} at once instead of {count}'
            self.messages.append(f'Out of memory on {model.device}: {fewer}.')
            if hasattr(model, 'batch'):
                model.batch = self.batch  # the next run would only find out again
        else:
            self.messages.append(f'Out of memory on {model.device}: continuing on the CPU.')
            model.move('cpu')


def _overflows(answer: object) -> bool:
    import torch

    return isinstance(answer, torch.Tensor) and not bool(torch.isfinite(answer).all())


def _pad(image: NDArray[np.float32], padding: tuple[tuple[int, int], ...], how: str) -> NDArray[np.float32]:
    if how != 'constant':
        return np.pad(image, ((0, 0), *padding), _PAD_MODE[how])
    out = np.zeros((len(image), *(n + a + b for n, (a, b) in zip(image.shape[1:], padding, strict=True))), image.dtype)
    out[(slice(None), *(slice(a, a + n) for n, (a, _) in zip(image.shape[1:], padding, strict=True)))] = image
    return out
