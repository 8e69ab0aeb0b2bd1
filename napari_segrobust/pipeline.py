"""The five stages of a run (perturb, plan, infer, label, compare), each with a key and each able to do a part.

A `Walk` names everything that decides a result, and its keys say what may be shared. `run` walks all
stages to the end; the explorer walks the same functions, plane first, and keeps what it has made.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import Comparison
from napari_segrobust.compare import compare as compare_masks
from napari_segrobust.errors import ModelError
from napari_segrobust.judging import clean_of, compare_with_reference, measured_labels, reference_labels, valid
from napari_segrobust.perturb import Clean, move_prompts, perturb_labels
from napari_segrobust.perturbed import PerturbedImage
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.advance import advance_windows
from napari_segrobust.segment.ensemble import Ensemble, parts
from napari_segrobust.segment.ensemble_run import EnsembleRun
from napari_segrobust.segment.post import finish_labels
from napari_segrobust.segment.precision import SINGLE, Precision, choose_precision, precision_of
from napari_segrobust.segment.protocols import Shown
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.segment.known import KnownWindows
    from napari_segrobust.segment.protocols import InferenceRun, WholeSegmenter, WindowSegmenter

Block = tuple[slice, ...]
#: What a prediction is held against the baseline's by: it needs no reference.
STABILITY_METRICS = ('dice', 'nsd', 'volume_difference_ml')
#: Asked between units of work; True means stop at once, keeping what is done.
Cancel = Callable[[], bool]


def never() -> bool:
    """Cancel nothing."""
    return False


def plane_block(shape: Sequence[int], axis: int, index: int) -> Block:
    """Block of one plane of a volume, kept as an axis of length one; the whole of a 2D image."""
    if len(shape) == 2:
        return tuple(slice(0, n) for n in shape)
    return tuple(slice(index, index + 1) if i == axis else slice(0, n) for i, n in enumerate(shape))


class GivenRun:
    """A mask that was given, as an inference that is finished from the start."""

    total = 1
    done = 1

    def __init__(self, labels: NDArray[Any]) -> None:
        self.labels = labels
        self.shape: tuple[int, ...] = labels.shape
        self.nbytes = 0


def settle_precision(walk: Walk) -> None:
    """Choose how the model computes on this case, before any key of the walk is asked for: it is part of them."""
    geometry = walk.case.geometry
    for model in parts(walk.model):
        if model.device != 'cpu':
            clean = ArraySource(walk.case.image, geometry.spacing, geometry.has_spacing)
            choose_precision(model, clean, walk.case.key)


def infer(
    walk: Walk,
    image: PerturbedImage,
    member: Callable[[Walk], InferenceRun | GivenRun] | None = None,
    known: KnownWindows | None = None,
) -> InferenceRun | GivenRun:
    """Start the third stage: plan the windows; no network has run yet.

    Parameters
    ----------
    walk : Walk
    image : PerturbedImage
    member : callable, optional
        ``member(walk)`` starts a member of an ensemble, or goes on with what there is of it.
    known : KnownWindows, optional
        Windows that were seen before.
    """
    if walk.model is None:
        return GivenRun(walk.case.predictions[str(walk.given)])
    if isinstance(walk.model, Ensemble):
        walks = {m.name: replace(walk, model=m.model) for m in walk.model.present}
        runs = {name: infer(one, image) if member is None else member(one) for name, one in walks.items()}
        return EnsembleRun(walk.model, {name: run for name, run in runs.items() if not isinstance(run, GivenRun)})
    from napari_segrobust.segment.device import limit_threads
    from napari_segrobust.segment.inference import start_inference

    limit_threads()  # everywhere alike: the bits of a sum depend on how many threads share it
    shown = shown_to(walk, image.clean)
    return start_inference(walk.model, image, walk.scenario.context, shown=shown, known=known)


def shown_to(walk: Walk, clean: Clean) -> Shown | None:
    """What a promptable model is shown: where warps carried it and a hand moved it. None for any other model."""
    if walk.model is None or not walk.model.spec.prompts:
        return None
    prompts = walk.scenario.prompts
    drawn = walk.case.drawn_mask(prompts.scribbles)
    return Shown(
        move_prompts(clean, prompts, walk.prompt_stack),
        None if drawn is None else perturb_labels(clean, drawn, walk.frame),
    )


def advance(
    run: InferenceRun | GivenRun,
    block: Block | None = None,
    centre: Sequence[float] | None = None,
    cancel: Cancel = never,
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """Do the windows that touch `block` (all when None), nearest `centre` first; a network is left at its next layer.

    Returns
    -------
    bool
        True when all are done, False when cancelled; what is done stays done.
    """
    if isinstance(run, GivenRun):
        return True
    return advance_windows(run, block, centre, cancel, progress)


def label(walk: Walk, run: InferenceRun | GivenRun, block: Block | None = None) -> NDArray[np.uint8]:
    """Predicted labels of a block, in the reference's label values, before the steps after the network."""
    if isinstance(run, GivenRun):
        return run.labels if block is None else run.labels[block]
    from napari_segrobust.segment.prediction import labels_from

    assert walk.model is not None  # what is not given has one
    return labels_from(run.probabilities(block), walk.model.spec, walk.scenario.judgement.threshold, walk.label_map)


def finish(walk: Walk, labels: NDArray[Any]) -> NDArray[Any]:
    """Do the steps after the network on whole labels; a mask that was given is left as it is."""
    return finish_labels(labels, walk.post, walk.case.geometry.spacing_mm)


@dataclass(frozen=True, eq=False)
class Result:
    """What came out of one run.

    Attributes
    ----------
    walk : Walk
    image : ndarray (C, *spatial) float32
        The perturbed image.
    labels : ndarray (*spatial)
        Predicted labels, in the reference's values.
    valid : ndarray (*spatial) bool, or None
        Where numbers were taken from; None is everywhere.
    probabilities : ndarray (K, *spatial) float32, or None
        None where the mask was given.
    comparison : Comparison or None
        None without a reference.
    reference : ndarray (*spatial), or None
        What it was compared with: where a warp carried it, and as noise of annotations redrew it.
    times_ms : mapping of str to float
    device : str
        On which it was computed; all of it on this one.
    precision : Precision
        In which it was computed.
    messages : tuple of str
        What happened that a person must know, such as memory that ran out.
    """

    walk: Walk
    image: NDArray[np.float32]
    labels: NDArray[Any]
    valid: NDArray[np.bool_] | None
    probabilities: NDArray[np.float32] | None
    comparison: Comparison | None
    reference: NDArray[Any] | None = None
    times_ms: Mapping[str, float] = field(default_factory=dict)
    device: str = 'cpu'
    precision: Precision = SINGLE
    messages: tuple[str, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """What was asked."""
        return self.walk.scenario

    @cached_property
    def key(self) -> str:
        """Content hash of the predicted labels."""
        return hashlib.sha256(np.ascontiguousarray(self.labels).data).hexdigest()

    def versions(self) -> dict[str, str]:
        """Versions that decide the voxels."""
        from importlib.metadata import version

        return {name: version(name) for name in ('napari-segrobust', 'numpy', 'scipy', 'torch')}


def run(
    case: Case,
    model: WindowSegmenter | WholeSegmenter | None,
    scenario: Scenario | None = None,
    *,
    given: str | None = None,
    metrics: Sequence[str] | None = None,
    clean: Clean | None = None,
    cancel: Cancel = never,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Perturb a case, segment it and compare the prediction with the reference.

    Parameters
    ----------
    case : Case
    model : WindowSegmenter, WholeSegmenter or None
        From `load_model`; None with `given` for a mask that came with the case.
    scenario : Scenario, optional
        The default is the clean image through the model's own windows.
    given : str, optional
        Name of a given prediction.
    metrics : sequence of str, optional
        Keys to compute; every one whose needs are met when None.
    clean : Clean, optional
        Shared between runs of one case.
    cancel, progress : callable, optional
        Asked and told between windows.

    Returns
    -------
    Result

    Raises
    ------
    SegrobustError
        When the model or the scenario do not fit the case, or when `cancel` answered True.
    """
    walk = Walk(case, model, scenario or Scenario(), given)
    clock = _Clock()
    clean = clean if clean is not None else clean_of(case)
    image = PerturbedImage(case, walk.image_stack, clean)
    finished = image.compute_whole(cancel)
    clock.lap('perturb')
    settle_precision(walk)
    inference = infer(walk, image)
    clock.lap('plan')
    if not (finished and advance(inference, cancel=cancel, progress=progress)):
        raise ModelError('Run cancelled', 'it was stopped before its last window', 'Start it again.')
    clock.lap('infer')
    labels, where = finish(walk, label(walk, inference)), valid(walk)
    clock.lap('label')
    reference = reference_labels(walk, clean)
    comparison = compare_with_reference(
        walk,
        None if isinstance(inference, GivenRun) else inference,
        labels,
        where,
        metrics,
        reference=reference,
        clean=clean,
    )
    clock.lap('compare')
    probabilities = None if isinstance(inference, GivenRun) else inference.probabilities()
    everything = tuple(slice(0, n) for n in case.shape)
    return Result(
        walk,
        image.block(everything),
        labels,
        where,
        probabilities,
        comparison,
        reference,
        clock.times,
        device='cpu' if walk.model is None else walk.model.device,
        precision=precision_of(walk.model),
        messages=_said(walk, inference),
    )


def _said(walk: Walk, inference: InferenceRun | GivenRun) -> tuple[str, ...]:
    """Take the messages out: the next run of the model has nothing to say of them."""
    if isinstance(inference, GivenRun):
        return ()
    said = (*inference.messages, *walk.notices)
    inference.messages.clear()
    return tuple(dict.fromkeys(said))


def stability(result: Result, cancel: Cancel = never) -> Comparison | None:
    """Compare a prediction with that of the same model on the clean image: it needs no reference.

    Warps that carry a reference carry the clean prediction too, so that both lie in one place.

    Parameters
    ----------
    result : Result
        Of a perturbed run.
    cancel : callable, optional

    Returns
    -------
    Comparison or None
        `STABILITY_METRICS` per label; None where neither the image nor what the model was shown was perturbed.
    """
    walk = result.walk
    if not (walk.image_stack or walk.moves_prompts):
        return None
    clean = clean_of(walk.case)
    before = run(walk.case, walk.model, walk.scenario.clean(), clean=clean, cancel=cancel).labels
    return compare_masks(
        perturb_labels(clean, before, walk.frame),
        result.labels,
        spacing=walk.case.geometry.spacing_mm,
        labels=measured_labels(walk),
        settings=walk.scenario.judgement.settings,
        metrics=STABILITY_METRICS,
        valid=result.valid,
        roles=('clean prediction', 'prediction'),
    )


class _Clock:
    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.times[name] = round(1000 * (now - self._last), 3)
        self._last = now
