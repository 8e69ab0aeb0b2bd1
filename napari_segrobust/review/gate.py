"""What must hold before any number: one grid, one meaning of a label, masks that differ, nobody mirrored.

A rater who did not look somewhere says nothing there: that is missing, not background. A second reading by the same
rater is a session of that rater, not another vote. What is suspected is refused until a person has looked at it and
names the rater in ``allow``; where masks have no names there is nobody to ask, and it stands among the findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.cases.preflight import Finding
from napari_segrobust.compare.counts import as_labels
from napari_segrobust.errors import ReviewError
from napari_segrobust.review.consensus import consensus
from napari_segrobust.review.meaning import differing
from napari_segrobust.review.suspicion import Suspicion, suspect
from napari_segrobust.review.votes import Votes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.review.meaning import Meanings

    Raters = Mapping[str, NDArray[Any]] | Sequence[NDArray[Any]] | NDArray[Any]
    Valid = Mapping[str, NDArray[Any]] | NDArray[Any] | None


@dataclass(frozen=True, eq=False)
class Admitted:
    """What came through the gate.

    Attributes
    ----------
    votes : Votes
        First reading of each rater.
    again : tuple of (str, str, Votes)
        Further readings: the rater, the name of the reading, and both masks, the first reading first.
    findings : tuple of Finding
        What a reader of the numbers should know.
    doubts : tuple of Doubt
        What a person must look at, or has: those are among the findings, too.
    """

    votes: Votes
    again: tuple[tuple[str, str, Votes], ...]
    findings: tuple[Finding, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Doubt:
    """What only a person can settle.

    Attributes
    ----------
    kind : {'copy', 'meaning', 'flipped', 'shifted', 'label'}
    what, why, remedy : str
    raters : tuple of str
        Whom it is about; to name one of them in ``allow`` settles it.
    allowed : bool
        Whether that was done.
    label : int or None
        The label that the rater may mean.
    """

    kind: Literal['copy', 'meaning', 'flipped', 'shifted', 'label']
    what: str
    why: str
    remedy: str
    raters: tuple[str, ...]
    allowed: bool = False
    label: int | None = None

    @property
    def error(self) -> ReviewError:
        """The refusal."""
        return ReviewError(self.what, self.why, f'{self.remedy}; if it is right, name {self.raters[-1]} in allow.')

    @property
    def finding(self) -> Finding:
        """What stands beside the numbers."""
        if self.allowed:
            return Finding('warning', self.what, self.why, 'It takes part because it was allowed.')
        return Finding('problem', self.what, self.why, self.error.remedy)


def named(raters: Raters, names: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
    """Give every mask a name: its own, one of `names`, or "rater 1" and so on.

    Raises
    ------
    ReviewError
        No masks, or names that do not fit or occur twice.
    CompareError
        An array that is no label mask.
    """
    if isinstance(raters, Mapping):
        pairs = [(str(name), mask) for name, mask in raters.items()]
    else:
        masks = list(raters)
        known = [f'rater {i}' for i in range(1, len(masks) + 1)] if names is None else [str(name) for name in names]
        if len(known) != len(masks):
            raise ReviewError('Names do not fit', f'{len(known)} for {len(masks)} masks', 'Give one name per mask.')
        pairs = list(zip(known, masks, strict=True))
    twice = sorted({name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1})
    if twice:
        raise ReviewError('Two raters of one name', ', '.join(twice), 'Give every mask its own name.')
    if not pairs:
        raise ReviewError('No raters', 'there is no mask', 'Give the masks of two or more raters.')
    found = {name: as_labels(np.asarray(mask), f'mask of {name}') for name, mask in pairs}
    first, shape = next((name, mask.shape) for name, mask in found.items())
    for name, mask in found.items():
        if mask.shape != shape:
            why = f'{name} has {mask.shape}, {first} {shape}'
            raise ReviewError('Masks not on one grid', why, 'Give masks of one image.')
    return found


def admit(
    masks: Mapping[str, NDArray[Any]],
    label: int | Mapping[str, int],
    spacing: Sequence[float] | None,
    valid: Valid = None,
    sessions: Mapping[str, str] | None = None,
    allow: Sequence[str] = (),
    letters: Sequence[tuple[str, str]] | None = None,
    *,
    meanings: Meanings | None = None,
    strict: bool = True,
) -> Admitted:
    """Let masks through, or say why not.

    Parameters
    ----------
    masks : mapping of str to ndarray of int, each of shape ([Z,] Y, X)
        As `named` gives them.
    label : int, or mapping of rater to int
        Which value is meant; a rater that is not in a mapping means 1.
    spacing : sequence of float or None
        In mm in array order.
    valid : ndarray of bool, shape ([Z,] Y, X) or (R, [Z,] Y, X), or mapping of rater to ndarray, optional
        Where each rater looked.
    sessions : mapping of str to str, optional
        Mask to rater, where a rater read twice.
    allow : sequence of str
        Raters whose suspicious masks a person has looked at.
    letters : sequence of (str, str), optional
        Ends of each axis, to name a flip.
    meanings : mapping of str to mapping of int to str, optional
        Names of label values, by mask.
    strict : bool
        Whether a suspicious mask is refused; else it takes part and stands among the findings as a problem.

    Returns
    -------
    Admitted

    Raises
    ------
    ReviewError
        Fewer than two raters, the same mask twice, a label of several names, a mask that fits the others flipped,
        shifted or under another label, or arguments that do not fit.
    """
    sessions, steps = dict(sessions or {}), _checked_spacing(masks, spacing)
    _known(masks, (*sessions, *sessions.values(), *allow), {*sessions.values()})
    looked = _looked(masks, valid)
    if isinstance(label, Mapping):
        _known(masks, tuple(label), set())
    values = {name: label if isinstance(label, int | np.integer) else label.get(name, 1) for name in masks}
    if any(not 0 < value <= 65_535 for value in values.values()):
        raise ReviewError('Not a label', f'{values}', 'Labels are whole numbers from 1; 0 is the background.')
    drawn = {
        name: (mask == values[name]) if looked[name] is None else (mask == values[name]) & looked[name]
        for name, mask in masks.items()
    }
    owner = {name: sessions.get(name, name) for name in masks}
    firsts = {owner[name]: name for name in reversed(list(masks))}
    first_readings = [name for name in masks if firsts[owner[name]] == name]
    if len(first_readings) < 2:
        why = f'there is {"only " if first_readings else "no rater but "}{first_readings[0]}'
        raise ReviewError('No agreement of one rater', why, 'Give the masks of two or more raters.')

    def votes_of(names: Sequence[str], called: Sequence[str]) -> Votes:
        return Votes(tuple(called), tuple(drawn[n] for n in names), tuple(looked[n] for n in names), steps)

    doubts = [*_twins(masks, drawn, owner), *_meanings(values, meanings or {})]
    votes = votes_of(first_readings, [owner[name] for name in first_readings])
    findings = [*_coverage(votes), *_empty(votes, masks, first_readings, values)]
    again = tuple(
        (owner[name], name, votes_of((firsts[owner[name]], name), (firsts[owner[name]], name)))
        for name in masks
        if name not in first_readings
    )
    suspicions = _suspicions(votes, masks, first_readings, values, letters)
    for rater, name, readings in again:
        first = readings.masks[0]
        again_doubt = suspect(name, masks[name], values[name], first, f'the first reading of {rater}', letters)
        suspicions += [] if again_doubt is None else [again_doubt]
    doubts += [
        Doubt(s.kind, s.title, s.detail, 'Look at it over the image', (s.rater,), label=s.label) for s in suspicions
    ]
    doubts = [replace(doubt, allowed=not {*doubt.raters}.isdisjoint(allow)) for doubt in doubts]
    refused = next((doubt for doubt in doubts if not doubt.allowed), None)
    if strict and refused is not None:
        raise refused.error
    return Admitted(votes, again, (*findings, *(doubt.finding for doubt in doubts)), tuple(doubts))


def _checked_spacing(masks: Mapping[str, NDArray[Any]], spacing: Sequence[float] | None) -> tuple[float, ...] | None:
    if spacing is None:
        return None
    steps, ndim = tuple(float(step) for step in spacing), next(iter(masks.values())).ndim
    if len(steps) != ndim or not all(np.isfinite(step) and step > 0 for step in steps):
        why = f'{steps} for masks with {ndim} axes'
        raise ReviewError('Spacing unusable', why, f'Give {ndim} positive numbers in mm, in array order.')
    return steps


def _known(masks: Mapping[str, NDArray[Any]], said: Sequence[str], owners: set[str]) -> None:
    unknown = [name for name in said if name not in masks and name not in owners]
    if unknown:
        why = f'{", ".join(unknown)}; there are {", ".join(masks)}'
        raise ReviewError('Unknown rater', why, 'Use the names of the masks.')


def _looked(masks: Mapping[str, NDArray[Any]], valid: Valid) -> dict[str, NDArray[np.bool_] | None]:
    shape = next(iter(masks.values())).shape
    if valid is None:
        return dict.fromkeys(masks)
    if isinstance(valid, Mapping):
        _known(masks, tuple(valid), set())
        given = {name: valid.get(name) for name in masks}
    else:
        array = np.asarray(valid)
        one = array.shape == shape
        if not one and array.shape != (len(masks), *shape):
            why = f'{array.shape} for {len(masks)} masks of {shape}'
            raise ReviewError('Valid voxels do not fit', why, 'Give one flag per voxel, or per rater and voxel.')
        given = {name: array if one else array[i] for i, name in enumerate(masks)}
    found: dict[str, NDArray[np.bool_] | None] = {}
    for name, flags in given.items():
        if flags is not None and np.shape(flags) != shape:
            why = f'{np.shape(flags)} of {name} for masks of {shape}'
            raise ReviewError('Valid voxels do not fit', why, 'Give one flag per voxel.')
        # What is all valid is as good as not said.
        found[name] = None if flags is None or np.all(flags) else np.asarray(flags, bool)
    return found


def _twins(
    masks: Mapping[str, NDArray[Any]], drawn: Mapping[str, NDArray[np.bool_]], owner: Mapping[str, str]
) -> list[Doubt]:
    """One mask under two names; two raters who see nothing are no copies."""
    sizes = {name: int(np.count_nonzero(mask)) for name, mask in drawn.items()}
    remedy = 'Leave one out, or say that it is a session of one rater'
    return [
        Doubt('copy', 'The same mask twice', f'{one} and {other} are equal in every voxel', remedy, (one, other))
        for one, other in combinations(masks, 2)
        if owner[one] != owner[other] and 0 < sizes[one] == sizes[other] and np.array_equal(masks[one], masks[other])
    ]


def _meanings(values: Mapping[str, int], meanings: Meanings) -> list[Doubt]:
    """One number under several names."""
    why = differing(values, meanings)
    if why is None:
        return []
    remedy = "Say the label by its name, or each rater's value"
    return [Doubt('meaning', 'A label of several names', why, remedy, tuple(values))]


def _coverage(votes: Votes) -> list[Finding]:
    found = []
    for name, looked in zip(votes.names, votes.looked, strict=True):
        if looked is not None:
            share = 1 - np.count_nonzero(looked) / looked.size
            detail = f'{share:.1%} of the voxels are missing, and count for nothing'
            found.append(Finding('note', f'{name} did not look everywhere', detail))
    return found


def _empty(
    votes: Votes, masks: Mapping[str, NDArray[Any]], readings: Sequence[str], values: Mapping[str, int]
) -> list[Finding]:
    found = []
    for name, reading, size in zip(votes.names, readings, votes.sizes, strict=True):
        if not size:
            others = [int(value) for value in np.flatnonzero(np.bincount(masks[reading].ravel())) if value]
            holds = f'only {", ".join(map(str, others[:8]))}' if others else 'nothing at all'
            detail = f'no voxel of label {values[reading]}, {holds}'
            found.append(Finding('warning', f'{name} is empty', detail, 'Make sure that it is meant so.'))
    return found


def _suspicions(
    votes: Votes,
    masks: Mapping[str, NDArray[Any]],
    readings: Sequence[str],
    values: Mapping[str, int],
    letters: Sequence[tuple[str, str]] | None,
) -> list[Suspicion]:
    found, patterns = [], votes.patterns()
    # Of two raters, which one is wrong cannot be said: the second is held against the first.
    judged = range(1, 2) if len(readings) == 2 else range(len(readings))
    for j in judged:
        # Where the others have nothing in common, nobody can be held against them.
        reference = consensus(patterns.without(j), 'majority').mask(votes)
        looked = votes.looked[j]
        if looked is not None:
            reference &= looked
        against = votes.names[0] if len(readings) == 2 else 'the others'
        labels = masks[readings[j]]
        labels = labels if looked is None else labels * looked
        suspicion = suspect(votes.names[j], labels, values[readings[j]], reference, against, letters)
        if suspicion is not None:
            found.append(suspicion)
    return sorted(found, key=lambda suspicion: suspicion.now - suspicion.then)
