"""A reference that is compared with many predictions: what depends on it alone is computed once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.counts import as_labels
from napari_segrobust.compare.surfaces import Surface

if TYPE_CHECKING:
    from numpy.typing import NDArray


class PreparedReference:
    """A reference mask with its surfaces per label, and the same for its slices; filled on demand.

    Parameters
    ----------
    reference : ndarray of int or bool, shape ([Z,] Y, X)
        Must not change afterwards.
    spacing : sequence of float, optional
        In mm in array order.
    valid : ndarray of bool, same shape, optional
        Voxels that take part.
    """

    def __init__(
        self, reference: NDArray[Any], spacing: tuple[float, ...] | None = None, valid: NDArray[np.bool_] | None = None
    ) -> None:
        self.reference = as_labels(reference, 'reference')
        self.spacing = None if spacing is None else tuple(float(s) for s in spacing)
        self.valid = valid
        self._surfaces: dict[int, Surface] = {}
        self._slices: dict[tuple[int, int], PreparedReference] = {}

    @cached_property
    def total(self) -> int:
        """Voxels that take part."""
        return self.reference.size if self.valid is None else int(np.count_nonzero(self.valid))

    def surface(self, label: int, planes: slice = slice(None)) -> Surface:
        """Surface of a label; `planes` says where along axis 0 it can be at all."""
        if label not in self._surfaces:
            self._surfaces[label] = Surface.of(self.reference, label, planes, self.valid)
        return self._surfaces[label]

    def slice(self, index: int, axis: int = 0) -> PreparedReference:
        """Return the prepared 2D reference of one slice; kept."""
        key = (index, axis)
        if key not in self._slices:
            spacing = None if self.spacing is None else self.spacing[:axis] + self.spacing[axis + 1 :]
            valid = None if self.valid is None else np.ascontiguousarray(np.take(self.valid, index, axis))
            self._slices[key] = PreparedReference(
                np.ascontiguousarray(np.take(self.reference, index, axis)), spacing, valid
            )
        return self._slices[key]
