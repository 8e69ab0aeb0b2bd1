"""The door: masks of several raters in, their agreement out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.preflight import Finding
from napari_segrobust.compare.counts import as_labels
from napari_segrobust.compare.settings import MetricSettings
from napari_segrobust.errors import ReviewError
from napari_segrobust.review.agreement import Agreement
from napari_segrobust.review.distribution import common_size
from napari_segrobust.review.drawn import Drawn
from napari_segrobust.review.gate import admit, named
from napari_segrobust.review.meaning import values_of
from napari_segrobust.review.region import MARGIN, region_of
from napari_segrobust.review.suspicion import suspect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.geometry import GridGeometry
    from napari_segrobust.review.gate import Admitted, Raters, Valid
    from napari_segrobust.review.meaning import Meanings

MODEL = 'model'


def agree(
    raters: Raters,
    spacing: Sequence[float] | None = None,
    valid: Valid = None,
    model: NDArray[Any] | None = None,
    label: int | str | Mapping[str, int] = 1,
    tolerance_mm: float = 2.0,
    margin: int | None = MARGIN,
    *,
    names: Sequence[str] | None = None,
    sessions: Mapping[str, str] | None = None,
    volumes_ml: Mapping[str, float] | None = None,
    probability: NDArray[Any] | None = None,
    samples: Sequence[NDArray[Any]] | None = None,
    allow: Sequence[str] = (),
    geometry: GridGeometry | None = None,
    meanings: Meanings | None = None,
    strict: bool | None = None,
) -> Agreement:
    """Measure how far several raters agree on one case, and where a model stands among them.

    Parameters
    ----------
    raters : ndarray of int or bool, shape (R, [Z,] Y, X), sequence of masks, or mapping of name to mask
        Label masks of two or more raters on one grid.
    spacing : sequence of float, optional
        In mm in array order. Without it lengths are in voxels or pixels.
    valid : ndarray of bool, shape ([Z,] Y, X) or (R, [Z,] Y, X), or mapping of name to ndarray, optional
        Where each rater looked. What a rater did not look at is missing: it is not background.
    model : ndarray of int or bool, shape ([Z,] Y, X), optional
        Mask of a model, which is measured against the raters and never votes.
    label : int, str, or mapping of name to int
        Which value is meant; a mapping where raters number it differently, `model` among them; one of the names of
        `meanings`.
    tolerance_mm : float
        Distance up to which borders agree; in voxels without spacing.
    margin : int or None
        How far, in voxels, the region reaches beyond the box of all raters. None leaves the region out.
    names : sequence of str, optional
        Of the raters, where `raters` has none.
    sessions : mapping of str to str, optional
        Mask to rater: masks of one rater are readings. The first votes, the others give intra-rater agreement.
    volumes_ml : mapping of str to float, optional
        Raters who gave a volume without a mask, in the unit that the masks' volumes have.
    probability : ndarray of float, shape ([Z,] Y, X), optional
        Of the model; without `model`, more than 0.5 is its mask.
    samples : sequence of ndarray of int or bool, each of shape ([Z,] Y, X), optional
        Several masks of a probabilistic model, for the distance between the two sets of masks.
    allow : sequence of str
        Raters whose suspicious masks were looked at and are right.
    geometry : GridGeometry, optional
        Of the masks; its letters name a flip.
    meanings : mapping of name to mapping of int to str, optional
        Names of the label values of each mask, where its file has them.
    strict : bool, optional
        Whether one mask under two names, and a mask that fits the others only flipped, shifted or under another label,
        is refused, or stands among the findings as a problem. None refuses where raters have names: there is
        somebody to ask.

    Returns
    -------
    Agreement
        Every part is computed when it is asked for; ``to_dict()`` asks for all.

    Raises
    ------
    ReviewError
        Masks of different shapes, fewer than two raters, arguments that do not fit, and what `strict` refuses.
    CompareError
        An array that is no label mask, or a tolerance that makes no sense.

    Examples
    --------
    >>> square = np.zeros((3, 12, 12), np.uint8)
    >>> square[0, 2:8, 2:8] = square[1, 2:8, 3:9] = square[2, 3:9, 2:8] = 1
    >>> agreement = agree(square, spacing=(1, 1))
    >>> agreement.consensus('majority').voxels, round(agreement.pairwise.mean('dice'), 2)
    (35, 0.79)
    """
    masks = named(raters, names)
    letters = None if geometry is None else geometry.letters
    if spacing is None and geometry is not None:
        spacing = geometry.spacing_mm
    settings = MetricSettings(tolerance_mm=tolerance_mm)
    if isinstance(label, str):
        known = {**dict.fromkeys(masks), **({} if model is None else {MODEL: None})}
        label = values_of(label, known, meanings or {})
    of_raters = label if isinstance(label, int | np.integer) else {n: v for n, v in label.items() if n != MODEL}
    strict = (isinstance(raters, Mapping) or names is not None) if strict is None else strict
    admitted = admit(masks, of_raters, spacing, valid, sessions, allow, letters, meanings=meanings, strict=strict)
    votes = admitted.votes
    if margin is not None:
        region_of(votes, margin)
    value = label if isinstance(label, int | np.integer) else label.get(MODEL, 1)
    chance = None if probability is None else _probability(probability, votes.shape)
    drawn = _model(model, chance, int(value), votes.shape)
    looked = () if drawn is None or model is None else _second_look(model, int(value), admitted, masks, letters)
    return Agreement(
        replace(admitted, findings=(*admitted.findings, *looked)),
        int(label) if isinstance(label, int | np.integer) else {str(name): int(value) for name, value in label.items()},
        settings,
        margin,
        drawn,
        _samples(samples, drawn, int(value), votes.shape, len(votes.names)),
        chance,
        _volumes(volumes_ml, masks),
        geometry,
    )


def _probability(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.floating[Any]]:
    array = np.asarray(values)
    array = array if array.dtype.kind == 'f' else array.astype(np.float32)
    if array.shape != shape:
        raise ReviewError('Probabilities do not fit', f'{array.shape} for masks of {shape}', 'Give one per voxel.')
    if not (array.min(initial=0) >= 0 and array.max(initial=0) <= 1 + 1e-3):
        why = 'they are not all from 0 to 1'
        raise ReviewError('Probabilities unusable', why, 'Give probabilities of the label, not logits.')
    return array


def _model(
    mask: NDArray[Any] | None, probability: NDArray[Any] | None, label: int, shape: tuple[int, ...], name: str = MODEL
) -> Drawn | None:
    if mask is None:
        return None if probability is None else Drawn(name, probability > 0.5)
    labels = as_labels(np.asarray(mask), f'mask of the {name}')
    if labels.shape != shape:
        why = f'the {name} has {labels.shape}, the raters {shape}'
        raise ReviewError('Masks not on one grid', why, 'Give masks of one image.')
    return Drawn(name, labels == label)


def _samples(
    samples: Sequence[NDArray[Any]] | None, model: Drawn | None, label: int, shape: tuple[int, ...], raters: int
) -> tuple[Drawn, ...]:
    if samples is None:
        return () if model is None else (model,)
    common_size(len(samples), raters)
    drawn = (_model(mask, None, label, shape, f'sample {i}') for i, mask in enumerate(samples, start=1))
    return tuple(mask for mask in drawn if mask is not None)


def _second_look(
    model: NDArray[Any],
    label: int,
    admitted: Admitted,
    masks: Mapping[str, NDArray[Any]],
    letters: Sequence[tuple[str, str]] | None,
) -> tuple[Finding, ...]:
    """Warn of a model that is one of the raters, or that fits them only after a flip, a shift or another label."""
    from napari_segrobust.review.consensus import consensus

    labels, votes = as_labels(np.asarray(model)), admitted.votes
    twins = [name for name, mask in masks.items() if mask.any() and np.array_equal(mask, labels)]
    if twins:
        detail = f'every voxel is that of {twins[0]}'
        return (Finding('warning', 'The model is a rater', detail, 'Make sure that they are two files.'),)
    agreed = consensus(votes.patterns(), 'at_least_half').mask(votes)
    suspicion = suspect('the model', labels, label, agreed, 'the raters', letters)
    if suspicion is None:
        return ()
    return (Finding('problem', suspicion.title, suspicion.detail, 'Look at it over the image.'),)


def _volumes(volumes: Mapping[str, float] | None, masks: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    found = {str(name): float(volume) for name, volume in (volumes or {}).items()}
    for name, volume in found.items():
        if name in masks:
            raise ReviewError('Two raters of one name', f'{name} has a mask and a volume', 'Give one of them.')
        if not (np.isfinite(volume) and volume >= 0):
            raise ReviewError('Volume unusable', f'{volume} of {name}', 'Give a volume of 0 or more.')
    return found
