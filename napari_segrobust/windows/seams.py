"""Where overlapping windows disagree: the seam map."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.context.plan import bounds
from napari_segrobust.windows.coverage import most_windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Box, Window, WindowPlan
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.windows.answers import WindowAnswers
    from napari_segrobust.windows.wanted import Wanted

#: Probabilities are added as whole multiples of 2 to the minus this, so that no order of the windows changes a bit
#: and windows that agree have a deviation of exactly 0. It becomes less where very many windows overlap.
_BITS = 20


@dataclass(frozen=True, eq=False)
class SeamMap:
    """Disagreement of the windows over each voxel.

    Attributes
    ----------
    box : tuple of (int, int)
        What of the model's grid the arrays cover, half-open.
    deviation : ndarray (*box), float32
        Standard deviation of the label's probability among the windows over a voxel, each with equal weight
        (divided by their number, not by one less); 0 where one window is alone.
    disagreement : ndarray (*box), float32
        Share of the windows that contradict the majority on whether the voxel is the label, 0 to 0.5.
    windows : ndarray (*box), uint32
        Windows that were counted so far.
    final : bool
        Whether all windows were.
    """

    box: Box
    deviation: NDArray[np.float32]
    disagreement: NDArray[np.float32]
    windows: NDArray[np.uint32]
    final: bool

    @property
    def mean_deviation(self) -> float:
        """Over the voxels that more than one window sees; 0 where there are none."""
        several = self.windows > 1
        return float(self.deviation[several].mean(dtype=np.float64)) if several.any() else 0.0

    def on_case(self, answers: WindowAnswers) -> SeamMap:
        """Return the same map over the whole case; 0 where no window was counted.

        Parameters
        ----------
        answers : WindowAnswers
            Whose windows they were: a voxel of the case takes the values of the nearest one of the model's grid.
        """
        maps = []
        for values in (self.deviation, self.disagreement, self.windows):
            whole = np.zeros(answers.plan.shape, values.dtype)
            whole[tuple(slice(lo, hi) for lo, hi in self.box)] = values
            maps.append(answers.on_case(whole))
        return SeamMap(tuple((0, n) for n in answers.grid.case_shape), maps[0], maps[1], maps[2], self.final)


class SeamCollector:
    """Collects the answers of windows into a seam map; a `napari_segrobust.windows.answers.Collector`.

    Sums are kept only for the slabs under way: the parts, cut across one axis, that the same windows cover.

    Parameters
    ----------
    plan : WindowPlan
    spec : ModelSpec
    wanted : Wanted
        The label.
    block : tuple of slice, optional
        What is wanted of the model's grid; the whole context box when None.
    """

    def __init__(self, plan: WindowPlan, spec: ModelSpec, wanted: Wanted, block: Block | None = None) -> None:
        self._plan, self._spec, self._wanted = plan, spec, wanted
        asked = plan.box if block is None else bounds(block, plan.shape)
        cut = ((max(a, lo), min(b, hi)) for (a, b), (lo, hi) in zip(asked, plan.box, strict=True))
        self.box: Box = tuple((lo, max(lo, hi)) for lo, hi in cut)
        self._axis = plan.slice_axis or 0
        lo, hi = self.box[self._axis]
        size = plan.size[self._axis]
        ends = {min(max(edge, lo), hi) for start in plan.starts[self._axis] for edge in (start, start + size)}
        self._edges = sorted({lo, hi} | ends)
        self._bits = min(_BITS, 31 - most_windows(plan).bit_length())
        self.clear()

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        held = sum(sums.nbytes for sums in self._sums.values())
        return held + self._deviation.nbytes + self._disagreement.nbytes + self._windows.nbytes

    def clear(self) -> None:
        """Forget all answers."""
        shape = [hi - lo for lo, hi in self.box]
        self._deviation, self._disagreement = (np.zeros(shape, np.float32) for _ in range(2))
        self._windows = np.zeros(shape, np.uint32)
        self._sums: dict[int, _Sums] = {}
        self._missing: dict[int, int] = {}

    def add(self, window: Window, part: Block, probabilities: NDArray[np.float32]) -> None:
        """Take the answer (K, *part) of one window."""
        edges = [(max(p.start, lo), min(p.stop, hi)) for p, (lo, hi) in zip(part, self.box, strict=True)]
        if any(lo >= hi for lo, hi in edges):
            return
        mine = tuple(slice(lo - p.start, hi - p.start) for (lo, hi), p in zip(edges, part, strict=True))
        seen = probabilities[(slice(None), *mine)]
        grains = np.rint(self._wanted.probability(seen, self._spec) * np.float32(2**self._bits)).astype(np.int64)
        votes = self._wanted.chosen(self._wanted.labels(seen, self._spec))
        first, last = edges[self._axis]
        for number, (lo, hi) in enumerate(pairwise(self._edges)):
            if lo >= last or hi <= first:
                continue
            if number not in self._missing:
                self._missing[number] = len(self._plan.touching(self._slab(lo, hi)))
                self._sums[number] = _Sums([b - a for a, b in self._within(lo, hi)])
            rows = self._across(lo - first, hi - first)
            place = tuple(slice(a - c, b - c) for (a, b), (c, _) in zip(edges, self.box, strict=True))
            place = tuple(slice(0, hi - lo) if a == self._axis else p for a, p in enumerate(place))
            self._sums[number].add(place, grains[rows], votes[rows])
            self._missing[number] -= 1
            if not self._missing[number]:
                self._write(lo, hi, self._sums.pop(number))

    def result(self) -> SeamMap:
        """The map as far as it is known; slabs under way show the windows that have come.

        Until it is final its arrays are written again as more windows come: copy what is to stay.
        """
        for number, sums in self._sums.items():
            self._write(self._edges[number], self._edges[number + 1], sums)
        slabs = len(self._edges) - 1
        final = len(self._missing) == slabs and not self._sums
        return SeamMap(self.box, self._deviation, self._disagreement, self._windows, final)

    def _write(self, lo: int, hi: int, sums: _Sums) -> None:
        base = self.box[self._axis][0]
        place = self._across(lo - base, hi - base)
        count = sums.count
        self._windows[place] = count
        self._deviation[place] = sums.deviation(self._bits)
        self._disagreement[place] = np.minimum(sums.votes, count - sums.votes) / np.maximum(count, 1)

    def _across(self, start: int, stop: int) -> Block:
        return tuple(slice(start, stop) if a == self._axis else slice(None) for a in range(len(self.box)))

    def _within(self, lo: int, hi: int) -> Box:
        return tuple((lo, hi) if a == self._axis else side for a, side in enumerate(self.box))

    def _slab(self, lo: int, hi: int) -> Block:
        return tuple(slice(*side) for side in self._within(lo, hi))


class _Sums:
    """Exact sums over the windows of a slab."""

    def __init__(self, shape: list[int]) -> None:
        self.count, self.votes = np.zeros(shape, np.uint32), np.zeros(shape, np.uint32)
        self._sum, self._squares = np.zeros(shape, np.int64), np.zeros(shape, np.int64)

    @property
    def nbytes(self) -> int:
        return self.count.nbytes + self.votes.nbytes + self._sum.nbytes + self._squares.nbytes

    def add(self, place: Block, grains: NDArray[np.int64], votes: NDArray[np.bool_]) -> None:
        self.count[place] += 1
        self.votes[place] += votes
        self._sum[place] += grains
        self._squares[place] += grains * grains

    def deviation(self, bits: int) -> NDArray[Any]:
        # In whole numbers: n times the squares less the square of the sum is exactly 0 where all are equal.
        spread = self.count * self._squares - self._sum * self._sum
        return np.sqrt(spread) / (np.maximum(self.count, 1) * 2.0**bits)
