"""Whether probabilities mean what they say: predicted probability of the label against its mask, voxel by voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_segrobust.compare.spec import COMPUTED, MetricSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue

    Probabilities = NDArray[np.floating[Any]]

_BACKGROUND = 'Everything but background, in a large field of view: easy voxels drown the structure. See ece_roi.'
_BINS = ' Bins of equal width, closed on the right; 0 and 1 take part.'


class _Samples(NamedTuple):
    """Probabilities of the voxels of the domain, those inside the reference apart from those outside."""

    inside: Probabilities
    outside: Probabilities

    @property
    def total(self) -> int:
        return len(self.inside) + len(self.outside)


class _Bins(NamedTuple):
    """Of every bin that is not empty: its share of the voxels, and how far its mean probability is from the truth."""

    share: NDArray[np.float64]
    gap: NDArray[np.float64]


def _samples(pair: MaskPair) -> _Samples:
    return pair.shared('calibration samples', lambda: _taken(pair, tuple(slice(None) for _ in range(pair.ndim))))


def _taken(pair: MaskPair, box: tuple[slice, ...]) -> _Samples:
    """Take the samples of a box of the image."""
    assert pair.probability is not None
    probability = pair.probability[box]
    reference = pair.whole(pair.reference, pair.probability.shape)[box]
    outside = ~reference if pair.valid is None else pair.valid[box] & ~reference
    return _Samples(probability[reference], probability[outside])


def _region(pair: MaskPair, settings: MetricSettings) -> tuple[slice, ...]:
    """Box of both masks, widened by the margin, as far as the image goes."""
    margins = [int(settings.roi_margin_mm / step + 1e-9) for step in pair.steps]
    return tuple(slice(max(0, side.start - m), side.stop + m) for side, m in zip(pair.box, margins, strict=True))


def _binned(samples: _Samples, count: int) -> _Bins:
    inside, outside = (_histogram(values, count) for values in samples)
    voxels, sums = inside[0] + outside[0], inside[1] + outside[1]
    filled = voxels > 0
    gap = np.abs(inside[0] - sums)[filled] / voxels[filled]
    return _Bins(voxels[filled] / samples.total, gap)


def _histogram(values: Probabilities, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Voxels of each bin, and the sum of their probabilities."""
    # The edges in the precision of the probabilities: 0.1 as float32 lies on the edge at 0.1, not above it.
    edges = np.linspace(0, 1, count + 1)[1:-1].astype(values.dtype)
    where = np.searchsorted(edges, values, side='left')
    voxels = np.bincount(where, minlength=count).astype(float)
    sums: NDArray[np.float64] = np.bincount(where, weights=values, minlength=count).astype(float)
    return voxels, sums


def _of_bins(function: Callable[[_Bins], float]) -> Callable[[MaskPair, MetricSettings], MetricValue]:
    """Make a metric of a function of the bins of the whole domain."""

    def compute(pair: MaskPair, settings: MetricSettings) -> MetricValue:
        samples = _samples(pair)
        if not samples.total:
            return pair.undefined('there is no voxel', status='zero_denominator')
        bins = pair.shared(f'{settings.bins} bins', lambda: _binned(samples, settings.bins))
        return pair.number(function(bins))

    return compute


def _expected(bins: _Bins) -> float:
    return float(bins.share @ bins.gap)


def _ece_roi(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    if pair.status == 'both_empty':
        return pair.undefined('there is no region')
    return pair.number(_expected(_binned(_taken(pair, _region(pair, settings)), settings.bins)))


def _brier(pair: MaskPair, _: MetricSettings) -> MetricValue:
    inside, outside = _samples(pair)
    squares = _sum((1 - inside.astype(float)) ** 2) + _sum(outside.astype(float) ** 2)
    return pair.ratio(squares, pair.total, 'there is no voxel')


def _nll(pair: MaskPair, _: MetricSettings) -> MetricValue:
    inside, outside = _samples(pair)
    least = float(np.finfo(inside.dtype).eps)
    losses = _sum(np.log(inside.astype(float).clip(least, 1 - least)))
    losses += _sum(np.log1p(-outside.astype(float).clip(least, 1 - least)))
    return pair.ratio(-losses, pair.total, 'there is no voxel')


def _sum(values: NDArray[np.float64]) -> float:
    return float(values.sum())


class _Ranks(NamedTuple):
    """The different probabilities inside the reference, in rising order.

    Attributes
    ----------
    found : ndarray
        Voxels of the reference with each of them.
    below, equal : ndarray
        Background voxels with a smaller probability than each, and with the same.
    """

    found: NDArray[np.int64]
    below: NDArray[np.int64]
    equal: NDArray[np.int64]


def _ranks(pair: MaskPair) -> _Ranks:
    inside, outside = _samples(pair)
    values, found = np.unique(inside, return_counts=True)
    background = np.sort(outside)
    below = np.searchsorted(background, values, side='left')
    return _Ranks(found, below, np.searchsorted(background, values, side='right') - below)


def _auroc(pair: MaskPair, _: MetricSettings) -> MetricValue:
    background = pair.total - pair.reference_size
    if not pair.reference_size or not background:
        return pair.undefined('the reference is the same everywhere', status='zero_denominator')
    ranks = pair.shared('ranks', lambda: _ranks(pair))
    won = int(ranks.found @ (2 * ranks.below + ranks.equal))
    return pair.number(won / (2 * pair.reference_size * background))


def _average_precision(pair: MaskPair, _: MetricSettings) -> MetricValue:
    if not pair.reference_size:
        return pair.undefined('the reference is empty')
    ranks = pair.shared('ranks', lambda: _ranks(pair))
    found = np.cumsum(ranks.found[::-1])[::-1]
    extra = pair.total - pair.reference_size - ranks.below
    return pair.number(float((ranks.found * (found / (found + extra))).sum()) / pair.reference_size)


METRICS = (
    MetricSpec(
        key='ece',
        title='Expected calibration error',
        short='ECE',
        family='calibration',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='sum over bins of n_bin / n x |share of the reference - mean probability|',
        summary='How far the predicted probability of the label is from how often it is right, averaged over voxels.'
        + _BINS,
        blind_spot=_BACKGROUND,
        source='Naeini 2015, doi:10.1609/aaai.v29i1.9602',
        compute=_of_bins(_expected),
        needs=('probability',),
        domain_dependent=True,
        convention='{s.bins} bins',
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='ece_roi',
        title='Expected calibration error near the structure',
        short='ECE near structure',
        family='calibration',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='ECE in the box of both masks, widened by a margin',
        summary='Expected calibration error where it matters: in the box around reference and prediction.' + _BINS,
        blind_spot='Confident errors far from both masks.',
        source='Naeini 2015, doi:10.1609/aaai.v29i1.9602; restricted as in Mehrtash 2020, doi:10.1109/TMI.2020.3006437',
        compute=_ece_roi,
        needs=('probability',),
        convention='{s.bins} bins, margin {s.roi_margin_mm:g} {length}',
        states=(None, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='mce',
        title='Maximum calibration error',
        short='MCE',
        family='calibration',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='max over bins of |share of the reference - mean probability|',
        summary='The worst bin of the calibration error.' + _BINS,
        blind_spot='How many voxels the worst bin has: one is enough.',
        source='Naeini 2015, doi:10.1609/aaai.v29i1.9602',
        compute=_of_bins(lambda bins: float(bins.gap.max())),
        needs=('probability',),
        domain_dependent=True,
        convention='{s.bins} bins',
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='ace',
        title='Average calibration error',
        short='ACE',
        family='calibration',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='mean over bins that are not empty of |share of the reference - mean probability|',
        summary='Calibration error in which every bin counts alike, so that background does not decide it.' + _BINS,
        blind_spot='How many voxels a bin has: a nearly empty one counts as much as the background.',
        source='Neumann 2018, Relaxed softmax, NeurIPS workshop on machine learning for intelligent transportation',
        compute=_of_bins(lambda bins: float(bins.gap.mean())),
        needs=('probability',),
        domain_dependent=True,
        convention='{s.bins} bins',
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='brier',
        title='Brier score',
        family='calibration',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='mean of (p - r)^2',
        summary='Mean squared error of the probability of the label. Tools that sum over both classes give twice it.',
        blind_spot=_BACKGROUND,
        source='Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2',
        compute=_brier,
        needs=('probability',),
        domain_dependent=True,
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='nll',
        title='Negative log-likelihood',
        short='NLL',
        family='calibration',
        unit=None,
        better='lower',
        range=(0, None),
        formula='mean of -log(probability of what is there), natural logarithm',
        summary='Cross-entropy of the probabilities. They are kept one rounding step (machine epsilon) away from 0 and '
        '1, as in scikit-learn: without that a single confident error makes it infinite.',
        blind_spot=_BACKGROUND,
        source='Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x',
        compute=_nll,
        needs=('probability',),
        domain_dependent=True,
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='auroc',
        title='AUROC',
        family='calibration',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='P(p inside the reference > p outside) + P(equal) / 2',
        summary='How well the probabilities rank structure before background, over all thresholds.',
        blind_spot='Whether the probabilities are right: any monotone change of them leaves it. In a large field of '
        'view easy background makes it 1.',
        source='Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747',
        compute=_auroc,
        needs=('probability',),
        domain_dependent=True,
        states=(None, None, COMPUTED),
    ),
    MetricSpec(
        key='average_precision',
        title='Average precision',
        family='calibration',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='sum over thresholds of (step of recall) x precision',
        summary='Area under precision over recall, over all thresholds; steps, no trapezoids.',
        blind_spot='Whether the probabilities are right: any monotone change of them leaves it.',
        source='Davis & Goadrich 2006, doi:10.1145/1143844.1143874',
        compute=_average_precision,
        needs=('probability',),
        states=(None, None, COMPUTED),
    ),
)
