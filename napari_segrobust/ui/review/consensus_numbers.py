"""The numbers of every consensus side by side, and what stands behind one of them, as rows of words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.digits import MINUS, three_digits
from napari_segrobust.review.consensus import RULES, consensus, weights_of
from napari_segrobust.review.made import LABELS, SOFT
from napari_segrobust.review.simple import simple
from napari_segrobust.review.soft import soft_numbers
from napari_segrobust.review.staple_labels import staple_labels
from napari_segrobust.ui.review.consensus_maps import volume_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.review import Agreement, Patterns

NONE = '\N{EN DASH}'


@dataclass(frozen=True)
class Rows:
    """A small table.

    Attributes
    ----------
    header : tuple of str
    keys : tuple of str
        Of each row: a rule, or a rater.
    cells : tuple of tuple of str
        Without the first column, which names the key.
    words : tuple of str
        What is said above it.
    """

    header: tuple[str, ...]
    keys: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    words: tuple[str, ...] = ()


def rule_rows(agreement: Agreement, whole: bool) -> Rows:
    """Volumes of all rules: in voxels, in the unit of the masks, and what is tied."""
    patterns, votes = _patterns(agreement, whole), agreement.votes
    majority = consensus(patterns, 'majority').voxels
    cells = []
    for rule in RULES:
        made = consensus(patterns, rule)
        against = NONE if rule == 'majority' else _change(majority, made.voxels)
        tied = volume_words(made.tie_voxels, votes) if made.tie_voxels else NONE
        cells.append((f'{made.voxels:,}', volume_words(made.voxels, votes), tied, against))
    share = np.where(patterns.looked > 0, np.nan_to_num(patterns.fraction), 0)
    expected = float(patterns.counts @ share)
    cells.append((three_digits(round(expected)), volume_words(expected, votes), NONE, _change(majority, expected)))
    return Rows(('rule', 'voxels', 'volume', 'tied', 'change'), (*RULES, SOFT), tuple(cells))


def rater_rows(agreement: Agreement, rule: str, whole: bool, masks: Mapping[str, NDArray[np.integer]]) -> Rows:
    """What a rule says of each rater, and of itself."""
    votes = agreement.votes
    patterns = _patterns(agreement, whole)
    if rule == 'staple':
        return _staple_rows(agreement, whole)
    if rule == 'simple':
        found = simple(patterns)
        dropped = int(np.count_nonzero(~found.kept))
        words = f'{_raters(dropped)} dropped after {found.iterations} iterations'
        cells = tuple(
            ('kept' if kept else 'dropped', _number(weight) if kept else '0')
            for kept, weight in zip(found.kept, found.weights, strict=True)
        )
        return Rows(('rater', '', 'weight'), votes.names, cells, (words,))
    if rule == 'weighted':
        cells = tuple((_number(weight),) for weight in weights_of(patterns))
        return Rows(('rater', 'weight'), votes.names, cells, ('Weight: Dice with the majority of the others.',))
    if rule == SOFT:
        semimetric = soft_numbers(votes).get('raters', {}).get('dice_semimetric', [None] * len(votes.names))
        cells = tuple((_number(value),) for value in semimetric)
        return Rows(('rater', 'DML'), votes.names, cells, ('Dice semimetric of each with the mean of the others.',))
    if rule == LABELS:
        return _label_rows(agreement, whole, masks)
    cells = tuple((f'{size:,}', volume_words(size, votes)) for size in votes.sizes)
    return Rows(('rater', 'voxels', 'volume'), votes.names, cells)


def margin_words(agreement: Agreement) -> tuple[str, ...]:
    """How far STAPLE depends on the background: its volumes at two margins and on the full array, in words."""
    sizes = {key: found.voxels(agreement.staple_patterns(key)) for key, found in agreement.staples.items()}
    margins = sorted(int(key) for key in sizes if key != 'full')
    votes = agreement.votes

    def said(key: str) -> str:
        voxels = sizes[key]
        return f'{voxels:,} voxels' + ('' if votes.spacing is None else f' ({volume_words(voxels, votes)})')

    full = f'full array: {said("full")}'
    if len(margins) < 2:
        return (full,)
    narrow, wide = margins[0], margins[-1]
    before, after = sizes[str(narrow)], sizes[str(wide)]
    if before == after:
        return f'{said(str(narrow))} at margins of {narrow} and of {wide}', full
    verb, change = 'grows' if after > before else 'shrinks', _change(before, after)
    more = f'with {wide - narrow} more voxels of margin'
    return f'{verb} from {said(str(narrow))} to {said(str(wide))}, {change}, {more}', full


def _staple_rows(agreement: Agreement, whole: bool) -> Rows:
    key = 'full' if whole or agreement.region is None else str(agreement.margin)
    found = agreement.staples[key]
    ended = 'converged' if found.converged else 'not converged'
    *margins, full = margin_words(agreement)
    words = (*margins, f'{full}; {found.iterations:,} iterations, {ended}')
    cells = tuple(zip(map(_rate, found.sensitivity), map(_rate, found.specificity), strict=True))
    return Rows(('rater', 'sensitivity', 'specificity'), agreement.votes.names, cells, words)


def _label_rows(agreement: Agreement, whole: bool, masks: Mapping[str, NDArray[np.integer]]) -> Rows:
    """How probably each rater draws a label where it is true: the least of all labels, background left out."""
    names = agreement.votes.names
    box = None if whole or agreement.region is None else agreement.region.box
    found = staple_labels([masks[name] for name in names], box)
    ended = 'converged' if found.converged else 'not converged'
    right = np.diagonal(found.confusion, axis1=1, axis2=2)
    cells = []
    for row in right:
        known = [(value, label) for value, label in zip(row, found.values, strict=True) if label and np.isfinite(value)]
        worst = min(known, default=None)
        cells.append((NONE, NONE) if worst is None else (_number(worst[0]), str(worst[1])))
    labels = len([value for value in found.values if value])
    words = (f'{labels} label{"" if labels == 1 else "s"}, {found.iterations:,} iterations, {ended}',)
    return Rows(('rater', 'least sensitivity', 'of label'), names, tuple(cells), words)


def _patterns(agreement: Agreement, whole: bool) -> Patterns:
    return agreement.full_patterns if whole else agreement.patterns


def _change(before: float, after: float) -> str:
    """Relative change as "+72 %"."""
    if not before:
        return NONE
    percent = 100 * (after - before) / before
    if abs(percent) < 0.05:
        return '0 %'
    return f'{"+" if percent > 0 else MINUS}{three_digits(abs(percent))} %'


def _raters(count: int) -> str:
    return f'{count or "no"} rater{"" if count == 1 else "s"}'


def _number(value: float | None) -> str:
    return NONE if value is None else three_digits(float(value))


def _rate(value: float) -> str:
    return three_digits(float(value)) if math.isfinite(value) else 'undefined'
