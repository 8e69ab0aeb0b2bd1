"""Logits of windows come together: weighted sums that do not depend on the order, then probabilities."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.context.blending import importance_map
from napari_segrobust.context.plan import bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_segrobust.context.blending import Blending
    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.segment.spec import ModelSpec

#: Weighted logits are whole multiples of 1 / _GRAIN when they are added in float64. While their sum stays below
#: two million every addition is exact, so that no order of the windows can change a bit.
_GRAIN = 2.0**32
#: Voxels that are added, or activated, at once.
_CACHED = 2**15


def activate(logits: NDArray[np.float32], spec: ModelSpec) -> NDArray[np.float32]:
    """Probabilities (K, ...) from logits (K, ...), as the model's spec says.

    A voxel's result depends on its logits alone, to the last bit. (PyTorch's does not: it computes the last few
    voxels of a block in another way, so that a slice would differ from the same slice of its volume.)
    """
    logits = np.ascontiguousarray(logits)
    if spec.activation == 'none':
        return logits.copy()
    if spec.activation == 'sigmoid':
        found: NDArray[np.float32] = np.exp(np.minimum(logits, 0)) / (1 + np.exp(-np.abs(logits)))
        return found
    # One class after the other: numpy's reductions add in an order that depends on the shape.
    highest = reduce(np.maximum, logits)
    exponentials: NDArray[np.float32] = np.exp(logits - highest)
    exponentials /= reduce(np.add, exponentials)
    return exponentials


class Stitcher:
    """Collects the logits of the windows of a plan and answers with probabilities.

    Results are kept in slabs: the parts of the context box, cut across one axis, that the same windows cover. A
    slab that no window has touched costs nothing, a finished one its probabilities in float32; only slabs under
    way hold sums. In a slice-wise run every slice is a slab.

    Parameters
    ----------
    plan : WindowPlan
    spec : ModelSpec
        Its classes and activation are used.
    blending : {'gaussian', 'constant'}
    """

    def __init__(self, plan: WindowPlan, spec: ModelSpec, blending: Blending) -> None:
        self._plan = plan
        self._spec = spec
        self._axis = plan.slice_axis or 0
        self._weights = importance_map(plan.size, blending, spec.grid) * np.float32(_GRAIN)
        lo, hi = plan.box[self._axis]
        size = plan.size[self._axis]
        ends = {min(max(edge, lo), hi) for start in plan.starts[self._axis] for edge in (start, start + size)}
        self._edges = sorted(ends)
        self._slabs: dict[int, _Slab] = {}

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._weights.nbytes + sum(slab.nbytes for slab in self._slabs.values())

    def add(self, window: Window, logits: NDArray[np.float32]) -> None:
        """Add the logits (K, *part) of the part of `window` that lies in the context box."""
        part = self._plan.inside(window)
        seen = tuple(slice(p.start - a, p.stop - a) for p, a in zip(part, window.start, strict=True))
        weights = self._weights[seen]
        along = part[self._axis]
        for slab in self._between(along.start, along.stop, create=True):
            cut = self._across(slab.start - along.start, slab.stop - along.start)
            slab.add(part, logits[(slice(None), *cut)], weights[cut])

    def clear(self) -> None:
        """Forget all logits."""
        self._slabs.clear()

    def probabilities(self, block: Block) -> NDArray[np.float32]:
        """(K, *block); zero where no window has been. Slabs under way answer with what they have."""
        edges = bounds(block, self._plan.shape)
        out = np.zeros((len(self._spec.classes), *(max(b - a, 0) for a, b in edges)), np.float32)
        for slab in self._between(*edges[self._axis]):
            common = [(max(a, lo), min(b, hi)) for (a, b), (lo, hi) in zip(edges, slab.box, strict=True)]
            if any(a >= b for a, b in common):
                continue
            mine = tuple(slice(a - lo, b - lo) for (a, b), (lo, _) in zip(common, slab.box, strict=True))
            theirs = tuple(slice(a - lo, b - lo) for (a, b), (lo, _) in zip(common, edges, strict=True))
            out[(slice(None), *theirs)] = slab.read(mine)
        return out

    def _across(self, start: int, stop: int) -> Block:
        return tuple(slice(start, stop) if a == self._axis else slice(None) for a in range(len(self._plan.shape)))

    def _between(self, start: int, stop: int, create: bool = False) -> Iterator[_Slab]:
        first = max(bisect_right(self._edges, start) - 1, 0)
        for number in range(first, bisect_left(self._edges, stop)):
            if create and number not in self._slabs and number + 1 < len(self._edges):
                self._slabs[number] = self._new_slab(number)
            if number in self._slabs:
                yield self._slabs[number]

    def _new_slab(self, number: int) -> _Slab:
        start, stop = self._edges[number : number + 2]
        size = self._plan.size[self._axis]
        layers = sum(s <= start < s + size for s in self._plan.starts[self._axis])
        windows = layers * math.prod(len(s) for a, s in enumerate(self._plan.starts) if a != self._axis)
        box = tuple((start, stop) if a == self._axis else edges for a, edges in enumerate(self._plan.box))
        return _Slab(box, start, stop, windows, self._spec)


class _Slab:
    """A part of the context box whose voxels become final together.

    `box` is in voxels of the image, `start` and `stop` its extent along the axis of the slabs.
    """

    def __init__(self, box: tuple[tuple[int, int], ...], start: int, stop: int, windows: int, spec: ModelSpec) -> None:
        self.box = box
        self.start, self.stop = start, stop
        self._spec = spec
        self._missing = windows
        self._sums: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._final: NDArray[np.float32] | None = None
        if windows > 1:
            shape = tuple(hi - lo for lo, hi in box)
            self._sums = np.zeros((len(spec.classes), *shape)), np.zeros(shape)

    @property
    def nbytes(self) -> int:
        held = (self._final,) if self._sums is None else self._sums
        return sum(array.nbytes for array in held if array is not None)

    def add(self, part: Block, logits: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        self._missing -= 1
        if self._sums is None:  # the only window here: its weights cancel
            self._final = activate(logits, self._spec)
            return
        weighted, total = self._sums
        here = tuple(
            slice(max(p.start, lo) - lo, min(p.stop, hi) - lo) for p, (lo, hi) in zip(part, self.box, strict=True)
        )
        weighted, total = weighted[(slice(None), *here)], total[here]
        for rows in _rows(total.shape):
            term = logits[:, rows] * weights[rows]
            weighted[:, rows] += np.rint(term, out=term)
            total[rows] += weights[rows]
        if not self._missing:
            self._final = self._activated(*self._sums)
            self._sums = None

    def read(self, block: Block) -> NDArray[np.float32]:
        """Probabilities of a block given in the slab's own voxels."""
        if self._final is not None:
            return self._final[(slice(None), *block)]
        assert self._sums is not None
        return self._activated(self._sums[0][(slice(None), *block)], self._sums[1][block])

    def _activated(self, weighted: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float32]:
        """Probabilities of weighted sums."""
        out = np.zeros(weighted.shape, np.float32)
        for rows in _rows(total.shape):
            seen = total[rows] > 0
            mean = (weighted[:, rows] / np.where(seen, total[rows], 1)).astype(np.float32)
            np.copyto(out[:, rows], activate(mean, self._spec), where=seen)
        return out


def _rows(shape: tuple[int, ...]) -> Iterator[slice[int, int, None]]:
    """Cut a block along its first axis into pieces that stay in the processor's cache."""
    step = max(_CACHED * shape[0] // max(math.prod(shape), 1), 1)
    for start in range(0, shape[0], step):
        yield slice(start, start + step)
