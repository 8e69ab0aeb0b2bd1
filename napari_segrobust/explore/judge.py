"""How the masks of one request are compared, and what is kept of the baseline for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_segrobust.compare import compare
from napari_segrobust.judging import gather
from napari_segrobust.pipeline import STABILITY_METRICS, GivenRun

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.compare import Comparison, ErrorItems, MetricSettings, PreparedReference
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
    """

    prepared: PreparedReference | None
    valid: NDArray[np.bool_] | None
    spacing: tuple[float, ...] | None
    labels: list[int]
    settings: MetricSettings
    metrics: tuple[str, ...]
    axis: int | None

    def accuracy(
        self, labels: NDArray[Any], walk: Walk, run: InferenceRun | GivenRun, block: Block | None
    ) -> Comparison | None:
        """Labels of a block, in this plane, against the reference; None where there is none."""
        if self.prepared is None:
            return None
        evidence = gather(walk, None if isinstance(run, GivenRun) else run, self.metrics, block)
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
    """The baseline's labels on one plane, or on the whole, with their surfaces, accuracy and, of the whole, errors."""

    labels: NDArray[Any]
    prepared: PreparedReference
    accuracy: Comparison | None
    items: ErrorItems | None

    @property
    def nbytes(self) -> int:
        """Bytes held, for the cache."""
        # The surfaces of all labels together take about as much as two masks.
        return 3 * self.labels.nbytes + (0 if self.items is None else self.items.nbytes)


@dataclass(frozen=True, eq=False)
class Bare:
    """Accuracy without remedies on one plane, or on the whole."""

    accuracy: Comparison | None

    @property
    def nbytes(self) -> int:
        """Bytes held, for the cache: the masks that the comparison keeps."""
        return 0 if self.accuracy is None else 2 * self.accuracy.reference.nbytes
