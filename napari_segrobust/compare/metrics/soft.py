"""Overlap with a soft reference: the share of a voxel, or of the raters, that belongs to the label.

x is the predicted probability, or the predicted mask where there are no probabilities; y is the soft reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_segrobust.compare.spec import COMPUTED, MetricSpec
from napari_segrobust.compare.value import MetricValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings

#: Thresholds of the QUBIQ challenge.
_THRESHOLDS = tuple(step / 10 for step in range(1, 10))
#: A share of raters equals a threshold whatever its last bits are: 0.6 as float32, or as a sum of fifths.
_ROUNDING = 1e-6
_X = ' x is the predicted probability, or the predicted mask where there is none; y is the soft reference.'
_SHAPE = 'As Dice: shape and distance of the errors, and structure size.'


class _Sums(NamedTuple):
    x: float
    y: float
    xx: float
    yy: float
    xy: float
    differing: float


def _maps(pair: MaskPair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take x and y over the domain."""

    def make() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        y = pair.soft_reference
        assert y is not None
        x = pair.whole(pair.prediction, y.shape) if pair.probability is None else pair.probability
        inside = slice(None) if pair.valid is None else pair.valid
        return x[inside].ravel().astype(float), y[inside].ravel().astype(float)

    return pair.shared('soft maps', make)


def _sums(pair: MaskPair) -> _Sums:
    x, y = _maps(pair)
    return _Sums(
        x=float(x.sum()),
        y=float(y.sum()),
        xx=float(x @ x),
        yy=float(y @ y),
        xy=float(x @ y),
        differing=float(np.abs(x - y).sum()),
    )


def _of(function: Callable[[_Sums], tuple[float, float]]) -> Callable[[MaskPair, MetricSettings], MetricValue]:
    """Make a metric of a function that gives numerator and denominator."""

    def compute(pair: MaskPair, _: MetricSettings) -> MetricValue:
        numerator, denominator = function(pair.shared('soft sums', lambda: _sums(pair)))
        return _ratio(numerator, denominator)

    return compute


def _ratio(numerator: float, denominator: float) -> MetricValue:
    """Return a pure number; both maps are 0 everywhere where the denominator is."""
    if denominator:
        return MetricValue(numerator / denominator)
    return MetricValue(None, None, 'both_empty', 'soft reference and prediction are 0 everywhere')


def _thresholded_dice(pair: MaskPair, _: MetricSettings) -> MetricValue:
    x, y = _maps(pair)
    scores = []
    for threshold in _THRESHOLDS:
        above_x, above_y = (values >= threshold - _ROUNDING for values in (x, y))
        sizes = np.count_nonzero(above_x) + np.count_nonzero(above_y)
        if sizes:
            scores.append(2 * np.count_nonzero(above_x & above_y) / sizes)
    return _ratio(float(sum(scores)), len(scores))


METRICS = (
    MetricSpec(
        key='dice_semimetric',
        title='Dice semimetric',
        family='soft labels',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(|x| + |y| - |x - y|) / (|x| + |y|), norms are sums of absolute values',
        summary='Dice for soft labels that is 1 exactly where x equals y; the fuzzy Dice of Taha & Hanbury.' + _X,
        blind_spot=_SHAPE,
        source='Wang 2023, Dice semimetric losses, arXiv:2303.16296',
        compute=_of(lambda s: (s.x + s.y - s.differing, s.x + s.y)),
        needs=('soft_reference',),
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='jaccard_semimetric',
        title='Jaccard semimetric',
        family='soft labels',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(|x| + |y| - |x - y|) / (|x| + |y| + |x - y|), norms are sums of absolute values',
        summary='IoU for soft labels that is 1 exactly where x equals y.' + _X,
        blind_spot=_SHAPE,
        source='Wang 2023, Jaccard metric losses, arXiv:2302.05666',
        compute=_of(lambda s: (s.x + s.y - s.differing, s.x + s.y + s.differing)),
        needs=('soft_reference',),
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='soft_dice',
        title='Soft Dice',
        family='soft labels',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='2 sum x y / (sum x + sum y)',
        summary='Dice with products in place of overlap, as in many losses.' + _X,
        blind_spot='Equality: for a soft reference the best prediction is a hard mask, not the reference itself.',
        source='Drozdzal 2016, doi:10.1007/978-3-319-46976-8_19',
        compute=_of(lambda s: (2 * s.xy, s.x + s.y)),
        needs=('soft_reference',),
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='soft_dice_squared',
        title='Soft Dice, squared',
        family='soft labels',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='2 sum x y / (sum x^2 + sum y^2)',
        summary='Soft Dice with squares in the denominator: 1 exactly where x equals y.' + _X,
        blind_spot=_SHAPE + ' Small probabilities hardly count.',
        source='Milletari 2016, doi:10.1109/3DV.2016.79',
        compute=_of(lambda s: (2 * s.xy, s.xx + s.yy)),
        needs=('soft_reference',),
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='thresholded_dice',
        title='Thresholded Dice',
        family='soft labels',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='mean over t = 0.1, 0.2, ..., 0.9 of Dice(x >= t, y >= t)',
        summary='Dice at nine levels of agreement, averaged, as in the QUBIQ challenge; levels that neither map '
        'reaches are left out.' + _X,
        blind_spot=_SHAPE + ' Differences between two levels.',
        source='Li 2024 (QUBIQ), arXiv:2405.18435',
        compute=_thresholded_dice,
        needs=('soft_reference',),
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
)
