"""What can be done with a consensus: take it as the reference of the case, or write it to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.made import LABELS, SOFT, Made, mask_of
from napari_segrobust.ui.review.rule_words import title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases import Case

#: Most bytes of a soft reference: it has a channel for each label up to its own.
_MOST_BYTES = 2 << 30


def reference_name(made: Made) -> str:
    """Name of the consensus as a reference; ties stay out, and the name says so."""
    return title_of(made.rule, made.raters) + (' (ties out)' if made.ties else '')


def with_consensus(case: Case, made: Made, label: int, raters: Sequence[str], where: str) -> Case:
    """Return the case with the consensus among its references; it never becomes a rater.

    Parameters
    ----------
    case : Case
    made : Made
    label : int
        That it is about.
    raters : sequence of str
        References that are raters: they stay the only ones, also where none had the role before.
    where : str
        "region" or "whole array".

    Raises
    ------
    ReviewError
        A soft reference that would need too much memory.
    """
    name, title = reference_name(made), title_of(made.rule, made.raters)
    references = {**case.references, name: mask_of(made, label)}
    soft = dict(case.soft_references)
    if made.rule == SOFT:
        soft[name] = _channels(made, label)
    what = 'all labels' if made.rule == LABELS else case.label_name(label)
    note = f'{title}: {what}, {where}, made of {", ".join(raters)}'
    if made.ties:
        note += f'; {made.ties:,} tied voxels are out'
    if made.unseen:
        note += f'; {made.unseen:,} voxels at which nobody looked are out'
    facts = {'rule': made.rule, 'where': where, 'label': label, 'raters': list(raters), 'tied_voxels': made.ties}
    known = {key: fact for key, fact in case.provenance.get('references', {}).items() if key != name}
    return case.with_masks(
        references=references,
        soft_references=soft,
        raters=tuple(raters),
        notes=(*(old for old in case.notes if not old.startswith(f'{title}:')), note),
        provenance={**case.provenance, 'references': {**known, name: {'consensus': facts}}},
    )


def _channels(made: Made, label: int) -> NDArray[np.float32]:
    """Probabilities (label + 1, [Z,] Y, X), background first."""
    share: NDArray[Any] = np.nan_to_num(made.array)
    if (label + 1) * share.nbytes > _MOST_BYTES:
        why = f'label {label} would need {label + 1} channels of the whole image'
        raise ReviewError('No soft reference', why, 'Give the label a smaller value, or use a majority.')
    channels = np.zeros((label + 1, *share.shape), np.float32)
    channels[0], channels[label] = 1 - share, share
    return channels
