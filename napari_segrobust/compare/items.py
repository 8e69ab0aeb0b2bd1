"""The list of errors that a person can work through.

Error voxels within the tolerance of the other mask are the *rim*: the border drawn a little differently. They are one
sum. What lies deeper is split into connected pieces, each of one of three kinds:

- a missed object: part of a reference component that the prediction does not touch;
- a spurious object: part of a predicted component that the reference does not touch;
- a deep error: anything else beyond the tolerance.

Depth is the distance of a missed voxel to the prediction, of an extra voxel to the reference. Components have full
connectivity (8 or 26 neighbours). Each label is looked at against everything else, so a voxel of a wrong class is
listed twice: as missed under the reference's label and as extra under the predicted one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.maps import ErrorCode
from napari_segrobust.compare.surfaces import Surface, voxel_distances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.compare.pair import MaskPair

Kind = Literal['missed object', 'spurious object', 'deep error']
Fate = Literal['new', 'grown', 'smaller', 'moved', 'same', 'split off', 'gone']


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an item since the baseline; see `napari_segrobust.compare.tracking`.

    Attributes
    ----------
    fate : str
    before : float
        Volume of the same error in the baseline, in the item's unit; 0 where it had none of its own.
    """

    fate: Fate
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One place to look at.

    Attributes
    ----------
    kind : str
        ``missed object``, ``spurious object`` or ``deep error``.
    code : ErrorCode
        Missed (false negative) or extra (false positive).
    label : int
    voxels : int
    volume : float
        In `unit`.
    unit : str
        "ml"; "mm^2" in 2D; "voxels" or "px^2" without spacing.
    depth : float or None
        Largest distance to the other mask, in `depth_unit`; None where that mask is empty.
    depth_unit : str
        "mm"; "voxels" or "px" without spacing.
    position : tuple of int
        The deepest voxel, always inside the item; the one nearest its centroid where the other mask is empty.
    box : tuple of (int, int)
        Half-open [start, stop) per axis.
    where : ndarray of int
        Its voxels: flat indices in the image (C order), ascending.
    change : Change or None
        None where it was not held against a baseline.
    """

    kind: Kind
    code: ErrorCode
    label: int
    voxels: int
    volume: float
    unit: str
    depth: float | None
    depth_unit: str
    position: tuple[int, ...]
    box: tuple[tuple[int, int], ...]
    where: NDArray[np.intp] = field(compare=False, repr=False)
    change: Change | None = field(default=None, compare=False)

    @property
    def slice(self) -> int:
        """Slice along axis 0 to show; 0 for a 2D image."""
        return self.position[0] if len(self.position) == 3 else 0

    @property
    def title(self) -> str:
        """What it is, in words."""
        return self.kind

    @property
    def kind_text(self) -> str:
        """FN or FP."""
        return 'FN' if self.code == ErrorCode.FALSE_NEGATIVE else 'FP'

    @property
    def size_text(self) -> str:
        """Such as "2.3 ml"."""
        return _amount(self.volume, self.unit)

    @property
    def change_text(self) -> str:
        """What became of it, such as "grown by 0.42 ml"; "" where it was not held against a baseline."""
        if self.change is None:
            return ''
        if self.change.fate in ('grown', 'smaller'):
            return f'{self.change.fate} by {_amount(abs(self.volume - self.change.before), self.unit)}'
        return self.change.fate

    @property
    def depth_text(self) -> str:
        """Such as "6.2 mm deep"."""
        return 'no counterpart' if self.depth is None else f'{self.depth:.1f} {self.depth_unit} deep'

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            'kind': self.kind,
            'code': int(self.code),
            'label': self.label,
            'voxels': self.voxels,
            'volume': self.volume,
            'unit': self.unit,
            'depth': self.depth,
            'depth_unit': self.depth_unit,
            'position': list(self.position),
            'box': [list(pair) for pair in self.box],
        }


@dataclass(frozen=True, eq=False)
class ErrorItems:
    """The list, worst first, and what it leaves out.

    Attributes
    ----------
    pieces : tuple of ErrorItem
        Everything beyond the tolerance, sorted by depth times volume, where a missing counterpart is as deep as the
        image.
    rims, regions : mapping of label to int
        Error voxels within the tolerance of the other mask; connected regions of error voxels that lie wholly there.
    voxel_volume : float
        In `unit`.
    unit : str
    floor : float
        Smaller pieces are counted, not listed; in `unit`.
    gone : tuple of ErrorItem
        Pieces of the baseline of which nothing is left, worst first.
    """

    pieces: tuple[ErrorItem, ...]
    rims: Mapping[int, int]
    regions: Mapping[int, int]
    voxel_volume: float
    unit: str
    floor: float = 0.0
    gone: tuple[ErrorItem, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def items(self) -> tuple[ErrorItem, ...]:
        """Pieces of at least the floor."""
        return tuple(item for item in self.pieces if item.volume >= self.floor)

    @cached_property
    def former(self) -> tuple[ErrorItem, ...]:
        """What the baseline lists and this does not: now below the floor, or gone."""
        shrunk = (p for p in self.pieces if p.change is not None and p.volume < self.floor <= p.change.before)
        return (*shrunk, *(item for item in self.gone if item.volume >= self.floor))

    @property
    def total(self) -> int:
        """All pieces, and the regions that lie wholly in the rim."""
        return len(self.pieces) + sum(self.regions.values())

    @property
    def below_floor(self) -> int:
        """Pieces that are smaller than the floor."""
        return len(self.pieces) - len(self.items)

    @property
    def rim_voxels(self) -> int:
        """Error voxels within the tolerance of the other mask."""
        return sum(self.rims.values())

    @property
    def rim_volume(self) -> float:
        """The same in `unit`."""
        return self.rim_voxels * self.voxel_volume

    @property
    def nbytes(self) -> int:
        """Bytes of the items' voxels."""
        return sum(item.where.nbytes for item in (*self.pieces, *self.gone))

    def header(self) -> str:
        """Say how much there is to look at: "12 of 4,755 matter, the rest is rim"."""
        if not self.total:
            return 'no errors'
        rest = ['rim'] if self.rim_voxels else []
        rest += [f'below {self.floor:g} {self.unit}'] if self.below_floor else []
        return f'{len(self.items):,} of {self.total:,} matter' + (f', the rest is {" or ".join(rest)}' if rest else '')

    def above(self, floor: float) -> ErrorItems:
        """Return the same list with another floor."""
        return replace(self, floor=floor)

    def of(self, label: int | None) -> ErrorItems:
        """Return the list of one label; None is all of them."""
        if label is None:
            return self
        return replace(
            self,
            pieces=tuple(item for item in self.pieces if item.label == label),
            rims={label: self.rims.get(label, 0)},
            regions={label: self.regions.get(label, 0)},
            gone=tuple(item for item in self.gone if item.label == label),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            'header': self.header(),
            'total': self.total,
            'below_floor': self.below_floor,
            'floor': self.floor,
            'unit': self.unit,
            'rim': {'voxels': self.rim_voxels, 'volume': self.rim_volume},
            'items': [item.to_dict() for item in self.items],
        }


def list_errors(
    pairs: Iterable[tuple[int, MaskPair]], tolerance: float, shape: Sequence[int], floor: float = 0.0
) -> ErrorItems:
    """List the errors of several labels.

    Parameters
    ----------
    pairs : iterable of (label, MaskPair)
    tolerance : float
        Width of the rim, in mm (voxels or pixels without spacing).
    shape : sequence of int
        Of the image. An item without counterpart is sorted as if it were as deep as its diagonal is long.
    floor : float
        Pieces smaller than this are counted but not listed; in ml (mm^2 in 2D; voxels or px^2 without spacing).

    Returns
    -------
    ErrorItems
    """
    items: list[ErrorItem] = []
    rims: dict[int, int] = {}
    regions: dict[int, int] = {}
    volume, unit, extent = 1.0, 'voxels', 0.0
    for label, pair in pairs:
        volume, unit = pair.voxel_volume, pair.volume_unit
        extent = float(np.linalg.norm(np.multiply(shape, pair.spacing or 1.0)))
        rims[label] = regions[label] = 0
        for own, other, code in (
            (pair.reference, pair.prediction, ErrorCode.FALSE_NEGATIVE),
            (pair.prediction, pair.reference, ErrorCode.FALSE_POSITIVE),
        ):
            checkpoint()
            errors = Surface.crop(own.mask & ~_overlap(own, other), own.origin, own.image_shape)
            if errors.empty:
                continue
            found, shallow, near = _deep_items(label, pair, code, errors, own, other, tolerance, shape)
            items += found
            regions[label] += shallow
            rims[label] += near
    items.sort(key=lambda item: (-item.volume * (extent if item.depth is None else item.depth), item.position))
    return ErrorItems(tuple(items), rims, regions, volume, unit, floor)


def _deep_items(
    label: int,
    pair: MaskPair,
    code: ErrorCode,
    errors: Surface,
    own: Surface,
    other: Surface,
    tolerance: float,
    shape: Sequence[int],
) -> tuple[list[ErrorItem], int, int]:
    """Items of one direction, the number of error regions without a deep voxel, and the number of rim voxels."""
    where = np.flatnonzero(errors.mask)
    depths = np.full(len(where), np.inf)
    if not other.empty:
        depths = voxel_distances(errors, other, pair.spacing or (1.0,) * pair.ndim)
    is_deep = depths > tolerance + 1e-9 * max(1.0, tolerance)
    where, depths, rim = where[is_deep], depths[is_deep], len(where) - int(np.count_nonzero(is_deep))
    checkpoint()
    regions, shallow = _components(errors.mask)
    if not len(where):
        return [], shallow, rim
    shallow -= len(np.unique(regions.ravel()[where]))
    checkpoint()
    deep = np.zeros(errors.mask.shape, bool)
    deep.ravel()[where] = True
    number = _components(deep)[0].ravel()[where] - 1
    points = np.stack(np.unravel_index(where, deep.shape), axis=1) + errors.origin

    checkpoint()
    # Sort by piece, in it by depth, and among the equally deep by nearness to the piece's centroid.
    sizes = np.bincount(number)
    centroids = np.stack([np.bincount(number, weights=axis) / sizes for axis in points.T], axis=1)
    order = np.lexsort((((points - centroids[number]) ** 2).sum(axis=1), -depths, number))
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    spots = points[order][first]
    low = np.minimum.reduceat(points[order], first)
    high = np.maximum.reduceat(points[order], first) + 1
    checkpoint()
    flat = np.ravel_multi_index(tuple(points.T), tuple(shape))[np.argsort(number, kind='stable')]
    alone = _untouched(own, other)[tuple((spots - own.origin).T)]
    kind: Kind = 'missed object' if code == ErrorCode.FALSE_NEGATIVE else 'spurious object'
    items = [
        ErrorItem(
            kind if is_alone else 'deep error',
            code,
            label,
            voxels,
            voxels * pair.voxel_volume,
            pair.volume_unit,
            None if other.empty else depth,
            pair.length_unit,
            tuple(spot),
            tuple(zip(start, stop, strict=True)),
            flat[begin : begin + voxels],
        )
        for is_alone, voxels, depth, spot, start, stop, begin in zip(
            *(array.tolist() for array in (alone, sizes, depths[order][first], spots, low, high, first)), strict=True
        )
    ]
    return items, shallow, rim


def _overlap(own: Surface, other: Surface) -> NDArray[np.bool_]:
    """Return the other mask on the crop of `own`."""
    result = np.zeros(own.mask.shape, bool)
    common = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(own.box, other.box, strict=True)]
    if all(start < stop for start, stop in common):
        here, there = (
            tuple(slice(start - o, stop - o) for (start, stop), o in zip(common, surface.origin, strict=True))
            for surface in (own, other)
        )
        result[here] = other.mask[there]
    return result


def _untouched(own: Surface, other: Surface) -> NDArray[np.bool_]:
    """Components of `own` that share no voxel with the other mask, on the crop of `own`."""
    components, count = _components(own.mask)
    alone = np.ones(count + 1, bool)
    alone[components[own.mask & _overlap(own, other)]] = False
    alone[0] = False
    return np.asarray(alone[components])


def _components(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Components of full connectivity (8 or 26 neighbours), numbered from 1, and how many there are."""
    from scipy import ndimage  # 0.2 s to load: not before there is something to list

    numbers, count = ndimage.label(mask, np.ones((3,) * mask.ndim, bool))
    return numbers, int(count)


def _amount(volume: float, unit: str) -> str:
    """Two significant digits; whole parts are never cut."""
    return f'{volume:.2g} {unit}' if volume < 99.5 else f'{volume:,.0f} {unit}'
