"""Agreement beyond chance, and the rates of a diagnostic test; all of the two-by-two table."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from napari_segrobust.compare.spec import COMPUTED, MetricSpec

if TYPE_CHECKING:
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue

_TAHA = 'Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x'
_RELOADED = 'Maier-Hein & Reinke 2024 (Metrics Reloaded), doi:10.1038/s41592-023-02151-z'
_PLACE = 'Shape and distance of the errors.'
_ONE_CLASS = 'the reference is the same everywhere'


def _cohen_kappa(pair: MaskPair, _: MetricSettings) -> MetricValue:
    reference, prediction, total = pair.reference_size, pair.prediction_size, pair.total
    chance = reference * prediction + (total - reference) * (total - prediction)
    reason = 'both masks are the same everywhere: there is nothing to agree on beyond chance'
    return pair.ratio((pair.tp + pair.tn) * total - chance, total * total - chance, reason)


def _mcc(pair: MaskPair, _: MetricSettings) -> MetricValue:
    reference, prediction, total = pair.reference_size, pair.prediction_size, pair.total
    spread = reference * prediction * (total - reference) * (total - prediction)
    return pair.ratio(pair.tp * pair.tn - pair.fp * pair.fn, sqrt(spread), 'a mask is the same everywhere')


def _both_rates(pair: MaskPair) -> tuple[int, int]:
    """Recall plus specificity as a fraction; its denominator is 0 where the reference is the same everywhere."""
    structure, background = pair.reference_size, pair.total - pair.reference_size
    return pair.tp * background + pair.tn * structure, structure * background


def _balanced_accuracy(pair: MaskPair, _: MetricSettings) -> MetricValue:
    rates, one = _both_rates(pair)
    return pair.ratio(rates, 2 * one, _ONE_CLASS)


def _youden_index(pair: MaskPair, _: MetricSettings) -> MetricValue:
    rates, one = _both_rates(pair)
    return pair.ratio(rates - one, one, _ONE_CLASS)


def _icc(pair: MaskPair, _: MetricSettings) -> MetricValue:
    """(MSb - MSw) / (MSb + MSw) of two raters over n voxels, with the common denominator 2 n (n - 1) cancelled."""
    wrong, total = pair.fp + pair.fn, pair.total
    between = total * (4 * pair.tp + wrong) - (2 * pair.tp + wrong) ** 2
    within = wrong * (total - 1)
    return pair.ratio(between - within, between + within, 'both masks are the same everywhere')


def _positive_likelihood_ratio(pair: MaskPair, _: MetricSettings) -> MetricValue:
    reason = 'nothing is extra: the ratio is infinite' if pair.tp else 'no voxel of the prediction is in the background'
    return pair.ratio(pair.tp * (pair.fp + pair.tn), pair.fp * pair.reference_size, reason)


METRICS = (
    MetricSpec(
        key='cohen_kappa',
        title="Cohen's kappa",
        family='probabilistic',
        unit=None,
        better='higher',
        range=(-1, 1),
        formula='(accuracy - chance) / (1 - chance)',
        summary='Agreement beyond what two random masks of the same sizes reach; 0 is chance.',
        blind_spot=_PLACE + ' It grows towards Dice with the field of view.',
        source='Cohen 1960, doi:10.1177/001316446002000104',
        compute=_cohen_kappa,
        domain_dependent=True,
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='mcc',
        title='Matthews correlation',
        short='MCC',
        family='probabilistic',
        unit=None,
        better='higher',
        range=(-1, 1),
        formula='(tp tn - fp fn) / sqrt((tp + fp) (tp + fn) (tn + fp) (tn + fn))',
        summary='Correlation of the two masks, voxel by voxel.',
        blind_spot=_PLACE,
        source='Matthews 1975, doi:10.1016/0005-2795(75)90109-9',
        compute=_mcc,
        domain_dependent=True,
        states=(None, None, None),
    ),
    MetricSpec(
        key='balanced_accuracy',
        title='Balanced accuracy',
        family='probabilistic',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(recall + specificity) / 2',
        summary='Mean of the share of the structure that was found and the share of the background left alone.',
        blind_spot=_PLACE + ' In a large field of view specificity is 1, and extra voxels cost nothing.',
        source=_RELOADED,
        compute=_balanced_accuracy,
        domain_dependent=True,
        states=(None, None, 0.5),
    ),
    MetricSpec(
        key='auc_hard',
        title='AUC of a mask',
        family='probabilistic',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(recall + specificity) / 2',
        summary='Area under the two straight lines through the one point that a mask has in the ROC plane. It is the '
        'balanced accuracy; the area under the curve of probabilities is `auroc`.',
        blind_spot=_PLACE + ' In a large field of view specificity is 1, and extra voxels cost nothing.',
        source=_TAHA,
        compute=_balanced_accuracy,
        domain_dependent=True,
        states=(None, None, 0.5),
    ),
    MetricSpec(
        key='icc_1_1',
        title='ICC(1,1)',
        family='probabilistic',
        unit=None,
        better='higher',
        range=(-1, 1),
        formula='(MSb - MSw) / (MSb + MSw), mean squares between and within voxels',
        summary='Intraclass correlation of two raters who mark each voxel: how much of the variance is the voxels and '
        'not the raters. EvaluateSegmentation prints another number under this name.',
        blind_spot=_PLACE,
        source='Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420',
        compute=_icc,
        domain_dependent=True,
        states=(None, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='probabilistic_distance',
        title='Probabilistic distance',
        family='probabilistic',
        unit=None,
        better='lower',
        range=(0, None),
        formula='(fp + fn) / (2 tp)',
        summary='Voxels that differ, relative to twice those in both masks; for masks it is 1 / Dice - 1.',
        blind_spot='As Dice: shape and distance of the errors, and structure size.',
        source='Gerig 2001, doi:10.1007/3-540-45468-3_62',
        compute=lambda pair, _: pair.ratio(pair.fp + pair.fn, 2 * pair.tp, 'no voxel is in both masks'),
        states=(None, None, None),
    ),
    MetricSpec(
        key='youden_index',
        title='Youden index',
        family='probabilistic',
        unit=None,
        better='higher',
        range=(-1, 1),
        formula='recall + specificity - 1',
        summary='How much better than chance structure and background are told apart.',
        blind_spot=_PLACE + ' In a large field of view specificity is 1, and extra voxels cost nothing.',
        source='Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3',
        compute=_youden_index,
        domain_dependent=True,
        states=(None, None, 0),
    ),
    MetricSpec(
        key='negative_predictive_value',
        title='Negative predictive value',
        short='NPV',
        family='probabilistic',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='tn / (tn + fn)',
        summary='Share of what the prediction calls background that is background.',
        blind_spot='Anything, in a large field of view; and everything that is extra.',
        source=_RELOADED,
        compute=lambda pair, _: pair.ratio(pair.tn, pair.tn + pair.fn),
        domain_dependent=True,
        states=(1, 1, COMPUTED),
    ),
    MetricSpec(
        key='positive_likelihood_ratio',
        title='Positive likelihood ratio',
        short='LR+',
        family='probabilistic',
        unit=None,
        better='higher',
        range=(0, None),
        formula='recall / false positive rate',
        summary='How many times likelier a voxel of the structure is to be predicted than one of the background.',
        blind_spot='It grows without limit with the field of view.',
        source=_RELOADED,
        compute=_positive_likelihood_ratio,
        domain_dependent=True,
        states=(None, None, None),
    ),
)
