"""What one mask tells about the other, in bits per voxel."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from napari_segrobust.compare.spec import COMPUTED, MetricSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue


def _cells(pair: MaskPair) -> Iterator[tuple[int, int, int]]:
    """(voxels, voxels of its row, voxels of its column) of each cell of the two-by-two table that is not empty."""
    reference, prediction = pair.reference_size, pair.prediction_size
    table = (
        (pair.tp, reference, prediction),
        (pair.fn, reference, pair.total - prediction),
        (pair.fp, pair.total - reference, prediction),
        (pair.tn, pair.total - reference, pair.total - prediction),
    )
    return (cell for cell in table if cell[0])


def _mutual_information(pair: MaskPair, _: MetricSettings) -> MetricValue:
    if not pair.total:
        return pair.undefined('there is no voxel', 'bits')
    bits = sum(n * log2(n * pair.total / (row * column)) for n, row, column in _cells(pair))
    # The terms cancel where the masks are independent; what is left of them is rounding.
    return pair.number(max(bits, 0.0) / pair.total, 'bits')


def _variation_of_information(pair: MaskPair, _: MetricSettings) -> MetricValue:
    if not pair.total:
        return pair.undefined('there is no voxel', 'bits')
    bits = sum(n * (log2(row / n) + log2(column / n)) for n, row, column in _cells(pair))
    return pair.number(bits / pair.total, 'bits')


METRICS = (
    MetricSpec(
        key='mutual_information_bits',
        title='Mutual information',
        family='information',
        unit='bits',
        better='higher',
        range=(0, 1),
        formula='H(R) + H(P) - H(R, P), logarithm to base 2',
        summary='How much of one mask is known from the other, in bits per voxel; other tools give nats '
        '(1 bit is 0.693 nats).',
        blind_spot='Which errors; and it shrinks with the field of view, as structure becomes rare. A mask and its '
        'complement tell all of each other.',
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=_mutual_information,
        domain_dependent=True,
        states=(0, 0, 0),
    ),
    MetricSpec(
        key='variation_of_information_bits',
        title='Variation of information',
        family='information',
        unit='bits',
        better='lower',
        range=(0, 2),
        formula='H(R | P) + H(P | R), logarithm to base 2',
        summary='What remains to be said of each mask when the other is known, in bits per voxel. A distance: it obeys '
        'the triangle inequality.',
        blind_spot='Which errors; and it shrinks with the field of view. A mask and its complement are at distance 0.',
        source='Meila 2003, doi:10.1007/978-3-540-45167-9_14',
        compute=_variation_of_information,
        domain_dependent=True,
        states=(0, COMPUTED, COMPUTED),
    ),
)
