"""A line for every window again: this time of what each window alone predicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.windows.table import WindowTable
    from napari_segrobust.windows.wanted import Wanted


@dataclass(frozen=True, eq=False)
class AloneTable:
    """Numbers of every window that has been asked.

    Attributes
    ----------
    table : WindowTable
        With what each window alone predicts as its prediction; of a window that was not asked it says nothing.
    asked : ndarray (N,), bool
        Windows that have answered.
    changed : ndarray (N,), int64
        Voxels of the label that the window alone labels otherwise than all windows together; -1 where nobody knows.
    """

    table: WindowTable
    asked: NDArray[np.bool_]
    changed: NDArray[np.int64]

    @property
    def dice(self) -> NDArray[np.float64]:
        """(N,): Dice of the window alone against the reference; NaN where undefined, or not asked."""
        return np.where(self.asked, self.table.dice, np.nan)


class AloneCollector:
    """Counts what single windows predict; a `napari_segrobust.windows.answers.Collector`.

    Parameters
    ----------
    table : WindowTable
        Of the same windows, on the grid of the model: its reference counts are kept.
    spec : ModelSpec
    wanted : Wanted
        The label of the table.
    reference, stitched : ndarray of int (*spatial), optional
        On the grid of the model; the stitched prediction is what `AloneTable.changed` is counted against.
    """

    def __init__(
        self,
        table: WindowTable,
        spec: ModelSpec,
        wanted: Wanted,
        reference: NDArray[Any] | None = None,
        stitched: NDArray[Any] | None = None,
    ) -> None:
        self._table, self._spec, self._wanted = table, spec, wanted
        self._reference = None if reference is None else wanted.chosen(reference)
        self._stitched = None if stitched is None else wanted.chosen(stitched)
        self.clear()

    def clear(self) -> None:
        """Forget all answers."""
        count = len(self._table)
        self._asked = np.zeros(count, bool)
        self._predicted, self._shared = (np.zeros(count, np.int64) for _ in range(2))
        self._changed = np.full(count, -1, np.int64)

    def add(self, window: Window, part: Block, probabilities: NDArray[np.float32]) -> None:
        """Take the answer (K, *part) of one window."""
        own, index = self._wanted.chosen(self._wanted.labels(probabilities, self._spec)), window.index
        self._asked[index] = True
        self._predicted[index] = np.count_nonzero(own)
        if self._reference is not None:
            self._shared[index] = np.count_nonzero(own & self._reference[part])
        if self._stitched is not None:
            self._changed[index] = np.count_nonzero(own != self._stitched[part])

    def result(self) -> AloneTable:
        """Numbers so far."""
        known = self._reference is not None
        table = replace(
            self._table,
            reference_voxels=self._table.reference_voxels if known else None,
            prediction_voxels=self._predicted.copy(),
            shared_voxels=self._shared.copy() if known else None,
        )
        return AloneTable(table, self._asked.copy(), self._changed.copy())
