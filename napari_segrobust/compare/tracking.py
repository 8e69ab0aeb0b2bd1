"""Which errors changed: the items of one list held against those of another of the same reference.

The rule. Two items can be the same error when they are of one label and one direction (missed or extra) and share
voxels. The two that share most voxels are the same error; then, of those that are left, the two that share most; and
so on: each item has one counterpart at most. Ties go to the pair whose first shared voxel comes first.

- *grown*, *smaller*: it has a counterpart of another volume; *same*: of the same voxels; *moved*: of as many, others.
- *split off*: it shares voxels with an item of the baseline whose counterpart is another, larger part of it.
- *new*: it shares no voxel with an item of the baseline.
- *gone*: an item of the baseline that shares no voxel with an item now.

An item of the baseline that went into a larger one is neither listed nor gone. Held the other way round, what is new is
gone, and what has grown is smaller by as much. Both lists hold what lies beyond the tolerance: of what is gone, a rim
may be left.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.items import Change, ErrorItem, ErrorItems

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

#: Shared voxels, the first of them, place in the list now, place in that of the baseline.
Link = tuple[int, int, int, int]


def track_errors(now: ErrorItems, baseline: ErrorItems) -> ErrorItems:
    """Say of each item of `now` what became of it since `baseline`.

    Parameters
    ----------
    now, baseline : ErrorItems
        Of predictions on one grid, compared with one reference at one tolerance. Floors play no part.

    Returns
    -------
    ErrorItems
        `now`, with the `change` of each piece and with what is `gone`.
    """
    links = sorted(_links(now.pieces, baseline.pieces), key=lambda link: (-link[0], link[1]))
    counterpart: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    for shared, _, here, there in links:
        if here not in counterpart and there not in taken:
            counterpart[here] = there, shared
            taken.add(there)
    touched, touching = ({link[place] for link in links} for place in (2, 3))

    def change(place: int, item: ErrorItem) -> Change:
        if place not in counterpart:
            return Change('split off' if place in touched else 'new')
        there, shared = counterpart[place]
        before = baseline.pieces[there]
        if item.voxels != before.voxels:
            return Change('grown' if item.voxels > before.voxels else 'smaller', before.volume)
        return Change('same' if shared == item.voxels else 'moved', before.volume)

    return replace(
        now,
        pieces=tuple(replace(item, change=change(place, item)) for place, item in enumerate(now.pieces)),
        gone=tuple(
            replace(item, change=Change('gone', item.volume))
            for place, item in enumerate(baseline.pieces)
            if place not in touching
        ),
    )


def _links(now: Sequence[ErrorItem], baseline: Sequence[ErrorItem]) -> Iterator[Link]:
    """Pairs of items of one label and direction that share voxels."""
    here, there = _by_kind(now), _by_kind(baseline)
    for kind in here.keys() & there.keys():
        checkpoint()
        voxels, owner = _voxels(now, here[kind])
        others, other_owner = _voxels(baseline, there[kind])
        shared, first, second = np.intersect1d(voxels, others, assume_unique=True, return_indices=True)
        checkpoint()
        pair = owner[first] * len(baseline) + other_owner[second]
        pairs, start, count = np.unique(pair, return_index=True, return_counts=True)
        own, other = np.divmod(pairs, len(baseline))
        yield from zip(*(array.tolist() for array in (count, shared[start], own, other)), strict=True)


def _by_kind(items: Sequence[ErrorItem]) -> dict[tuple[int, int], list[int]]:
    """Places in the list by label and direction."""
    places = defaultdict(list)
    for place, item in enumerate(items):
        places[item.label, int(item.code)].append(place)
    return places


def _voxels(items: Sequence[ErrorItem], places: Sequence[int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Voxels of some items, and for each voxel the place of its item."""
    return np.concatenate([items[p].where for p in places]), np.repeat(places, [items[p].voxels for p in places])
