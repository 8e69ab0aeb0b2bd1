"""Two masks of one label on one grid: what every metric of the pair shares, computed once and only when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from napari_segrobust.compare.surfaces import surface_distances
from napari_segrobust.compare.value import MetricValue, Status

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.compare.surfaces import Distances, Surface


@dataclass(frozen=True, eq=False)
class MaskPair:
    """Counts and surfaces of one label in two masks.

    Attributes
    ----------
    tp, fp, fn, tn : int
        Voxels by agreement.
    reference, prediction : Surface
        The masks, cropped.
    spacing : tuple of float or None
        In mm in array order; None when unknown.
    roles : (str, str)
        What the two masks are called in reasons: "reference" and "prediction", or "clean" and "perturbed prediction".
    probability : ndarray of float, shape ([Z,] Y, X), optional
        Predicted probability of the label.
    """

    tp: int
    fp: int
    fn: int
    tn: int
    reference: Surface
    prediction: Surface
    spacing: tuple[float, ...] | None = None
    roles: tuple[str, str] = ('reference', 'prediction')
    probability: NDArray[np.float32] | None = None

    @property
    def reference_size(self) -> int:
        """Voxels of the reference."""
        return self.tp + self.fn

    @property
    def prediction_size(self) -> int:
        """Voxels of the prediction."""
        return self.tp + self.fp

    @property
    def ndim(self) -> int:
        """Number of spatial axes, 2 or 3."""
        return self.reference.mask.ndim

    @property
    def length_unit(self) -> str:
        """Unit of distances."""
        if self.spacing is not None:
            return 'mm'
        return 'voxels' if self.ndim == 3 else 'px'

    @property
    def volume_unit(self) -> str:
        """Unit of volumes; of areas for a 2D image."""
        if self.ndim == 2:
            return 'px^2' if self.spacing is None else 'mm^2'
        return 'voxels' if self.spacing is None else 'ml'

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel in `volume_unit`."""
        if self.spacing is None:
            return 1.0
        return prod(self.spacing) / (1000.0 if self.ndim == 3 else 1.0)

    @property
    def status(self) -> Status:
        """Which of the masks is empty; ``ok`` when none is."""
        if self.reference_size and self.prediction_size:
            return 'ok'
        if self.reference_size:
            return 'prediction_empty'
        return 'reference_empty' if self.prediction_size else 'both_empty'

    @property
    def reason(self) -> str | None:
        """`status` in words."""
        first, second = self.roles
        words = {
            'both_empty': f'{first} and {second} are empty',
            'reference_empty': f'the {first} is empty',
            'prediction_empty': f'the {second} is empty',
        }
        return words.get(self.status)

    @property
    def to_prediction(self) -> Distances:
        """From the border of the reference to that of the prediction; neither mask may be empty."""
        return self._distances[0]

    @property
    def to_reference(self) -> Distances:
        """From the border of the prediction to that of the reference; neither mask may be empty."""
        return self._distances[1]

    @cached_property
    def _distances(self) -> tuple[Distances, Distances]:
        return surface_distances(self.reference, self.prediction, self.spacing or (1.0,) * self.ndim)

    def ratio(self, numerator: float, denominator: float) -> MetricValue:
        """Return a pure number; undefined for a denominator of 0. An empty mask is named either way."""
        if denominator:
            return MetricValue(float(numerator / denominator), None, self.status, self.reason)
        if self.status == 'ok':
            return MetricValue(None, None, 'zero_denominator', 'the denominator is 0')
        return MetricValue(None, None, self.status, self.reason)

    def length(self, value: float) -> MetricValue:
        """Return a distance, for two masks that are not empty."""
        return MetricValue(float(value), self.length_unit)

    def no_length(self) -> MetricValue:
        """Return the missing distance to or from an empty mask."""
        return MetricValue(None, self.length_unit, self.status, self.reason)

    def volume(self, voxels: float) -> MetricValue:
        """Return a volume, from a number of voxels."""
        return MetricValue(voxels * self.voxel_volume, self.volume_unit)
