"""Surface elements: the surface of a mask in pieces that know how large they are, after marching cubes.

A cell is a cube whose corners are the centres of eight neighbouring voxels (in 2D a square of four). Where some of its
corners belong to the mask and some do not, a piece of surface passes through it, half-way between those that do and
those that do not. It lies at the middle of the cell, and its area is that of its polygons. Corners of the side with
fewer of them are cut off one connected group at a time; a polygon that is not plane is cut into the triangles that
have, in a cube of side one, the largest area. The areas so made are those of DeepMind's surface-distance (Nikolov
2021, doi:10.2196/26151).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.search import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_segrobust.compare.distances import Distances
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.surfaces import Surface

    Corner = tuple[int, ...]
    Points = list[NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Surfels:
    """Surface elements of a mask.

    Attributes
    ----------
    cells : ndarray of bool
        Where the surface passes; one longer along each axis than the crop of the mask.
    origin : tuple of int
        Of the first cell; the cell at an index lies before the voxel of this index.
    areas : ndarray of float64, shape (N,)
        In the square of the unit of the spacing (lengths in 2D), in array order.
    volume : float
        What the surface encloses, in the third power of the unit (area in 2D).
    """

    cells: NDArray[np.bool_]
    origin: tuple[int, ...]
    areas: NDArray[np.float64]
    volume: float

    @property
    def area(self) -> float:
        """Area of the whole surface."""
        return float(self.areas.sum())

    @property
    def box(self) -> tuple[slice, ...]:
        """Where the cells lie."""
        return tuple(slice(o, o + n) for o, n in zip(self.origin, self.cells.shape, strict=True))


def surfels(surface: Surface, spacing: tuple[float, ...]) -> Surfels:
    """Surface elements of a mask; axes along which the image has one voxel are left out.

    Parameters
    ----------
    surface : Surface
        Not empty.
    spacing : tuple of float
        Along all axes of the image.
    """
    steps = tuple(spacing[axis] for axis in surface.plane_axes)
    return surface.kept('surfels', lambda: _surfels(surface, steps), steps)


def _surfels(surface: Surface, spacing: tuple[float, ...]) -> Surfels:
    checkpoint()
    axes = surface.plane_axes
    codes = np.pad(surface.mask.reshape([surface.mask.shape[axis] for axis in axes]).view(np.uint8), 1)
    for axis in range(codes.ndim):
        swapped = np.swapaxes(codes, 0, axis)
        codes = np.swapaxes(swapped[:-1] + (swapped[1:] << 2**axis), 0, axis)
    full = 2**2**codes.ndim - 1
    cells = (codes > 0) & (codes < full)
    found = codes[cells]
    inside = _volumes(codes.ndim).take(found).sum() + np.count_nonzero(codes == full)
    origin = tuple(surface.origin[axis] for axis in axes)
    return Surfels(cells, origin, _areas(spacing).take(found), float(inside) * prod(spacing))


def surfel_distances(pair: MaskPair) -> tuple[Distances, Distances]:
    """Distances between the surface elements of two masks, from the reference and back, weighted by their areas.

    Neither mask is empty.
    """

    def make() -> tuple[Distances, Distances]:
        first, second = surfels(pair.reference, pair.steps), surfels(pair.prediction, pair.steps)
        frame = Frame.around(first.box, second.box, tuple(pair.steps[axis] for axis in pair.reference.plane_axes))
        one, two = frame.embed(first.cells, first.origin), frame.embed(second.cells, second.origin)
        return frame.histograms(one, two, (first.areas, second.areas))

    return pair.shared('surfel distances', make)


def _codes(ndim: int) -> list[frozenset[Corner]]:
    """Corners that belong to the mask, by code: the first axis doubles the bit's place once, the second twice over."""
    corners = list(product((0, 1), repeat=ndim))
    bits = [1 << sum(c << axis for axis, c in enumerate(corner)) for corner in corners]
    return [
        frozenset(corner for corner, bit in zip(corners, bits, strict=True) if code & bit)
        for code in range(2 ** len(corners))
    ]


@lru_cache(maxsize=16)
def _areas(spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Area of the surface in a cell, by code; length in 2D."""
    # Stretched along the axes, a normal grows with the area of its projections.
    stretch = prod(spacing) / np.array(spacing)
    codes = _codes(len(spacing))
    return np.array(
        [sum(np.linalg.norm(normal * stretch) for normal, _ in _facets(code, len(spacing))) for code in codes]
    )


@cache
def _volumes(ndim: int) -> NDArray[np.float64]:
    """Share of a cell that lies inside the surface, by code."""
    return np.array([_volume(code, ndim) for code in _codes(ndim)])


def _volume(inside: frozenset[Corner], ndim: int) -> float:
    if 2 * len(inside) > 2**ndim:
        return 1.0 - _volume(frozenset(product((0, 1), repeat=ndim)) - inside, ndim)
    # The divergence theorem: a third (half in 2D) of normal times position, over the surface and the sides of the
    # cell, of which those through the origin add nothing.
    share = {3: (0, 1 / 8, 1 / 2, 7 / 8, 1), 2: (0, 1 / 2, 1)}[ndim]
    sides = [share[sum(corner[axis] for corner in group)] for group in _groups(inside) for axis in range(ndim)]
    return float(sum(normal @ centre for normal, centre in _facets(inside, ndim)) + sum(sides)) / ndim


@cache
def _facets(inside: frozenset[Corner], ndim: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Outward normal times area, and centre, of each triangle (segment in 2D) in a cell of side one."""
    corners = frozenset(product((0, 1), repeat=ndim))
    if 2 * len(inside) > len(corners):
        return [(-normal, centre) for normal, centre in _facets(corners - inside, ndim)]
    return [facet for group in _groups(inside) for facet in _cut_off(group, ndim)]


def _groups(inside: frozenset[Corner]) -> list[set[Corner]]:
    """Corners by which of them are connected along edges."""
    groups: list[set[Corner]] = []
    for corner in inside:
        touched = [group for group in groups if any(_differ(corner, other) == 1 for other in group)]
        groups = [group for group in groups if group not in touched] + [{corner}.union(*touched)]
    return groups


def _differ(one: Corner, two: Corner) -> int:
    return sum(a != b for a, b in zip(one, two, strict=True))


def _cut_off(group: set[Corner], ndim: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Facets between a connected group of corners and all others."""
    edges = [(a, b) for a in group for b in product((0, 1), repeat=ndim) if b not in group and _differ(a, b) == 1]
    outward = np.sum([np.subtract(b, a) for a, b in edges], axis=0)
    if ndim == 2:
        ends = [np.add(*edge) / 2 for edge in edges]
        normal = (ends[1] - ends[0])[::-1] * (1.0, -1.0)
        facets = [(normal, (ends[0] + ends[1]) / 2)]
    else:
        facets = max(_triangulations(_around(edges)), key=lambda facets: sum(np.linalg.norm(n) for n, _ in facets))
    turned = 1.0 if sum(normal for normal, _ in facets) @ outward > 0 else -1.0
    return [(turned * normal, centre) for normal, centre in facets]


def _around(edges: list[tuple[Corner, Corner]]) -> Points:
    """Middles of the cut edges, in the order in which the surface passes them: each shares a face with the next."""
    left = [np.add(*edge) / 2 for edge in edges]
    path = [left.pop()]
    while left:
        following = next(i for i, point in enumerate(left) if ((point == path[-1]) & (point % 1 == 0)).any())
        path.append(left.pop(following))
    return path


def _triangulations(polygon: Points) -> Iterator[list[tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """All ways to cut a polygon into triangles between its corners, as (normal times area, centre)."""
    if len(polygon) < 3:
        yield []
        return
    first, last = polygon[0], polygon[-1]
    for i in range(1, len(polygon) - 1):
        facet: tuple[Any, Any] = (np.cross(polygon[i] - first, last - first) / 2, (first + polygon[i] + last) / 3)
        for one, two in product(_triangulations(polygon[: i + 1]), _triangulations(polygon[i:])):
            yield [*one, facet, *two]
