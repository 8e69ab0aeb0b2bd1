"""Half precision on a GPU, where it was measured to change next to nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Window, WindowPlan
    from napari_segrobust.segment.protocols import ImageSource

logger = logging.getLogger(__name__)
#: Half precision is used where it changes at most this fraction of the labels.
LIMIT = 1e-3
#: Windows on which that is measured.
SAMPLE = 4


@dataclass(frozen=True)
class Precision:
    """How many bits a model computes with, and why.

    Attributes
    ----------
    half : bool
        float16 where PyTorch's autocast allows it; else float32.
    changed : float or None
        Fraction of the labels that half precision changes; None where that was not measured, as on a CPU, and
        where the model cannot compute so.
    chosen_for : tuple of str
        Key of the image and device that this was chosen for; empty before any choice.
    """

    half: bool = False
    changed: float | None = None
    chosen_for: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Words for the status line; nothing where there was no choice."""
        if self.changed is None:
            return ''
        if self.half:
            return f'half precision: {100 * self.changed:.3g} % of labels differ'
        return f'single precision: half would change {100 * self.changed:.3g} % of labels'


SINGLE = Precision()


@runtime_checkable
class _Choosing(WindowSegmenter, Protocol):
    """A model that can compute in two ways."""

    precision: Precision


def precision_of(model: object) -> Precision:
    """How a model computes; one that is none of ours computes as it likes, which is called single."""
    found: Precision = getattr(model, 'precision', SINGLE)
    return found


def describe_precision(model: WindowSegmenter | WholeSegmenter) -> str:
    """Words for the status line: "cpu", "cuda:0, half precision: 0.02 % of labels differ"."""
    words = precision_of(model).words
    return f'{model.device}, {words}' if words else model.device


def choose_precision(model: object, source: ImageSource, key: str) -> None:
    """Have a model on a GPU compute in half precision if that hardly changes its labels of an image.

    The choice is made once for each image and device, on windows of the model's own plan from the middle of the
    image: it depends neither on a severity, nor on what is shown, nor on the context.

    Parameters
    ----------
    model : WindowSegmenter or WholeSegmenter
        A `TorchSegmenter` computes in half precision afterwards where at most `LIMIT` of the labels changed, else
        in single. Any other model, and one on a CPU, is left alone.
    source : ImageSource
        The clean image.
    key : str
        Content hash of the image.
    """
    if not isinstance(model, _Choosing) or model.device == 'cpu':
        return
    wanted = (key, model.device)
    if model.precision.chosen_for != wanted:
        changed = changed_by_half(model, source)
        model.precision = Precision(changed is not None and changed <= LIMIT, changed, wanted)


def fix_precision(model: object, half: bool, changed: float | None, key: str) -> None:
    """Have a model on a GPU compute on an image as it did before, and measure nothing."""
    if isinstance(model, _Choosing) and model.device != 'cpu':
        model.precision = Precision(half, changed, (key, model.device))


def back_to_single(model: object) -> None:
    """Give half precision up for the image at hand: it overflowed on something that was not measured."""
    if isinstance(model, _Choosing):
        model.precision = replace(model.precision, half=False, changed=1.0)


def changed_by_half(model: _Choosing, source: ImageSource) -> float | None:
    """Fraction of the labels of an image's middle that half precision changes; None where the model cannot."""
    from napari_segrobust.context.record import Context
    from napari_segrobust.segment.inference import plan_for
    from napari_segrobust.segment.see import see
    from napari_segrobust.segment.windows import WindowRunner

    kept = model.precision
    try:
        seen, _ = see(model.spec, source)
        plan = plan_for(model.spec, seen.shape[1:], Context())
        runner = WindowRunner(model, seen, plan)
        found = [[_labels(model, runner.input(window), half) for half in (False, True)] for window in sample(plan)]
    except Interrupted:
        raise
    except Exception:  # whatever is wrong with model, image or memory is said by the run itself
        logger.info('half precision was not measured', exc_info=True)
        return None
    finally:
        model.precision = kept
    if any(labels is None for pair in found for labels in pair):
        return 1.0
    return float(np.mean([single != half for single, half in found]))


def sample(plan: WindowPlan) -> list[Window]:
    """A few windows of a plan, evenly from those that touch the middle half of the context box on every axis."""
    middle = tuple(slice(lo + (hi - lo) // 4, hi - (hi - lo) // 4) for lo, hi in plan.box)
    windows = plan.touching(middle)
    step = max(len(windows) // SAMPLE, 1)
    return windows[step // 2 :: step][:SAMPLE]


def _labels(model: _Choosing, window: NDArray[np.float32], half: bool) -> NDArray[Any] | None:
    """Labels of one window (C, *spatial); None where logits overflow."""
    import torch

    from napari_segrobust.segment.activation import activate
    from napari_segrobust.segment.prediction import labels_from

    model.precision = Precision(half)
    with torch.inference_mode():
        logits = model(torch.from_numpy(window[None].copy()))[0].cpu().float().numpy()
    return labels_from(activate(logits, model.spec), model.spec) if np.isfinite(logits).all() else None
