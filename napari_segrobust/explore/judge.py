"""How the masks of one request are compared, and what is kept of the baseline for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_segrobust.compare import PreparedReference, compare
from napari_segrobust.explore.planes import flat
from napari_segrobust.judging import gather, reference_labels
from napari_segrobust.perturb import perturb_labels
from napari_segrobust.pipeline import STABILITY_METRICS, GivenRun

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.compare import Comparison, ErrorItems, MetricSettings
    from napari_segrobust.explore.resolve import LaneRequest
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.perturb import Clean
    from napari_segrobust.pipeline import Block
    from napari_segrobust.segment.protocols import InferenceRun
    from napari_segrobust.walk import Walk


@dataclass(frozen=True, eq=False)
class Judge:
    """How masks are compared on one plane, or on the whole.

    Attributes
    ----------
    prepared : PreparedReference or None
        None where there is no reference.
    valid : ndarray of bool or None
        Where numbers are taken from; None is everywhere.
    spacing : tuple of float or None
        In mm in array order.
    labels : list of int
        Those that are measured.
    settings : MetricSettings
    metrics : tuple of str
        Keys to compute against the reference.
    axis : int or None
        The axis that was sliced; None for the whole, and in 2D.
    clean : Clean
        Of the case, for what warps carry along.
    """

    prepared: PreparedReference | None
    valid: NDArray[np.bool_] | None
    spacing: tuple[float, ...] | None
    labels: list[int]
    settings: MetricSettings
    metrics: tuple[str, ...]
    axis: int | None
    clean: Clean

    def accuracy(
        self, labels: NDArray[Any], walk: Walk, run: InferenceRun | GivenRun, block: Block | None
    ) -> Comparison | None:
        """Labels of a block, in this plane, against the reference; None where there is none."""
        if self.prepared is None:
            return None
        evidence = gather(walk, None if isinstance(run, GivenRun) else run, self.metrics, block, self.clean)
        evidence = evidence if self.axis is None else evidence.across(self.axis)
        return compare(
            self.prepared.reference,
            labels,
            labels=self.labels,
            settings=self.settings,
            metrics=self.metrics,
            prepared=self.prepared,
            probability=evidence.probability,
            soft_reference=evidence.soft_reference,
            image=evidence.image,
        )

    def items(self, against: PreparedReference, labels: NDArray[Any]) -> ErrorItems:
        """List the errors of labels against a reference, and measure nothing."""
        return compare(
            against.reference, labels, labels=self.labels, settings=self.settings, metrics=(), prepared=against
        ).items

    def stability(self, before: PreparedReference, labels: NDArray[Any]) -> Comparison:
        """Labels against those of the baseline."""
        return compare(
            before.reference,
            labels,
            labels=self.labels,
            settings=self.settings,
            metrics=STABILITY_METRICS,
            prepared=before,
            roles=('baseline prediction', 'prediction'),
        )


@dataclass(frozen=True, eq=False)
class Baseline:
    """The baseline's labels on one plane, or on the whole, with their surfaces, accuracy and, of the whole, errors.

    Attributes
    ----------
    labels : ndarray
    prepared : PreparedReference
        The labels with their surfaces: other predictions are held against them.
    against : PreparedReference or None
        The baseline's own reference; None where there is none.
    accuracy : Comparison or None
        None without a reference, and where the baseline was brought to where a warp moved the lane.
    items : ErrorItems or None
    """

    labels: NDArray[Any]
    prepared: PreparedReference
    against: PreparedReference | None
    accuracy: Comparison | None
    items: ErrorItems | None

    @property
    def reference(self) -> NDArray[Any] | None:
        """Voxels of the baseline's own reference."""
        return None if self.against is None else self.against.reference

    @property
    def nbytes(self) -> int:
        """Bytes held, for the cache."""
        # The surfaces of all labels together take about as much as two masks.
        return 3 * self.labels.nbytes + (0 if self.items is None else self.items.nbytes)


def brought(
    judge: Judge, lane: LaneRequest, labels: NDArray[Any], plane: Plane | None, block: Block | None
) -> Baseline:
    """Bring the baseline of a lane to where a warp moved the lane: its labels, and its reference with them.

    Parameters
    ----------
    judge : Judge
        Of the lane.
    lane : LaneRequest
        Its baseline does not move.
    labels : ndarray (*spatial)
        The whole prediction of the baseline.
    plane, block
        What is wanted; the whole when None.
    """

    def moved(mask: NDArray[Any]) -> NDArray[Any]:
        return flat(perturb_labels(judge.clean, mask, lane.now.frame, block=block), plane)

    there, against = moved(labels), judge.prepared
    own = reference_labels(lane.baseline, judge.clean)
    if own is not None and (lane.now.reference_stack != lane.now.frame or lane.baseline.reference_stack):
        against = PreparedReference(moved(own), judge.spacing, judge.valid)
    items = None if plane is not None or against is None else judge.items(against, there)
    return Baseline(there, PreparedReference(there, judge.spacing, judge.valid), against, None, items)
