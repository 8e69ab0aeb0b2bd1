"""Logits of windows come together: weighted sums that do not depend on the order, then probabilities."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_segrobust.context.blending import importance_map
from napari_segrobust.context.plan import bounds
from napari_segrobust.segment.activation import activate_telling, count_telling, telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.blending import Blending
    from napari_segrobust.context.plan import Block, Grid, Window, WindowPlan
    from napari_segrobust.segment.spec import ModelSpec

#: Where sums must be exact, weighted logits are whole multiples of 1 / _GRAIN, added in float64. While their sum is
#: below two million every addition is exact, so that no order of the windows can change a bit.
_GRAIN = 2.0**32
#: Up to so many windows over a voxel, on average, their logits are kept; more would need far more than their sums.
_FEW = 6
#: Numbers that are added, or activated, at once.
_CACHED = 2**18


class Stitcher:
    """Collects the logits of the windows of a plan and answers with probabilities.

    Results are kept in slabs: the parts of the context box, cut across one axis, that the same windows cover. A
    slab that no window has touched costs nothing, a finished one its probabilities in float32; only slabs under
    way hold more. In a slice-wise run every slice is a slab.

    Parameters
    ----------
    plan : WindowPlan
    spec : ModelSpec
        Its classes and activation are used.
    blending : {'gaussian', 'constant'}
    grid : {'monai', 'nnunet'}, optional
        Whose weights; the model's own when None.
    """

    def __init__(self, plan: WindowPlan, spec: ModelSpec, blending: Blending, grid: Grid | None = None) -> None:
        self._plan = plan
        self._spec = spec
        self._axis = plan.slice_axis or 0
        self._weights = importance_map(plan.size, blending, grid or spec.grid)
        lo, hi = plan.box[self._axis]
        size = plan.size[self._axis]
        ends = {min(max(edge, lo), hi) for start in plan.starts[self._axis] for edge in (start, start + size)}
        self._edges = sorted(ends)
        self.clear()

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes; what no window has touched yet is not there."""
        return self._weights.nbytes + sum(slab.nbytes for slab in self._slabs.values())

    def add(self, window: Window, logits: NDArray[np.float32]) -> None:
        """Add the logits (K, *part) of the part of `window` in the context box; nobody may write into them any more."""
        part = self._plan.inside(window)
        seen = tuple(slice(p.start - a, p.stop - a) for p, a in zip(part, window.start, strict=True))
        weights = self._weights[seen]
        along = part[self._axis]
        logits = telling(logits, self._spec)
        for slab in self._between(along.start, along.stop, create=True):
            cut = self._across(slab.start - along.start, slab.stop - along.start)
            slab.add(window.index, part, logits[(slice(None), *cut)], weights[cut])

    def clear(self) -> None:
        """Forget all logits; what was handed out before stays as it is."""
        self._slabs: dict[int, _Slab] = {}
        # Pages that are never written are never there.
        self._out = np.zeros((len(self._spec.classes), *self._plan.shape), np.float32)

    def probabilities(self, block: Block) -> NDArray[np.float32]:
        """(K, *block); zero where no window has been. Slabs under way answer with what they have.

        A view where all of it is final, which is not written again.
        """
        edges = bounds(block, self._plan.shape)
        here = tuple(slice(a, max(a, b)) for a, b in edges)
        slabs = list(self._between(*edges[self._axis]))
        if all(slab.is_final for slab in slabs) and self._whole(edges, slabs):
            return self._out[(slice(None), *here)]
        out = np.zeros((len(self._spec.classes), *(s.stop - s.start for s in here)), np.float32)
        for slab in slabs:
            common = [(max(a, lo), min(b, hi)) for (a, b), (lo, hi) in zip(edges, slab.box, strict=True)]
            if any(a >= b for a, b in common):
                continue
            mine = tuple(slice(a - lo, b - lo) for (a, b), (lo, _) in zip(common, slab.box, strict=True))
            theirs = tuple(slice(a - lo, b - lo) for (a, b), (lo, _) in zip(common, edges, strict=True))
            slab.read(mine, out[(slice(None), *theirs)])
        return out

    def _whole(self, edges: Sequence[tuple[int, int]], slabs: list[_Slab]) -> bool:
        """Whether nothing of a block can change any more: slabs that have not begun would write into it."""
        (start, stop), (lo, hi) = edges[self._axis], self._plan.box[self._axis]
        covered = sum(min(slab.stop, stop) - max(slab.start, start) for slab in slabs)
        return covered == max(min(stop, hi) - max(start, lo), 0)

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
        voxels = math.prod(hi - lo for lo, hi in box)
        window = math.prod(stop - start if a == self._axis else n for a, n in enumerate(self._plan.size))
        few = windows * window <= _FEW * voxels
        out = self._out[(slice(None), *(slice(lo, hi) for lo, hi in box))]
        return _Slab(box, start, stop, windows, self._spec, out, few)


class _Slab:
    """A part of the context box whose voxels become final together.

    `box` is in voxels of the image, `start` and `stop` its extent along the axis of the slabs; `out` is where its
    probabilities go.
    """

    def __init__(
        self,
        box: tuple[tuple[int, int], ...],
        start: int,
        stop: int,
        windows: int,
        spec: ModelSpec,
        out: NDArray[np.float32],
        few: bool,
    ) -> None:
        self.box = box
        self.start, self.stop = start, stop
        self._spec = spec
        self._missing = windows
        self._out = out
        self._sums: _Kept | _Exact | None = (_Kept if few else _Exact)((count_telling(spec), *out.shape[1:]))

    @property
    def is_final(self) -> bool:
        """Whether all windows have been here."""
        return self._sums is None

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return self._out.nbytes if self._sums is None else self._sums.nbytes

    def add(self, index: int, part: Block, logits: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        """Take the logits of one window, which lie in `part` of the image."""
        assert self._sums is not None  # the plan has no more windows here
        self._missing -= 1
        here = tuple(
            slice(max(p.start, lo) - lo, min(p.stop, hi) - lo) for p, (lo, hi) in zip(part, self.box, strict=True)
        )
        self._sums.add(index, here, logits, weights)
        if not self._missing:
            self._activate(self._sums, tuple(slice(0, hi - lo) for lo, hi in self.box), self._out)
            self._sums = None

    def read(self, block: Block, out: NDArray[np.float32]) -> None:
        """Write probabilities of a block given in the slab's own voxels into `out`, which is 0."""
        if self._sums is None:
            out[...] = self._out[(slice(None), *block)]
        else:
            self._activate(self._sums, block, out)

    def _activate(self, sums: _Kept | _Exact, block: Block, out: NDArray[np.float32]) -> None:
        """Write the probabilities of what has come, a piece at a time that stays in the processor's cache."""
        for piece in _pieces((count_telling(self._spec), *out.shape[1:])):
            inside = tuple(slice(b.start + p.start, b.start + p.stop) for b, p in zip(block, piece, strict=True))
            mean, seen = sums.mean(inside)
            target = out[(slice(None), *piece)]
            if seen is True:
                activate_telling(mean, self._spec, target)
            else:
                found = np.empty_like(target)
                activate_telling(mean, self._spec, found)
                np.copyto(target, found, where=seen)


class _Kept:
    """Few windows over a voxel: their logits are kept, and added in the order of the plan when they are read.

    That order alone decides the bits, whatever came first. Half the memory of exact sums, a third of their time.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._classes = shape[0]
        self._parts: dict[int, tuple[Block, NDArray[np.float32], NDArray[np.float32]]] = {}

    @property
    def nbytes(self) -> int:
        return sum(logits.nbytes for _, logits, _ in self._parts.values())

    def add(self, index: int, here: Block, logits: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        self._parts[index] = here, logits, weights

    def mean(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_] | Literal[True]]:
        """Weighted mean of the logits (K, *block), and where there are any."""
        touching = []
        for index in sorted(self._parts):
            here, logits, weights = self._parts[index]
            mine, there = [], []
            for h, b in zip(here, block, strict=True):
                start, stop = max(h.start, b.start), min(h.stop, b.stop)
                if start >= stop:
                    break
                mine.append(slice(start - h.start, stop - h.start))
                there.append(slice(start - b.start, stop - b.start))
            else:
                touching.append((tuple(there), logits[(slice(None), *mine)], weights[tuple(mine)]))
        shape = tuple(b.stop - b.start for b in block)
        if len(touching) == 1 and touching[0][2].shape == shape:  # alone: its weights cancel
            return touching[0][1], True
        mean, total = np.zeros((self._classes, *shape), np.float32), np.zeros(shape, np.float32)
        for its, logits, weights in touching:
            sums, seen_by = mean[(slice(None), *its)], total[its]
            sums += logits * weights
            seen_by += weights
        if total.all():
            mean /= total
            return mean, True
        seen = total > 0
        mean /= np.where(seen, total, 1)
        return mean, seen


class _Exact:
    """Many windows over a voxel: sums that are exact in float64, so that no order can change a bit."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._weighted, self._total = np.zeros(shape), np.zeros(shape[1:])

    @property
    def nbytes(self) -> int:
        return self._weighted.nbytes + self._total.nbytes

    def add(self, index: int, here: Block, logits: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        weighted, total = self._weighted[(slice(None), *here)], self._total[here]
        grains = weights * np.float32(_GRAIN)
        for piece in _pieces(weighted.shape):
            every = (slice(None), *piece)
            term = logits[every] * grains[piece]
            weighted[every] += np.rint(term, out=term)
            total[piece] += grains[piece]

    def mean(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_] | Literal[True]]:
        """Weighted mean of the logits (K, *block), and where there are any."""
        weighted, total = self._weighted[(slice(None), *block)], self._total[block]
        seen = total > 0
        return (weighted / np.where(seen, total, 1)).astype(np.float32), seen


def _pieces(shape: tuple[int, ...]) -> Iterator[Block]:
    """Cut the block of (K, *block) along its first axis that can be cut; pieces stay in the processor's cache."""
    block = shape[1:]
    axis = next((a for a, n in enumerate(block) if n > 1), 0)
    step = max(_CACHED * block[axis] // max(math.prod(shape), 1), 1)
    for start in range(0, block[axis], step):
        cut = slice(start, min(start + step, block[axis]))
        yield tuple(cut if a == axis else slice(0, n) for a, n in enumerate(block))
