"""What a comparison gives: error map, metrics per label, numbers over all labels, list of errors; and its JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.items import ErrorItems, list_errors
from napari_segrobust.compare.maps import error_map
from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.compare.pair import domain_of
from napari_segrobust.compare.value import MetricValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.compare.counts import LabelCounts
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.geometry import GridGeometry

_SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Comparison:
    """What came out of `compare`.

    Attributes
    ----------
    reference, prediction : ndarray of int, shape ([Z,] Y, X)
    labels : tuple of int
    metrics : mapping of label to mapping of key to MetricValue
    together : mapping
        Values over all labels; see `napari_segrobust.compare.together.together`.
    pairs : mapping of label to MaskPair
        Counts, surfaces and distances that the metrics share.
    counts : LabelCounts
    settings : MetricSettings
    spacing : tuple of float or None
    valid : ndarray of bool or None
    roles : (str, str)
        What the two masks are called.
    """

    reference: NDArray[Any]
    prediction: NDArray[Any]
    labels: tuple[int, ...]
    metrics: Mapping[int, Mapping[str, MetricValue]]
    together: Mapping[str, Any]
    pairs: Mapping[int, MaskPair]
    counts: LabelCounts
    settings: MetricSettings
    spacing: tuple[float, ...] | None
    valid: NDArray[np.bool_] | None
    roles: tuple[str, str]

    @cached_property
    def error_map(self) -> NDArray[np.uint8]:
        """`ErrorCode` per voxel; of the one label when one was asked for, else of all labels."""
        label = self.labels[0] if len(self.labels) == 1 else None
        return error_map(self.reference, self.prediction, self.valid, label)

    @cached_property
    def items(self) -> ErrorItems:
        """The list of errors to work through; ``items.above(floor)`` drops the small ones."""
        return list_errors(self.pairs.items(), self.settings.tolerance_mm, self.reference.shape)

    @property
    def units(self) -> tuple[str, str]:
        """Units of lengths and of volumes (of areas in 2D)."""
        if self.reference.ndim == 3:
            return ('mm', 'ml') if self.spacing else ('voxels', 'voxels')
        return ('mm', 'mm^2') if self.spacing else ('px', 'px^2')

    @property
    def chips(self) -> dict[str, str]:
        """Words that belong beside each number: its convention, and its domain where it depends on that."""
        specs = metric_specs()
        found = {}
        for key in dict.fromkeys(key for values in self.metrics.values() for key in values):
            domain = domain_of(self.valid) if specs[key].domain_dependent else ''
            found[key] = ', '.join(filter(None, (specs[key].chip(self.settings, *self.units), domain)))
        return {key: chip for key, chip in found.items() if chip}

    @property
    def nbytes(self) -> int:
        """Bytes of the prediction; the reference belongs to someone else, pairs are not counted."""
        return self.prediction.nbytes

    def without_pairs(self) -> Comparison:
        """Return the same numbers without surfaces and distances, which take many times the room of the masks."""
        return replace(self, pairs={})

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers should know."""
        steps = [
            s for s, n in zip(self.spacing or (1.0,) * self.reference.ndim, self.reference.shape, strict=True) if n > 1
        ]
        largest = max(steps, default=0.0)
        unit = self.units[0]
        if self.settings.tolerance_mm >= largest:
            return ()
        return (
            f'the tolerance of {self.settings.tolerance_mm:g} {unit} is below the largest spacing, {largest:g} {unit}: '
            'a shift by one voxel counts as an error',
        )

    def to_dict(self, geometry: GridGeometry | None = None) -> dict[str, Any]:
        """JSON-ready form: no NaN, no infinity; keys of labels are strings."""
        return {
            'schema': _SCHEMA,
            'geometry': self._geometry(geometry),
            'conventions': self._conventions(),
            'labels': {
                str(label): {key: value.to_dict() for key, value in values.items()}
                for label, values in self.metrics.items()
            },
            'together': {
                key: value.to_dict() if isinstance(value, MetricValue) else value
                for key, value in self.together.items()
            },
            'slices': self._slices(),
        }

    def _geometry(self, geometry: GridGeometry | None) -> dict[str, Any]:
        spacing = self.spacing if geometry is None else geometry.spacing_mm
        volume = None if spacing is None or len(spacing) != 3 else float(np.prod(spacing)) / 1000.0
        letters = None if geometry is None else geometry.letters
        return {
            'shape': list(self.reference.shape),
            'spacing_mm': None if spacing is None else list(spacing),
            'affine': None if geometry is None else geometry.affine.tolist(),
            'orientation': None if letters is None else ''.join(end for _, end in letters),
            'voxel_ml': volume,
        }

    def _conventions(self) -> dict[str, Any]:
        return {
            'pair': list(self.roles),
            'domain': domain_of(self.valid),
            'domain_voxels': self.counts.total,
            'surface': 'inner-border voxels (4 or 6 neighbours), outside the image is background',
            **asdict(self.settings),
            'error_weights': list(self.settings.error_weights),
            'hd95': 'larger of the two directed 95th percentiles, linear interpolation',
            'empty_masks': 'overlaps (dice, iou, nsd, boundary_iou) are 0 when one mask is empty, null when both are; '
            'distances are null',
            'differences': f'{self.roles[1]} minus {self.roles[0]}',
            'metrics': self.chips,
            'warnings': list(self.warnings),
        }

    def _slices(self) -> dict[str, Any]:
        if self.reference.ndim != 3:
            return {'axis': None, 'labels': {}}
        counts = self.counts
        sizes = counts.slice_reference + counts.slice_prediction
        dice = np.divide(2.0 * counts.slice_overlap, sizes, out=np.full(sizes.shape, -1.0), where=sizes > 0)
        return {
            'axis': 0,
            'labels': {
                str(label): {
                    'dice': [None if value < 0 else value for value in dice[:, i].tolist()],
                    'reference_voxels': counts.slice_reference[:, i].tolist(),
                    'prediction_voxels': counts.slice_prediction[:, i].tolist(),
                }
                for i, label in enumerate(counts.labels)
            },
        }
