"""What is shown of each rater: who it is, what is meant, where they looked, and whether they count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.digits import three_digits
from napari_segrobust.review.meaning import meanings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.cases import Case
    from napari_segrobust.ui.review.state import Review

    #: Voxels of every value that a mask holds, by the mask's name; a mask that is not counted yet is missing.
    Counts = Mapping[str, Mapping[int, int]]

EVERYWHERE = 'everywhere'
NOBODY = 'no one else'


@dataclass(frozen=True)
class RaterRow:
    """One rater.

    Attributes
    ----------
    name, title : str
        Of the mask, and how it is called here.
    index : int
        Place among the raters, which gives letter and colour; -1 for a rater without a mask.
    included : bool
    values : dict of int to str
        What the mask holds, in words.
    value : int
        What is meant by the label.
    volume : str
        In ml or voxels; "pending" while it is counted.
    ml : float or None
        What a rater without a mask said.
    reading_of : str
        Whose further reading it is, `NOBODY` for a rater of its own.
    looked : str
        Where the rater looked.
    file : str
    path : str
        For the tooltip.
    level : {'', 'note', 'warning', 'problem'}
    state : str
        Whether it takes part, and why not.
    """

    name: str
    title: str
    index: int
    included: bool = True
    values: tuple[tuple[int, str], ...] = ()
    value: int = 1
    volume: str = ''
    ml: float | None = None
    reading_of: str = NOBODY
    looked: str = EVERYWHERE
    file: str = ''
    path: str = ''
    level: str = ''
    state: str = ''


def rows_of(review: Review, counts: Counts, looked: Mapping[str, str]) -> tuple[RaterRow, ...]:
    """Every mask that may take part, then those who gave a volume alone; `looked` says where they looked."""
    case, settings = review.case, review.settings
    if case is None:
        return ()
    rows = [
        _row(review, case, name, index, counts.get(name), looked.get(name, EVERYWHERE))
        for index, name in enumerate(review.candidates)
    ]
    rows += [
        RaterRow(name, name, -1, ml=ml, state='gave a volume and no mask') for name, ml in settings.volumes_ml.items()
    ]
    return tuple(rows)


def _row(review: Review, case: Case, name: str, index: int, counts: Mapping[int, int] | None, looked: str) -> RaterRow:
    settings = review.settings
    value = settings.labels.get(name, review.label)
    named = meanings_of(case).get(name, {})
    values = {v: f'{v} {named.get(v) or ("" if v not in case.labels else case.labels[v].name)}'.strip()
              for v in sorted({value, *(counts or {})}) if v}  # fmt: skip
    facts: Any = case.provenance.get('raters', {}).get(name) or case.provenance.get('references', {}).get(name) or {}
    path = str(facts.get('path', ''))
    made = 'simulated' if 'simulated' in facts or 'simulated' in name else str(facts.get('layer', ''))
    level, state = _state(review, name, value, counts)
    return RaterRow(
        name,
        review.title(name),
        index,
        name not in settings.left_out,
        tuple(values.items()),
        value,
        _volume(review, case, name, value, counts),
        None,
        settings.sessions.get(name, NOBODY),
        looked,
        Path(path).name if path else made or 'in memory',
        path,
        level,
        state,
    )


def _volume(review: Review, case: Case, name: str, value: int, counts: Mapping[int, int] | None) -> str:
    """Size of what is drawn, where the rater looked."""
    votes = None if review.admitted is None else review.admitted.votes
    if votes is not None and name in votes.names:
        voxels = votes.sizes[votes.names.index(name)]
    elif counts is None or name in review.settings.looked:
        return 'pending'
    else:
        voxels = counts.get(value, 0)
    spacing = case.geometry.spacing_mm
    if spacing is None:
        return f'{voxels:,} {"voxels" if case.ndim == 3 else "px"}'
    if case.ndim == 2:
        return f'{three_digits(voxels * float(np.prod(spacing)))} mm²'
    return f'{three_digits(voxels * float(np.prod(spacing)) / 1000)} ml'


def _state(review: Review, name: str, value: int, counts: Mapping[int, int] | None) -> tuple[str, str]:
    """Level and words, what is worst first."""
    settings = review.settings
    if name in settings.left_out:
        return '', 'left out'
    doubts = (
        []
        if review.admitted is None
        else [d for d in review.admitted.doubts if name == d.raters[-1] or (d.kind == 'meaning' and name in d.raters)]
    )
    for doubt in doubts:
        if not doubt.allowed:
            return 'problem', doubt.what.removeprefix(f'{name} ')
    if counts is not None and not counts.get(value):
        others = [v for v in counts if v]
        return (
            'warning',
            f'empty: {"nothing at all" if not others else "only label " + ", ".join(map(str, others[:5]))}',
        )
    if doubts:
        return 'warning', f'{doubts[0].what.removeprefix(f"{name} ")}: a person found it right'
    if name in settings.sessions:
        return 'note', 'a further reading, which does not vote'
    return '', 'takes part'


def looked_words(looked: NDArray[Any] | None) -> str:
    """Where somebody looked: everywhere, from slice to slice, in a box, or in a share of the voxels."""
    if looked is None or looked.all():
        return EVERYWHERE
    spans = spans_of(looked)
    if spans is None:
        return f'{np.count_nonzero(looked) / looked.size:.0%} of the voxels'
    words = [
        f'{axis} {low} to {high}'
        for axis, (low, high), n in zip('zyx'[-looked.ndim :], spans, looked.shape, strict=True)
        if (low, high) != (0, n - 1)
    ]
    return ', '.join(words)


def spans_of(looked: NDArray[Any]) -> tuple[tuple[int, int], ...] | None:
    """First and last index along each axis, where what is True fills a box; else None."""
    if not looked.any():
        return None
    spans = []
    for axis in range(looked.ndim):
        there = np.flatnonzero(looked.any(axis=tuple(a for a in range(looked.ndim) if a != axis)))
        spans.append((int(there[0]), int(there[-1])))
    filled = looked[tuple(slice(low, high + 1) for low, high in spans)].all()
    return tuple(spans) if filled else None


def box_of(spans: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """True from first to last index along each axis."""
    looked = np.zeros(shape, bool)
    looked[tuple(slice(low, high + 1) for low, high in spans)] = True
    return looked
