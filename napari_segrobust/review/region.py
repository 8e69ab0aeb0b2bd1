"""Where agreement is measured: the box of everything that any rater drew, grown by a margin.

A number that corrects for chance counts the background too, so it rises with every row of air around the structure. It
is therefore given twice: on this region, which is the same whatever the scan's field of view, and on the full array.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from napari_segrobust.review.votes import Votes

#: Margin in voxels that is used unless another is asked for, and the one that STAPLE is shown beside.
MARGIN, WIDE_MARGIN = 2, 10


@dataclass(frozen=True)
class Region:
    """A box around the masks of all raters.

    Attributes
    ----------
    box : tuple of slice
        Half-open, in the array.
    margin : int
        Voxels on each side.
    clipped : bool
        Whether the array ends before the margin does.
    spacing : tuple of float or None
    """

    box: tuple[slice, ...]
    margin: int
    clipped: bool
    spacing: tuple[float, ...] | None

    @property
    def voxels(self) -> int:
        """Voxels of the box."""
        return prod(self.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each axis."""
        return tuple(side.stop - side.start for side in self.box)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; lengths in mm are None without spacing."""
        steps = self.spacing
        return {
            'margin': self.margin,
            'margin_mm': None if steps is None else [self.margin * step for step in steps],
            'start': [side.start for side in self.box],
            'stop': [side.stop for side in self.box],
            'size_mm': None if steps is None else [n * step for n, step in zip(self.shape, steps, strict=True)],
            'voxels': self.voxels,
            'clipped': self.clipped,
        }


def region_of(votes: Votes, margin: int) -> Region | None:
    """Grow the box of the union of all raters.

    Parameters
    ----------
    votes : Votes
    margin : int
        In voxels, 0 or more; as far as the array goes.

    Returns
    -------
    Region or None
        None where no rater drew anything.

    Raises
    ------
    ReviewError
        A margin that is not a whole number from 0.
    """
    if margin != int(margin) or margin < 0:
        raise ReviewError('Margin unusable', f'{margin}', 'Give a whole number of voxels from 0, or None.')
    if votes.box is None:
        return None
    margin = int(margin)
    wanted = [(side.start - margin, side.stop + margin) for side in votes.box]
    box = tuple(slice(max(low, 0), min(high, n)) for (low, high), n in zip(wanted, votes.shape, strict=True))
    clipped = [(side.start, side.stop) for side in box] != wanted
    return Region(box, margin, clipped, votes.spacing)
