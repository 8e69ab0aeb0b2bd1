"""How far noise moves the maps inside a network: relative change of encoder, skip and decoder against severity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted, cancellable, checkpoint
from napari_segrobust.errors import ModelError, PerturbationError
from napari_segrobust.inside.look import look_at
from napari_segrobust.inside.points import Point, find_points, watch
from napari_segrobust.judging import clean_of
from napari_segrobust.perturbed import PerturbedImage
from napari_segrobust.pipeline import never
from napari_segrobust.segment.altered.twin import own_network, twin
from napari_segrobust.segment.answers import model_failed
from napari_segrobust.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.context.plan import Window
    from napari_segrobust.inside.look import Look
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.scenario import Scenario
    from napari_segrobust.segment.module import TorchSegmenter
    from napari_segrobust.segment.protocols import ImageSource, WholeSegmenter, WindowSegmenter

#: Windows of a slice that are taken in, at most, those nearest to the voxel first.
MOST_WINDOWS = 16
DEFAULT_SEVERITIES = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)


@dataclass(frozen=True, eq=False)
class ActivationChange:
    """Relative change of the maps inside one model against the severity of one perturbation.

    Attributes
    ----------
    model : str
    perturbation : str
        Name of the entry whose severity moves.
    points : tuple of Point
    severities : tuple of float
    values : ndarray, shape (points, severities), float64
        ``||a(perturbed) - a(clean)|| / ||a(clean)||``, Euclidean over channels, voxels and windows; NaN where the
        clean map is 0 everywhere.
    place : str
        Where it was measured: "slice 94 of axis 0", "window 48 to 112 x ...".
    windows : int
        How many windows it was measured on.
    """

    model: str
    perturbation: str
    points: tuple[Point, ...]
    severities: tuple[float, ...]
    values: NDArray[np.float64]
    place: str
    windows: int

    def of(self, kind: str, level: int) -> NDArray[np.float64] | None:
        """Values (severities) of the first point of a kind and level; None where there is none."""
        found = [i for i, point in enumerate(self.points) if (point.kind, point.level) == (kind, level)]
        return self.values[found[0]] if found else None

    def to_dict(self) -> dict[str, Any]:
        """Numbers for other programs; NaN becomes None."""
        return {
            'model': self.model,
            'perturbation': self.perturbation,
            'place': self.place,
            'windows': self.windows,
            'severities': list(self.severities),
            'points': [
                {
                    'kind': point.kind,
                    'level': point.level,
                    'module': point.module,
                    'channels': point.channels,
                    'shape': list(point.shape),
                    'relative_change': [None if np.isnan(v) else float(v) for v in row],
                }
                for point, row in zip(self.points, self.values, strict=True)
            ],
        }


def activation_change(
    case: Case,
    model: WindowSegmenter | WholeSegmenter,
    scenario: Scenario,
    severities: Sequence[float] = DEFAULT_SEVERITIES,
    *,
    voxel: Sequence[int] | None = None,
    focus: int = -1,
    cancel: Callable[[], bool] = never,
    progress: Callable[[int, int], None] | None = None,
) -> ActivationChange:
    """Measure how far a perturbation moves the maps inside a network.

    Parameters
    ----------
    case : Case
    model : TorchSegmenter
        From `load_model`: a PyTorch network whose layers can be reached.
    scenario : Scenario
        Its context counts, and its perturbations: that of `focus` takes the severities, the others keep theirs. What
        is held against them is the clean image.
    severities : sequence of float
        From 0 to 5.
    voxel : sequence of int, optional
        A network in 3D is measured on the one window around it, a network in 2D on all windows of its slice; default
        is the middle of the image.
    focus : int
        Place of the entry whose severity moves.
    cancel, progress : callable, optional
        Asked before each layer, told after each severity.

    Returns
    -------
    ActivationChange

    Raises
    ------
    ModelError
        Its layers cannot be reached, or `cancel` answered True.
    PerturbationError
        There is nothing to perturb with.
    ContextError
        The voxel lies outside the context box.

    Notes
    -----
    Clean and perturbed window pass the network side by side, and of each map two sums are kept: memory is that of one
    window more. Blocks of Kamath et al. (MICCAI 2023) are compared so: what of the noise reaches the decoder, and by
    which way.
    """
    measured = measure_change(case, model, scenario, severities, voxel=voxel, focus=focus)
    source = clean_of(case)
    try:
        with cancellable(cancel):
            for done, severity in enumerate(severities, 1):
                stack = measured.stack(severity)
                measured.add(severity, PerturbedImage(case, stack, source))
                if progress is not None:
                    progress(done, len(severities))
    except Interrupted:
        raise ModelError(
            'Measurement cancelled', 'it was stopped before its last severity', 'Start it again.'
        ) from None
    return measured.result()


class Measurement:
    """A measurement under way: severities one after the other, in any order; `measure_change` makes it.

    Attributes
    ----------
    points : tuple of Point
    """

    def __init__(self, walk: Walk, look: Look, focus: int, place: str) -> None:
        self._walk, self._look, self._focus, self._place = walk, look, focus, place
        self._network: TorchSegmenter = own_network(look.model, f'No look inside {look.model.spec.name}')
        self.points = find_points(self._network.module, look.model.spec.channels, look.shape)
        self._windows = _windows(look)
        self._sums: dict[tuple[bool, str, int], list[float]] = {}
        self._found: dict[float, list[float]] = {}
        self._watched = twin(self._network.module)
        watch(self._watched, self.points, self._see)

    def stack(self, severity: float) -> tuple[Perturbation, ...]:
        """What acts on the image at a severity."""
        return at_severity(self._walk, self._focus, severity).image_stack

    def add(self, severity: float, image: ImageSource) -> None:
        """Measure one severity on the image seen through its `stack`.

        Raises
        ------
        ModelError
            The network failed.
        Interrupted
            At a checkpoint, where nobody waits any more; what is done stays done.
        """
        clean = self._look
        look = look_at(clean.model, image, self._walk.scenario.context, _case_voxel(clean))
        self._sums = {point.key: [0.0, 0.0] for point in self.points}
        for window in self._windows:
            checkpoint()
            pair = np.stack([clean.runner.input(window), look.runner.input(window)])
            run_watched(self._network, self._watched, pair)
        self._found[severity] = [
            float(np.sqrt(change / before)) if before > 0 else float('nan') for change, before in self._sums.values()
        ]

    def _see(self, point: Point, maps: torch.Tensor) -> None:
        import torch

        clean, perturbed = maps[0].float(), maps[1].float()
        sums = self._sums[point.key]
        sums[0] += float(torch.linalg.vector_norm(perturbed - clean, dtype=torch.float64)) ** 2
        sums[1] += float(torch.linalg.vector_norm(clean, dtype=torch.float64)) ** 2

    def result(self) -> ActivationChange:
        """What was measured so far, in order of severity."""
        severities = tuple(sorted(self._found))
        values = np.array([self._found[s] for s in severities], np.float64).reshape(len(severities), len(self.points)).T
        entry = self._walk.scenario.perturbations[self._focus]
        return ActivationChange(
            self._look.model.spec.name, entry.name, self.points, severities, values, self._place, len(self._windows)
        )


def measure_change(
    case: Case,
    model: WindowSegmenter | WholeSegmenter | None,
    scenario: Scenario,
    severities: Sequence[float],
    *,
    voxel: Sequence[int] | None = None,
    focus: int = -1,
) -> Measurement:
    """Begin a measurement, as `activation_change` does; nothing has been run yet.

    Raises
    ------
    ModelError, PerturbationError, ContextError
        As in `activation_change`.
    """
    if not scenario.perturbations:
        raise PerturbationError('Nothing to measure', 'no perturbation is given', 'Add one.')
    if not severities or not all(0 <= one <= 5 for one in severities):
        raise PerturbationError('Severities unusable', f'{list(severities)}', 'Give numbers from 0 to 5.')
    own_network(model, 'No look inside a given mask' if model is None else f'No look inside {model.spec.name}')
    # Remedies stay: what they take away of the noise is part of what the network is given.
    clean = Walk(case, model, scenario.model_copy(update={'perturbations': ()}))
    walk = Walk(case, model, scenario)
    middle = tuple(n // 2 for n in case.shape)
    box = scenario.context.box
    if voxel is None:
        voxel = middle if box is None else tuple((lo + hi) // 2 for lo, hi in box)
    look = look_at(model, PerturbedImage(case, clean.image_stack, clean_of(case)), scenario.context, voxel)
    return Measurement(walk, look, focus % len(scenario.perturbations), _place(look, voxel))


def at_severity(walk: Walk, focus: int, severity: float) -> Walk:
    """The same walk with another severity of one entry, which is switched on."""
    stack = list(walk.scenario.perturbations)
    stack[focus] = stack[focus].model_copy(update={'severity': severity, 'enabled': True})
    return replace(walk, scenario=walk.scenario.model_copy(update={'perturbations': tuple(stack)}))


def run_watched(network: TorchSegmenter, watched: torch.nn.Module, windows: NDArray[np.float32]) -> None:
    """Run a watched twin on windows (B, C, *spatial) in float32.

    Raises
    ------
    ModelError
        The network failed.
    """
    import torch

    try:
        with torch.inference_mode():
            watched(network.prepared(torch.from_numpy(windows)))
    except Interrupted:
        raise
    except Exception as error:  # a network is foreign code and may raise anything
        raise model_failed(error, network.spec) from error


def _case_voxel(look: Look) -> tuple[float, ...]:
    places = (o + s * v for o, s, v in zip(look.grid.origin, look.grid.scale, look.voxel, strict=True))
    return tuple(min(max(round(p), 0), n - 1) for p, n in zip(places, look.grid.case_shape, strict=True))


def _windows(look: Look) -> list[Window]:
    """All windows of the slice, for a network that runs slice by slice; else the one around the voxel."""
    if look.plan.slice_axis is None and len(look.plan.shape) == 3:
        return [look.window]
    axis = look.plan.slice_axis
    block = tuple(
        slice(v, v + 1) if i == axis else slice(0, n)
        for i, (v, n) in enumerate(zip(look.voxel, look.plan.shape, strict=True))
    )
    return look.plan.ordered(block, look.voxel)[:MOST_WINDOWS]


def _place(look: Look, voxel: Sequence[int]) -> str:
    if look.plan.slice_axis is not None:
        return f'slice {voxel[look.plan.slice_axis]} of axis {look.plan.slice_axis}'
    if len(look.plan.shape) == 2:
        return 'the image' if len(look.plan) <= MOST_WINDOWS else f'{MOST_WINDOWS} windows'
    return 'window ' + ' x '.join(f'{lo + 0.5:g} to {hi + 0.5:g}' for lo, hi in look.on_case(look.seen))
