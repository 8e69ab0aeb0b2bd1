"""What raters mean by a label: equal numbers are not equal names, and a name may stand for other numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from napari_segrobust.cases.label_tables import plain_name
from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases import Case

#: Names of label values, for each mask whose file has them.
Meanings: TypeAlias = 'Mapping[str, Mapping[int, str]]'
#: Masks in the provenance of a case.
_ROLES = ('references', 'predictions', 'raters')


def meanings_of(case: Case) -> Meanings:
    """Names of the labels in the files of a case's masks."""
    facts = {name: fact for role in _ROLES for name, fact in case.provenance.get(role, {}).items()}
    return {name: fact['labels'] for name, fact in facts.items() if fact.get('labels')}


def values_of(label: str, raters: Iterable[str], meanings: Meanings) -> dict[str, int]:
    """Value by which each rater means a label of this name; letter case, blanks, hyphens and underscores do not count.

    Parameters
    ----------
    label : str
    raters : iterable of str
    meanings : mapping of rater to mapping of int to str
        A rater without names means what all others mean.

    Raises
    ------
    ReviewError
        A rater who has names, and not this one; nobody who has it; a rater without names among others who differ.

    Examples
    --------
    >>> values_of('liver', ['anna', 'ben'], {'anna': {1: 'Liver'}, 'ben': {1: 'spleen', 2: 'liver'}})
    {'anna': 1, 'ben': 2}
    """
    raters = list(raters)
    found: dict[str, int] = {}
    for rater in raters:
        names = meanings.get(rater)
        if not names:
            continue
        values = [value for value, name in names.items() if plain_name(name) == plain_name(label)]
        if len(values) != 1:
            has = ', '.join(f'{value} {name}' for value, name in names.items())
            raise ReviewError('No label of that name', f'{rater} has {has}', f'Say which value is {label}.')
        found[rater] = values[0]
    nameless = [rater for rater in raters if rater not in found]
    if nameless and len(set(found.values())) != 1:
        why = f'there are no names of labels with {", ".join(nameless)}'
        raise ReviewError('No label of that name', why, f'Say which value is {label}.')
    return {rater: found.get(rater, next(iter(found.values()))) for rater in raters}


def differing(values: Mapping[str, int], meanings: Meanings) -> str | None:
    """Say who means what, where the names of what raters mean differ; None where they do not."""
    named = {rater: meanings.get(rater, {}).get(value) for rater, value in values.items()}
    known = {rater: name for rater, name in named.items() if name is not None}
    if len({plain_name(name) for name in known.values()}) < 2:
        return None
    return ', '.join(f'{values[rater]} is {name} for {rater}' for rater, name in known.items())


def names_of(meanings: Iterable[Mapping[int, str]]) -> list[str]:
    """Every name once, as it is written first."""
    found: dict[str, str] = {}
    for names in meanings:
        for name in names.values():
            found.setdefault(plain_name(name), name)
    return list(found.values())


def labels_of(masks: Sequence[NDArray[Any]]) -> list[int]:
    """Every value but 0 that any mask holds."""
    return sorted({int(value) for mask in masks for value in np.flatnonzero(np.bincount(mask.ravel())) if value})
