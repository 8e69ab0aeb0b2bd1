"""Which member moves an ensemble's result most: the result with and without each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import compare
from napari_segrobust.context.record import Context
from napari_segrobust.errors import ModelError
from napari_segrobust.segment.ensemble import fitted
from napari_segrobust.segment.ensemble_run import EnsembleRun
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.post import finish_labels, size_unit
from napari_segrobust.segment.prediction import labels_from
from napari_segrobust.segment.source import ArraySource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter


@dataclass(frozen=True)
class LeftOut:
    """What becomes of an ensemble's result without one member.

    Attributes
    ----------
    name : str
        Of the member.
    dice : dict of int to float or None
        By label, between the results with and without it; 1 where it changes nothing, None where both are empty.
    volume_change : dict of int to float
        By label, without it minus with it, in `unit`.
    unit : str
        "ml", "mm²", "voxels" or "px²".
    reference_dice : dict of int to (float or None, float or None)
        By label, of all and without it, against the reference; empty where there is none.
    """

    name: str
    dice: dict[int, float | None]
    volume_change: dict[int, float]
    unit: str
    reference_dice: dict[int, tuple[float | None, float | None]]

    @property
    def moved(self) -> float:
        """1 minus the mean Dice over labels: how far the member moves the result."""
        return self.moved_in(None)

    def moved_in(self, label: int | None) -> float:
        """The same for one label; for all where it is None, or none that was measured."""
        chosen = [self.dice[label]] if label in self.dice else self.dice.values()
        known = [value for value in chosen if value is not None]
        return 1.0 - float(np.mean(known)) if known else 0.0


def leave_one_out(
    case: Case,
    ensemble: WindowSegmenter | WholeSegmenter,
    *,
    context: Context | None = None,
    reference: str | None = None,
    label_map: dict[int, int] | None = None,
) -> list[LeftOut]:
    """Leave each member of an ensemble out once; networks run once all the same.

    Parameters
    ----------
    case : Case
    ensemble : Ensemble
        From `load_model`; it needs two members that can take the case.
    context : Context, optional
        What the models may see.
    reference : str, optional
        Name of a reference of the case to measure against too.
    label_map : dict of int to int, optional
        Class of the ensemble to label of the reference; None keeps the classes.

    Returns
    -------
    list of LeftOut
        The member that moves the result most comes first.

    Raises
    ------
    ModelError
        No ensemble, or one member alone.

    Examples
    --------
    >>> first, *_ = leave_one_out(case, load_model('majority of a + b + c'))  # doctest: +SKIP
    >>> first.name, first.moved  # doctest: +SKIP
    """
    source = ArraySource(case.image, case.geometry.spacing, case.geometry.has_spacing)
    run = start_inference(fitted(ensemble, source), source, context or Context())
    if not isinstance(run, EnsembleRun):
        raise ModelError('Nothing to leave out', f'{ensemble.spec.name} is no ensemble', 'Load an ensemble.')
    run.advance(*run.pending())
    spacing = case.geometry.spacing_mm

    def labels_of(one: EnsembleRun) -> NDArray[Any]:
        spec = one.model.spec
        labels = labels_from(one.probabilities(), spec, label_map=label_map)
        return finish_labels(labels, spec.post, spacing)

    measured = range(1, len(run.model.classes) + (0 if run.model.spec.has_background_channel else 1))
    values = sorted({label_map.get(k, 0) for k in measured} - {0}) if label_map is not None else list(measured)
    truth = None if reference is None else case.references[reference]
    return members_moved(run, labels_of, values, spacing, truth, run.valid())


def members_moved(
    run: EnsembleRun,
    labels_of: Callable[[EnsembleRun], NDArray[Any]],
    values: Sequence[int],
    spacing: tuple[float, ...] | None,
    reference: NDArray[Any] | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> list[LeftOut]:
    """The same for a run whose windows are done.

    Parameters
    ----------
    run : EnsembleRun
    labels_of : callable
        Labels (*spatial) of a run, as they are judged.
    values : sequence of int
        Labels that are measured.
    spacing : tuple of float or None
        In mm, array order.
    reference : ndarray (*spatial), optional
    valid : ndarray (*spatial) of bool, optional
        Where numbers are taken from; None is everywhere.

    Raises
    ------
    ModelError
        One member alone.
    """
    members = run.model.present
    if len(members) < 2:
        raise ModelError('Nothing to leave out', f'{run.model.spec.name} has one member', 'Take at least two.')
    everyone = labels_of(run)
    before = _dice(reference, everyone, values, spacing, valid)
    unit = size_unit(everyone.ndim, spacing)
    one = 1.0 if spacing is None else float(np.prod(spacing)) / (1000 if everyone.ndim == 3 else 1)
    found = []
    for member in members:
        others = labels_of(run.without(member.name))
        now = _dice(reference, others, values, spacing, valid)
        found.append(
            LeftOut(
                member.name,
                _dice(everyone, others, values, spacing, valid),
                {value: one * (_count(others, value, valid) - _count(everyone, value, valid)) for value in values},
                unit,
                {value: (before[value], now[value]) for value in before},
            )
        )
    return sorted(found, key=lambda left: -left.moved)


def _dice(
    truth: NDArray[Any] | None,
    labels: NDArray[Any],
    values: Sequence[int],
    spacing: tuple[float, ...] | None,
    valid: NDArray[np.bool_] | None,
) -> dict[int, float | None]:
    if truth is None:
        return {}
    found = compare(truth, labels, spacing=spacing, labels=list(values), metrics=('dice',), valid=valid)
    numbers = {value: found.metrics[value]['dice'].value for value in values}
    return {value: float(n) if isinstance(n, int | float) else None for value, n in numbers.items()}


def _count(labels: NDArray[Any], value: int, valid: NDArray[np.bool_] | None) -> int:
    inside = labels == value
    return int(np.count_nonzero(inside if valid is None else inside & valid))
