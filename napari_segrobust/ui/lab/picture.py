"""One plane of a pair of masks as runs of voxels and lines between them: what a cell paints. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.lab import DrawnPane

#: Row, first column, and the column after the last, in voxels.
Run = tuple[int, int, int]
#: x and y of both ends, in voxels from the corner of the image.
Line = tuple[int, int, int, int]


@dataclass(frozen=True)
class Plane:
    """Which plane of the masks is looked at: axis, and index along it; axis -1 for masks of two axes.

    `up` draws rows upwards, as a head that stands.
    """

    axis: int = -1
    index: int = 0
    up: bool = False

    def of(self, array: NDArray[Any]) -> NDArray[Any]:
        """The plane of an array, shape (rows, columns)."""
        if self.axis < 0:
            return array
        found = np.take(array, min(self.index, array.shape[self.axis] - 1), self.axis)
        return found[::-1] if self.up else found

    def steps(self, spacing: Sequence[float] | None) -> tuple[float, float]:
        """Height and width of a voxel; 1 without spacing."""
        if spacing is None:
            return 1.0, 1.0
        row, column = (step for axis, step in enumerate(spacing) if axis != self.axis)
        return row, column

    @classmethod
    def telling(cls, panes: Sequence[DrawnPane], axis: int | None = None, up: bool = False) -> Self:
        """The plane in which the pane that shows least shows most; where slices are thick, one that cuts them."""
        first = panes[0].reference
        if first.ndim == 2:
            return cls()
        steps = panes[0].spacing or (1.0,) * 3
        thick = int(np.argmax(steps)) if len(set(steps)) > 1 else None
        axes = [other for other in range(3) if other != thick] if axis is None else [axis]
        best, found = -1, cls(axes[0], first.shape[axes[0]] // 2, up)
        for candidate in axes:
            others = tuple(other for other in range(3) if other != candidate)
            wrong = np.min([(pane.reference != pane.prediction).sum(others) for pane in panes], axis=0)
            if wrong.max() > max(best, 0):
                # The middle one of several: structures are symmetric more often than not.
                equal = np.flatnonzero(wrong == wrong.max())
                best, found = int(wrong.max()), cls(candidate, int(equal[len(equal) // 2]), up)
        return found


@dataclass(frozen=True, eq=False)
class Picture:
    """A plane of a pane.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    steps : tuple of float
        Height and width of a voxel in mm; 1 without spacing.
    both, only_prediction, only_reference : list of Run
        Where the masks agree, and where one is alone.
    reference, prediction : list of Line
        Outlines, along the borders between voxels.
    grey : ndarray of uint8, shape `shape`, or None
        What lies behind the masks: probabilities, or an image.
    """

    shape: tuple[int, int]
    steps: tuple[float, float]
    both: list[Run]
    only_prediction: list[Run]
    only_reference: list[Run]
    reference: list[Line]
    prediction: list[Line]
    grey: NDArray[np.uint8] | None = None

    @classmethod
    def of(cls, pane: DrawnPane, plane: Plane, behind: NDArray[np.uint8] | None = None) -> Self:
        """What a pane shows in a plane, with what lies behind it: its probabilities by default, where it has them."""
        reference, prediction = plane.of(pane.reference) > 0, plane.of(pane.prediction) > 0
        grey = behind
        if grey is None and pane.probability is not None:
            grey = np.ascontiguousarray(np.round(255 * plane.of(pane.probability)).astype(np.uint8))
        rows, columns = reference.shape
        return cls(
            (rows, columns),
            plane.steps(pane.spacing),
            runs(reference & prediction),
            runs(prediction & ~reference),
            runs(reference & ~prediction),
            outline(reference),
            outline(prediction),
            grey,
        )

    @property
    def size(self) -> tuple[float, float]:
        """Height and width in mm; in voxels without spacing."""
        return self.shape[0] * self.steps[0], self.shape[1] * self.steps[1]


def runs(mask: NDArray[np.bool_]) -> list[Run]:
    """Voxels of a mask, row by row.

    Examples
    --------
    >>> runs(np.array([[0, 1, 1], [1, 0, 1]], bool))
    [(0, 1, 3), (1, 0, 1), (1, 2, 3)]
    """
    ends = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(ends == 1)
    stop = np.nonzero(ends == -1)[1]
    return list(zip(row.tolist(), start.tolist(), stop.tolist(), strict=True))


def outline(mask: NDArray[np.bool_]) -> list[Line]:
    """Lines between the voxels of a mask and the others; the edge of the image counts as outside.

    Examples
    --------
    >>> sorted(outline(np.ones((1, 2), bool)))
    [(0, 0, 0, 1), (0, 0, 2, 0), (0, 1, 2, 1), (2, 0, 2, 1)]
    """
    padded = np.pad(mask, 1)
    level = padded[1:, 1:-1] != padded[:-1, 1:-1]
    upright = (padded[1:-1, 1:] != padded[1:-1, :-1]).T
    lines = [(start, y, stop, y) for y, start, stop in runs(level)]
    return lines + [(x, start, x, stop) for x, start, stop in runs(upright)]
