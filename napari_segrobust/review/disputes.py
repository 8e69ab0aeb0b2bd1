"""The list of disputes that can be settled one by one.

Voxels on which raters differ make one shell around every structure, which nobody can work through. It is taken apart:

- *objects* come first: a piece of what anybody drew, which some rater does not touch at all;
- the *rim*, within the tolerance of the consensus, is one item, settled by a rule;
- what lies deeper is split where depth has its peaks, each piece with the raters who are in and out at its peak.

Depth is the distance to the border of the strict majority, in which ties are outside. Objects are connected through all
neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from napari_segrobust.compare.components import label as connected
from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.surfaces import Surface, voxel_distances
from napari_segrobust.review.consensus import consensus
from napari_segrobust.review.maps import entropy_bits
from napari_segrobust.review.peaks import grouped, split_at_peaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_segrobust.review.votes import Patterns, Votes


Kind = Literal['object', 'deep', 'rim']
#: What it is, its voxels in the box (flat, ascending), and who is in and out where that is not read off the votes.
Piece: TypeAlias = 'tuple[Kind, NDArray[np.intp]] | tuple[Kind, NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]'
#: Peaks of depth that differ by less than this share of the tolerance from the saddle between them are one.
_PROMINENCE = 0.5


@dataclass(frozen=True, slots=True)
class Dispute:
    """One place where raters differ.

    Attributes
    ----------
    kind : {'object', 'deep', 'rim'}
    volume : float
        In the unit of the list.
    voxels : int
    depth : float or None
        Largest distance to the border of the consensus; None where the consensus is empty.
    entropy : float
        Mean entropy of the votes, in bits.
    inside, outside : tuple of str
        Raters who are in and out, at the deepest voxel; of an object, who touches it and who does not.
    slices : (int, int)
        Half-open along axis 0.
    position : tuple of int
        The deepest voxel.
    where : ndarray of int
        Its voxels: flat indices in the image (C order), ascending.
    """

    kind: Kind
    volume: float
    voxels: int
    depth: float | None
    entropy: float
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    slices: tuple[int, int]
    position: tuple[int, ...]
    where: NDArray[np.intp] = field(compare=False, repr=False)

    @property
    def weight(self) -> float:
        """Volume times entropy, by which the list is sorted."""
        return self.volume * self.entropy

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            'kind': self.kind,
            'volume': self.volume,
            'voxels': self.voxels,
            'depth': self.depth,
            'entropy_bits': self.entropy,
            'in': list(self.inside),
            'out': list(self.outside),
            'slices': list(self.slices),
            'position': list(self.position),
        }


@dataclass(frozen=True, eq=False)
class Disputes:
    """The list, whole objects first, then by volume times entropy.

    Attributes
    ----------
    items : tuple of Dispute
        Of at least the floor.
    rim : Dispute or None
    below_floor : int
        Pieces that are smaller.
    below_floor_volume : float
    floor : float
    unit : str
        Of volumes.
    """

    items: tuple[Dispute, ...]
    rim: Dispute | None
    below_floor: int
    below_floor_volume: float
    floor: float
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            'disputes': [item.to_dict() for item in self.items],
            'disputes_rim': None if self.rim is None else self.rim.to_dict(),
            'disputes_below_floor': {
                'items': self.below_floor,
                'volume': self.below_floor_volume,
                'floor': self.floor,
                'unit': self.unit,
            },
        }


def list_disputes(votes: Votes, tolerance: float, floor: float | None = None) -> Disputes:
    """List what raters differ on.

    Parameters
    ----------
    votes : Votes
    tolerance : float
        Width of the rim, in mm (voxels or pixels without spacing).
    floor : float, optional
        Smaller pieces are counted, not listed; in the unit of the volumes. Eight voxels when None.

    Returns
    -------
    Disputes
    """
    floor = 8 * votes.voxel_volume if floor is None else floor
    if votes.box is None:
        return Disputes((), None, 0, 0.0, floor, votes.volume_unit)
    return _Lister(votes, tolerance, floor).all()


class _Lister:
    """Voxels of the box of all raters, taken apart step by step."""

    def __init__(self, votes: Votes, tolerance: float, floor: float) -> None:
        self.votes, self.tolerance, self.floor = votes, tolerance, floor
        assert votes.box is not None
        self.box = votes.box
        self.patterns: Patterns = votes.patterns()
        self.number = votes.paint(self.patterns, np.arange(len(self.patterns.counts)), np.int32)[self.box]
        self.disputed = self._of((self.patterns.inside > 0) & (self.patterns.inside < self.patterns.looked))
        self.entropy = np.nan_to_num(entropy_bits(self.patterns.fraction))
        self.depth = self._depths()

    def _of(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = chosen[self.number]
        return mask

    def _depths(self) -> NDArray[np.float64]:
        """Distance of disputed voxels to the border of the consensus; infinite without one."""
        depth = np.full(self.disputed.shape, np.inf)
        agreed = consensus(self.patterns, 'majority').mask(self.votes)
        target = Surface.of(agreed, 1)
        origin = tuple(side.start for side in self.box)
        start = Surface.crop(self.disputed, origin, self.votes.shape)
        if not target.empty and not start.empty:
            steps = self.votes.spacing or (1.0,) * len(self.votes.shape)
            inner = tuple(slice(s.start - o, s.stop - o) for s, o in zip(start.box, origin, strict=True))
            depth[inner][start.mask] = voxel_distances(start, target, steps)
        return depth

    def all(self) -> Disputes:
        objects, rest = self._objects()
        limit = self.tolerance + 1e-9 * max(1.0, self.tolerance)
        near = rest & (self.depth <= limit)
        pieces = [*objects, *self._deep(rest & ~near)]
        least = self.floor * (1 - 1e-9)
        large = [piece for piece in pieces if len(piece[1]) * self.votes.voxel_volume >= least]
        left_out = sum(len(piece[1]) for piece in pieces) - sum(len(piece[1]) for piece in large)
        items = [self._item(*piece) for piece in large]
        return Disputes(
            tuple(sorted(items, key=lambda item: (item.kind != 'object', -item.weight, item.position))),
            self._item('rim', np.flatnonzero(near)) if near.any() else None,
            len(pieces) - len(large),
            left_out * self.votes.voxel_volume,
            self.floor,
            self.votes.volume_unit,
        )

    def _objects(self) -> tuple[list[Piece], NDArray[np.bool_]]:
        """Pieces of the union that some rater who looked there does not touch, and the disputed voxels elsewhere."""
        checkpoint()
        numbers, count = connected(self._of(self.patterns.inside > 0), 'full')
        drawn = np.flatnonzero(numbers)
        joint = np.zeros((count + 1, len(self.patterns.counts)), np.float32)
        joint[numbers.ravel()[drawn], self.number.ravel()[drawn]] = 1
        touching = np.asarray(joint @ (self.patterns.votes == 1) > 0)
        looking = np.asarray(joint @ (self.patterns.votes >= 0) > 0)
        alone = np.asarray((looking & ~touching).any(axis=1))
        of_objects = alone[numbers] & self.disputed
        where = np.flatnonzero(of_objects)
        found: list[Piece] = []
        for part in grouped(where, numbers.ravel()[where]):
            number = int(numbers.ravel()[part[0]])
            found.append(('object', part, touching[number], looking[number] & ~touching[number]))
        return found, self.disputed & ~of_objects

    def _deep(self, mask: NDArray[np.bool_]) -> Iterator[Piece]:
        if mask.any():
            for where in split_at_peaks(mask, self.depth, _PROMINENCE * self.tolerance):
                # Inside and outside of the consensus are different questions, however near.
                for part in self._sides(where):
                    yield 'deep', part

    def _sides(self, where: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        number = self.number.ravel()[where]
        isin = (2 * self.patterns.inside > self.patterns.looked)[number]
        for side in (isin, ~isin):
            if side.any():
                yield where[side]

    def _item(
        self,
        kind: Kind,
        where: NDArray[np.intp],
        inside: NDArray[np.bool_] | None = None,
        outside: NDArray[np.bool_] | None = None,
    ) -> Dispute:
        depths, numbers = self.depth.ravel()[where], self.number.ravel()[where]
        points = np.stack(np.unravel_index(where, self.depth.shape), axis=1) + [side.start for side in self.box]
        centre = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
        deepest = int(np.lexsort((centre, -depths))[0])
        votes = self.patterns.votes[numbers[deepest]]
        names = self.votes.names
        inside, outside = (votes == 1 if inside is None else inside), (votes == 0 if outside is None else outside)
        depth = float(depths[deepest])
        return Dispute(
            kind,
            len(where) * self.votes.voxel_volume,
            len(where),
            depth if np.isfinite(depth) else None,
            float(self.entropy[numbers].mean()),
            tuple(name for name, there in zip(names, inside, strict=True) if there),
            tuple(name for name, there in zip(names, outside, strict=True) if there),
            (int(points[:, 0].min()), int(points[:, 0].max()) + 1),
            tuple(int(index) for index in points[deepest]),
            np.ravel_multi_index(tuple(points.T), self.votes.shape),
        )
