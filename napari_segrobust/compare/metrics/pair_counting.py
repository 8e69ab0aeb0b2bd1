"""Agreement counted over voxels, and over pairs of voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.spec import COMPUTED, MetricSpec

if TYPE_CHECKING:
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue

_FIELD = 'Anything, in a large field of view: background that is far from the structure drowns every error.'


def _together(*sizes: int) -> int:
    """Ordered pairs of voxels that lie in one of the groups together."""
    return sum(size * (size - 1) for size in sizes)


def _pairs(pair: MaskPair) -> tuple[int, int, int, int]:
    """Ordered pairs of voxels that are together in both masks, in the reference, in the prediction; and all of them.

    Whole numbers of Python: the squares of the voxels of a volume do not fit 64 bits.
    """
    both = _together(pair.tp, pair.fp, pair.fn, pair.tn)
    in_reference = _together(pair.tp + pair.fn, pair.fp + pair.tn)
    in_prediction = _together(pair.tp + pair.fp, pair.fn + pair.tn)
    return both, in_reference, in_prediction, _together(pair.total)


def _rand_index(pair: MaskPair, _: MetricSettings) -> MetricValue:
    both, in_reference, in_prediction, every = _pairs(pair)
    return pair.ratio(every + 2 * both - in_reference - in_prediction, every, 'there are no two voxels')


def _adjusted_rand_index(pair: MaskPair, _: MetricSettings) -> MetricValue:
    both, in_reference, in_prediction, every = _pairs(pair)
    chance = in_reference * in_prediction
    most = (in_reference + in_prediction) * every
    reason = 'both masks are the same everywhere: there is nothing to agree on beyond chance'
    return pair.ratio(2 * (both * every - chance), most - 2 * chance, reason)


METRICS = (
    MetricSpec(
        key='accuracy',
        title='Accuracy',
        family='pair counting',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(tp + tn) / n',
        summary='Share of the voxels on which the masks agree. It counts voxels, not pairs of them: it is not the Rand '
        'index, though some texts call it so. In ISO 5725 accuracy means trueness and precision together.',
        blind_spot=_FIELD,
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=lambda pair, _: pair.ratio(pair.tp + pair.tn, pair.total),
        domain_dependent=True,
        states=(1, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='rand_index',
        title='Rand index',
        family='pair counting',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='pairs of voxels that are together in both masks, or apart in both / all pairs',
        summary='Share of all pairs of voxels on which the masks agree whether the two belong together.',
        blind_spot=_FIELD + ' A mask and its complement agree perfectly.',
        source='Rand 1971, doi:10.1080/01621459.1971.10482356',
        compute=_rand_index,
        domain_dependent=True,
        states=(1, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='adjusted_rand_index',
        title='Adjusted Rand index',
        family='pair counting',
        unit=None,
        better='higher',
        range=(None, 1),
        formula='(Rand index - its expectation) / (its maximum - its expectation)',
        summary='Rand index beyond what two random masks of the same sizes reach; 0 is chance.',
        blind_spot='Which of the two segments is the structure: a mask and its complement agree perfectly.',
        source='Hubert & Arabie 1985, doi:10.1007/BF01908075',
        compute=_adjusted_rand_index,
        domain_dependent=True,
        states=(None, 0, 0),
    ),
)
