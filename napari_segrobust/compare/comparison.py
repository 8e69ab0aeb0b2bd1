"""Compare two label masks: error map, metrics per label, numbers over all labels, list of errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.counts import LabelCounts, as_labels, count_labels
from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.items import ErrorItems, list_errors
from napari_segrobust.compare.maps import error_map
from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.compare.pair import MaskPair
from napari_segrobust.compare.prepared import PreparedReference
from napari_segrobust.compare.spec import MetricSettings, MetricSpec
from napari_segrobust.compare.surfaces import Surface
from napari_segrobust.compare.together import together
from napari_segrobust.compare.value import MetricValue
from napari_segrobust.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

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
        steps = self.spacing or (1.0,) * self.reference.ndim
        extent = float(np.linalg.norm(np.multiply(self.reference.shape, steps)))
        return list_errors(self.pairs.items(), self.settings.tolerance_mm, extent)

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
        unit = 'mm' if self.spacing else 'voxels' if self.reference.ndim == 3 else 'px'
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
            'domain': 'whole image' if self.valid is None else 'inside the valid region',
            'surface': 'inner-border voxels (4 or 6 neighbours), outside the image is background',
            'tolerance_mm': self.settings.tolerance_mm,
            'hd95': 'larger of the two directed 95th percentiles, linear interpolation',
            'empty_masks': 'dice, iou and nsd are 0 when one mask is empty and null when both are; distances are null',
            'differences': f'{self.roles[1]} minus {self.roles[0]}',
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


def compare(
    reference: NDArray[Any],
    prediction: NDArray[Any],
    spacing: Sequence[float] | None = None,
    labels: Sequence[int] | None = None,
    probability: NDArray[np.float32] | None = None,
    tolerance_mm: float = 2.0,
    metrics: Sequence[str] | None = None,
    valid: NDArray[np.bool_] | None = None,
    prepared: PreparedReference | None = None,
    roles: tuple[str, str] = ('reference', 'prediction'),
) -> Comparison:
    """Compare a prediction with a reference, or any mask with another.

    Parameters
    ----------
    reference, prediction : ndarray of int or bool, shape ([Z,] Y, X)
        Label masks on one grid; 0 is background.
    spacing : sequence of float, optional
        In mm in array order. Without it lengths are in voxels (3D) or pixels (2D), never in mm.
    labels : sequence of int, optional
        Labels to compare, each against everything else. All that occur in either mask when None.
    probability : ndarray of float, shape (L, [Z,] Y, X), optional
        Predicted probability of each of `labels`, for the metrics that need it.
    tolerance_mm : float
        Distance up to which borders agree.
    metrics : sequence of str, optional
        Keys to compute; every applicable one when None.
    valid : ndarray of bool, same shape as the masks, optional
        Voxels that take part; the others are excluded from every number, as if the image ended there.
    prepared : PreparedReference, optional
        The same reference, with what was computed for earlier predictions. It carries spacing and valid voxels.
    roles : (str, str)
        What the masks are called in reasons, such as ("clean prediction", "perturbed prediction").

    Returns
    -------
    Comparison

    Raises
    ------
    CompareError
        When the masks are not label masks of one shape, or a metric is unknown.

    Examples
    --------
    >>> square = np.zeros((8, 8), np.uint8)
    >>> square[2:6, 2:6] = 1
    >>> compare(square, np.roll(square, 1, axis=0)).metrics[1]['dice'].value
    0.75
    """
    if prepared is None:
        prepared = PreparedReference(reference, None if spacing is None else tuple(spacing), valid)
    reference = prepared.reference
    prediction = as_labels(prediction, roles[1])
    _check(reference, prediction, prepared, roles)
    if not 0 <= tolerance_mm < np.inf:
        raise CompareError('Tolerance unusable', f'{tolerance_mm}', 'Give a length in mm, 0 or more.')
    settings = MetricSettings(tolerance_mm=float(tolerance_mm))
    if probability is not None and (labels is None or probability.shape != (len(labels), *reference.shape)):
        raise CompareError(
            'Probabilities do not fit',
            f'they are {probability.shape} for masks of {reference.shape} and {labels and len(labels)} labels',
            'Give one probability map per label, and the labels they belong to.',
        )
    specs = _chosen(metrics, probability is not None)
    counts = count_labels(reference, prediction, _positive(labels), prepared.valid)
    pairs = {
        label: _pair(label, i, counts, prepared, prediction, probability, roles)
        for i, label in enumerate(counts.labels)
    }
    values = {label: _measure(pair, specs, settings) for label, pair in pairs.items()}
    return Comparison(
        reference,
        prediction,
        counts.labels,
        values,
        together(counts, values),
        pairs,
        counts,
        settings,
        prepared.spacing,
        prepared.valid,
        roles,
    )


def _check(
    reference: NDArray[Any], prediction: NDArray[Any], prepared: PreparedReference, roles: tuple[str, str]
) -> None:
    if reference.shape != prediction.shape:
        raise CompareError(
            'Masks not on one grid',
            f'the {roles[0]} is {reference.shape}, the {roles[1]} {prediction.shape}',
            'Compare masks of one image.',
        )
    if prepared.valid is not None and prepared.valid.shape != reference.shape:
        raise CompareError(
            'Valid voxels not on the grid of the masks',
            f'{prepared.valid.shape} against {reference.shape}',
            'Give one flag per voxel.',
        )
    spacing = prepared.spacing
    if spacing is not None and (len(spacing) != reference.ndim or not all(np.isfinite(s) and s > 0 for s in spacing)):
        raise CompareError(
            'Spacing unusable',
            f'{spacing} for masks with {reference.ndim} axes',
            f'Give {reference.ndim} positive numbers in mm, in array order.',
        )


def _chosen(metrics: Sequence[str] | None, has_probability: bool) -> list[MetricSpec]:
    """Specs to compute: those asked for, or all whose needs are met."""
    known = metric_specs()
    if metrics is None:
        return [spec for spec in known.values() if has_probability or 'probability' not in spec.needs]
    unknown = [key for key in metrics if key not in known]
    if unknown:
        raise CompareError('Unknown metric', ', '.join(unknown), f'Known are: {", ".join(known)}.')
    return [known[key] for key in metrics]


def _positive(labels: Sequence[int] | None) -> list[int] | None:
    """Labels without repeats; background is none."""
    if labels is None:
        return None
    unique = list(dict.fromkeys(int(label) for label in labels))
    if any(not 0 < label <= 65_535 for label in unique):
        raise CompareError('Not a label', f'{unique}', 'Labels are whole numbers from 1; 0 is the background.')
    return unique


def _pair(
    label: int,
    index: int,
    counts: LabelCounts,
    prepared: PreparedReference,
    prediction: NDArray[Any],
    probability: NDArray[np.float32] | None,
    roles: tuple[str, str],
) -> MaskPair:
    checkpoint()
    tp, fp, fn, tn = counts.of(label)
    return MaskPair(
        tp,
        fp,
        fn,
        tn,
        prepared.surface(label, _planes(counts.slice_reference[:, index], prediction.ndim)),
        Surface.of(prediction, label, _planes(counts.slice_prediction[:, index], prediction.ndim), prepared.valid),
        prepared.spacing,
        roles,
        None if probability is None else probability[index],
    )


def _planes(per_slice: NDArray[np.int64], ndim: int) -> slice:
    """Slices along axis 0 that hold the label; everything for a 2D image."""
    if ndim == 2:
        return slice(None)
    where = np.flatnonzero(per_slice)
    return slice(int(where[0]), int(where[-1]) + 1) if len(where) else slice(0, 0)


def _measure(pair: MaskPair, specs: Sequence[MetricSpec], settings: MetricSettings) -> dict[str, MetricValue]:
    values = {}
    for spec in specs:
        checkpoint()
        if 'probability' in spec.needs and pair.probability is None:
            reason = 'it needs the probabilities of the prediction'
            values[spec.key] = MetricValue(None, None, 'not_applicable', reason)
        else:
            values[spec.key] = spec.compute(pair, settings)
    return values
