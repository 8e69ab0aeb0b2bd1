"""Two masks of one label on one grid: what every metric of the pair shares, computed once and only when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from napari_segrobust.compare.surfaces import surface_distances
from napari_segrobust.compare.value import MetricValue, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_segrobust.compare.surfaces import Distances, Surface

T = TypeVar('T')


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
        Predicted probability of the label, on the whole image.
    soft_reference : ndarray of float, shape ([Z,] Y, X), optional
        Share of each voxel, or of the raters, that belongs to the label; on the whole image.
    image : ndarray of float, shape ([Z,] Y, X), optional
        One channel of the image.
    valid : ndarray of bool, shape ([Z,] Y, X), optional
        Voxels that take part; the cropped masks hold no others. None is all of them.
    """

    tp: int
    fp: int
    fn: int
    tn: int
    reference: Surface
    prediction: Surface
    spacing: tuple[float, ...] | None = None
    roles: tuple[str, str] = ('reference', 'prediction')
    probability: NDArray[np.floating[Any]] | None = None
    soft_reference: NDArray[np.floating[Any]] | None = None
    image: NDArray[Any] | None = None
    valid: NDArray[np.bool_] | None = None
    _shared: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def reference_size(self) -> int:
        """Voxels of the reference."""
        return self.tp + self.fn

    @property
    def prediction_size(self) -> int:
        """Voxels of the prediction."""
        return self.tp + self.fp

    @property
    def total(self) -> int:
        """Voxels of the domain."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def domain(self) -> str:
        """Where the numbers are taken from, in words."""
        return domain_of(self.valid)

    @property
    def steps(self) -> tuple[float, ...]:
        """Spacing in `length_unit`."""
        return self.spacing or (1.0,) * self.ndim

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

    @cached_property
    def status(self) -> Status:
        """Which of the masks is empty; ``ok`` when none is."""
        if self.reference_size and self.prediction_size:
            return 'ok'
        if self.reference_size:
            return 'prediction_empty'
        return 'reference_empty' if self.prediction_size else 'both_empty'

    @cached_property
    def reason(self) -> str | None:
        """`status` in words."""
        first, second = self.roles
        words = {
            'both_empty': f'{first} and {second} are empty',
            'reference_empty': f'the {first} is empty',
            'prediction_empty': f'the {second} is empty',
        }
        return words.get(self.status)

    @cached_property
    def box(self) -> tuple[slice, ...]:
        """Smallest box in the image that holds both masks; of no voxels when both are empty."""
        held = [surface.box for surface in (self.reference, self.prediction) if not surface.empty]
        if not held:
            return self.reference.box
        return tuple(
            slice(min(s.start for s in sides), max(s.stop for s in sides)) for sides in zip(*held, strict=True)
        )

    @cached_property
    def masks(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Reference and prediction as masks of `box`."""
        shape = tuple(s.stop - s.start for s in self.box)
        origin = tuple(s.start for s in self.box)
        return _embedded(self.reference, shape, origin), _embedded(self.prediction, shape, origin)

    def whole(self, surface: Surface, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return the reference or the prediction as a mask of the whole image."""
        return _embedded(surface, shape, (0,) * self.ndim)

    def shared(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` returned the first time: an intermediate result of several metrics of this pair."""
        if name not in self._shared:
            self._shared[name] = make()
        return cast('T', self._shared[name])

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
        return surface_distances(self.reference, self.prediction, self.steps)

    def ratio(self, numerator: float, denominator: float, zero: str = 'the denominator is 0') -> MetricValue:
        """Return a pure number; undefined for a denominator of 0, for the reason `zero` unless a mask is empty.

        Whole numbers may be of any size: they are divided exactly.
        """
        if denominator:
            return self.number(numerator / denominator)
        return self.undefined(zero, status='zero_denominator')

    def number(self, value: float, unit: str | None = None) -> MetricValue:
        """Return a number that is defined; an empty mask is named."""
        return MetricValue(float(value), unit, self.status, self.reason)

    def length(self, value: float) -> MetricValue:
        """Return a distance, for two masks that are not empty."""
        return MetricValue(float(value), self.length_unit)

    def no_length(self) -> MetricValue:
        """Return the missing distance to or from an empty mask."""
        return MetricValue(None, self.length_unit, self.status, self.reason)

    def volume(self, voxels: float) -> MetricValue:
        """Return a volume, from a number of voxels."""
        return MetricValue(voxels * self.voxel_volume, self.volume_unit)

    def difference(self, reference: float | None, prediction: float | None, unit: str | None = None) -> MetricValue:
        """Return a quantity of both masks: its difference, prediction minus reference, with both sides.

        Undefined where a side is.
        """
        sides = (reference, prediction)
        if reference is None or prediction is None:
            return MetricValue(None, unit, self.status, self.reason, sides)
        return MetricValue(prediction - reference, unit, self.status, self.reason, sides)

    def undefined(self, reason: str, unit: str | None = None, status: Status = 'not_applicable') -> MetricValue:
        """Return no value, and why; an empty mask is the first reason."""
        if self.status != 'ok':
            return MetricValue(None, unit, self.status, self.reason)
        return MetricValue(None, unit, status, reason)


def domain_of(valid: NDArray[np.bool_] | None) -> str:
    """Where numbers are taken from, in words."""
    return 'whole image' if valid is None else 'inside the valid region'


def _embedded(surface: Surface, shape: tuple[int, ...], origin: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a cropped mask on a box of `shape` at `origin`."""
    mask = np.zeros(shape, bool)
    if not surface.empty:
        mask[tuple(slice(s.start - o, s.stop - o) for s, o in zip(surface.box, origin, strict=True))] = surface.mask
    return mask
