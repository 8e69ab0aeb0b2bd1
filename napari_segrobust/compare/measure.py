"""Compare two label masks: the door through which every number goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.comparison import Comparison
from napari_segrobust.compare.counts import LabelCounts, as_labels, count_labels, count_one
from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.compare.pair import MaskPair
from napari_segrobust.compare.prepared import PreparedReference
from napari_segrobust.compare.settings import Connectivity, MetricSettings
from napari_segrobust.compare.surfaces import Surface
from napari_segrobust.compare.together import together
from napari_segrobust.compare.value import MetricValue
from napari_segrobust.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.compare.spec import MetricSpec, Need

    Map = NDArray[np.floating[Any]]
    #: One map per label, by label or in the order of the labels.
    Maps = Mapping[int, Map] | Map

#: What is missing, in words.
_MISSING: dict[Need, str] = {
    'probability': 'it needs the probabilities of the prediction',
    'soft_reference': 'it needs a soft reference',
    'image': 'it needs the image',
}


def compare(
    reference: NDArray[Any],
    prediction: NDArray[Any],
    spacing: Sequence[float] | None = None,
    labels: Sequence[int] | None = None,
    probability: Maps | None = None,
    tolerance_mm: float | None = None,
    metrics: Sequence[str] | None = None,
    valid: NDArray[np.bool_] | None = None,
    prepared: PreparedReference | None = None,
    roles: tuple[str, str] = ('reference', 'prediction'),
    *,
    soft_reference: Maps | None = None,
    image: NDArray[Any] | None = None,
    settings: MetricSettings | None = None,
    connectivity: Connectivity | None = None,
    bins: int | None = None,
    beta: float | None = None,
    boundary_width_mm: float | None = None,
    detection_threshold_ml: float | None = None,
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
    probability : mapping of label to ndarray of float, or ndarray of shape (L, [Z,] Y, X), optional
        Predicted probability of each label: by label, or in the order of `labels`. For a single label the first axis
        may be left out. A metric that needs it is not applicable to a label without one.
    metrics : sequence of str, optional
        Keys to compute; every one whose needs are met when None.
    valid : ndarray of bool, same shape as the masks, optional
        Voxels that take part; the others are excluded from every number, as if the image ended there.
    prepared : PreparedReference, optional
        The same reference, with what was computed for earlier predictions. It carries spacing and valid voxels.
    roles : (str, str)
        What the masks are called in reasons, such as ("clean prediction", "perturbed prediction").
    soft_reference : as `probability`, optional
        How much of each voxel belongs to each label, from 0 to 1.
    image : ndarray, shape ([Z,] Y, X), optional
        One channel, for the metrics of intensity.
    settings : MetricSettings, optional
        What the definitions depend on.
    tolerance_mm, connectivity, bins, beta, boundary_width_mm, detection_threshold_ml : optional
        Each replaces one entry of `settings`.

    Returns
    -------
    Comparison

    Raises
    ------
    CompareError
        When the masks are not label masks of one shape, a metric is unknown, or a setting makes no sense.

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
    given = {
        'tolerance_mm': tolerance_mm,
        'connectivity': connectivity,
        'bins': bins,
        'beta': beta,
        'boundary_width_mm': boundary_width_mm,
        'detection_threshold_ml': detection_threshold_ml,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings = MetricSettings(**changes) if settings is None else replace(settings, **changes)
    counts, surfaces = _count(prepared, prediction, _positive(labels))
    probabilities = _maps(probability, 'Probabilities', labels, counts.labels, reference.shape)
    softs = _maps(soft_reference, 'Soft references', labels, counts.labels, reference.shape)
    if image is not None and image.shape != reference.shape:
        why = f'{image.shape} against {reference.shape}'
        raise CompareError('Image not on the grid of the masks', why, 'Give one channel of the image.')
    specs = _chosen(metrics, {'probability': probability, 'soft_reference': soft_reference, 'image': image})
    pairs = {}
    for i, label in enumerate(counts.labels):
        maps = probabilities.get(label), softs.get(label), image
        surface = surfaces.get(label) or _surfaces(label, i, counts, prepared, prediction)
        pairs[label] = _pair(label, counts, surface, prepared, maps, roles)
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


def _chosen(metrics: Sequence[str] | None, inputs: Mapping[Need, object]) -> list[MetricSpec]:
    """Specs to compute: those asked for, or all whose needs are met."""
    known = metric_specs()
    if metrics is None:
        return [spec for spec in known.values() if all(inputs[need] is not None for need in spec.needs)]
    unknown = [key for key in metrics if key not in known]
    if unknown:
        raise CompareError('Unknown metric', ', '.join(unknown), f'Known are: {", ".join(known)}.')
    return [known[key] for key in metrics]


def _maps(
    maps: Maps | None, what: str, labels: Sequence[int] | None, counted: tuple[int, ...], shape: tuple[int, ...]
) -> dict[int, Map]:
    """Maps from 0 to 1 by label."""
    if maps is None:
        return {}
    if not isinstance(maps, Mapping):
        if maps.shape == shape and len(counted) == 1:
            maps = maps[None]
        # Several maps belong to the labels that were named, not to those that happen to occur.
        if len(maps) != len(counted) or (labels is None and len(counted) > 1):
            asked = 'no' if labels is None else len(counted)
            why = f'they are {maps.shape} for masks of {shape} and {asked} named labels'
            remedy = 'Give one map per label, and the labels they belong to.'
            raise CompareError(f'{what} do not fit', why, remedy)
        maps = dict(zip(counted, maps, strict=True))
    return {label: _from_0_to_1(maps[label], what, shape) for label in counted if label in maps}


def _from_0_to_1(values: Map, what: str, shape: tuple[int, ...]) -> Map:
    if values.shape != shape:
        why = f'a map is {values.shape} for masks of {shape}'
        raise CompareError(f'{what} do not fit', why, 'Give one map per label, on the grid of the masks.')
    # As much above 1 as a file may round.
    if not (values.min(initial=0) >= 0 and values.max(initial=0) <= 1 + 1e-3):
        raise CompareError(f'{what} unusable', 'they are not all from 0 to 1', 'Give probabilities, not logits.')
    return values if values.dtype.kind == 'f' else values.astype(np.float32)


def _positive(labels: Sequence[int] | None) -> list[int] | None:
    """Labels without repeats; background is none."""
    if labels is None:
        return None
    unique = list(dict.fromkeys(int(label) for label in labels))
    if any(not 0 < label <= 65_535 for label in unique):
        raise CompareError('Not a label', f'{unique}', 'Labels are whole numbers from 1; 0 is the background.')
    return unique


def _count(
    prepared: PreparedReference, prediction: NDArray[Any], labels: list[int] | None
) -> tuple[LabelCounts, dict[int, tuple[Surface, Surface]]]:
    """Count the labels; a single one on its cut-out masks, several in one pass over the whole."""
    if labels is None or len(labels) != 1:
        return count_labels(prepared.reference, prediction, labels, prepared.valid), {}
    label = labels[0]
    surfaces = prepared.surface(label), Surface.of(prediction, label, valid=prepared.valid)
    return count_one(label, *surfaces, prepared.total), {label: surfaces}


def _surfaces(
    label: int, index: int, counts: LabelCounts, prepared: PreparedReference, prediction: NDArray[Any]
) -> tuple[Surface, Surface]:
    """Cut a label that was counted out of both masks."""
    checkpoint()
    return (
        prepared.surface(label, _planes(counts.slice_reference[:, index], prediction.ndim)),
        Surface.of(prediction, label, _planes(counts.slice_prediction[:, index], prediction.ndim), prepared.valid),
    )


def _pair(
    label: int,
    counts: LabelCounts,
    surfaces: tuple[Surface, Surface],
    prepared: PreparedReference,
    maps: tuple[Map | None, Map | None, NDArray[Any] | None],
    roles: tuple[str, str],
) -> MaskPair:
    checkpoint()
    return MaskPair(*counts.of(label), *surfaces, prepared.spacing, roles, *maps, prepared.valid)


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
        missing = next((need for need in spec.needs if getattr(pair, need) is None), None)
        if missing is None:
            values[spec.key] = spec.compute(pair, settings)
        else:
            values[spec.key] = MetricValue(None, None, 'not_applicable', _MISSING[missing])
    return values
