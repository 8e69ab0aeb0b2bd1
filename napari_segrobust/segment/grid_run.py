"""A segmentation on a model's own grid, whose answers lie on the grid of the case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.context.plan import bounds
from napari_segrobust.segment.grid import UPWARD
from napari_segrobust.segment.interpolate import interpolate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Box, Window
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.interpolate import Order
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, InferenceRun
    from napari_segrobust.segment.spec import ModelSpec

#: Probabilities below this one count as it where logarithms are taken.
_LEAST = np.float32(1e-37)


class GridRun:
    """An `InferenceRun` around one that works on a model's grid.

    Probabilities come back to the case linearly, as MONAI's ``Invertd`` brings them back; on nnU-Net's grid logits do.
    What the model was not shown, beyond its crop, is background, and final from the start. Nothing of the case is
    resampled.

    Parameters
    ----------
    inner : InferenceRun or None
        On the model's grid; None where the context box holds nothing that the model sees.
    grid : ModelGrid
    spec : ModelSpec
    box : sequence of (int, int) or None
        Context box, in voxels of the case.
    seen : ImageSource
        What `inner` looks at.
    """

    def __init__(
        self, inner: InferenceRun | None, grid: ModelGrid, spec: ModelSpec, box: Box | None, seen: ImageSource
    ) -> None:
        self.shape = grid.case_shape
        self.grid: ModelGrid | None = grid
        self.total = 0 if inner is None else inner.total
        self._inner = inner
        self._grid = grid
        self._box: Box = box or tuple((0, n) for n in grid.case_shape)
        self._seen: ImageSource | None = seen
        self._spec = spec
        self._nothing: list[str] = []

    @property
    def done(self) -> int:
        """Windows that were run."""
        return 0 if self._inner is None else self._inner.done

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        own: int = getattr(self._seen, 'nbytes', 0)
        return own + (0 if self._inner is None else self._inner.nbytes)

    @property
    def batch(self) -> int:
        """Windows that the model takes at once."""
        return 1 if self._inner is None else self._inner.batch

    @property
    def messages(self) -> list[str]:
        """What a person must know of the run."""
        return self._nothing if self._inner is None else self._inner.messages

    @property
    def statistics(self) -> Statistics | None:
        """Intensity statistics of what the model sees; None until they are needed."""
        return None if self._inner is None else self._inner.statistics

    def pending(self, block: Block | None = None, centre: Sequence[float] | None = None) -> list[Window]:
        """Windows not done yet that decide a voxel of `block`, nearest `centre` (voxels of the case) first."""
        place = None if centre is None else self._grid.to_model(centre)
        if self._inner is None:
            return []
        if block is None:
            return self._inner.pending(None, place)
        around = self._grid.around(_cut(bounds(block, self.shape), self._box))
        return [] if around is None else self._inner.pending(around, place)

    def advance(self, *windows: Window) -> None:
        """Run the model on windows, which lie on its own grid.

        Raises
        ------
        ModelError
            The model raised, or answered with something unusable. Its windows stay pending.
        """
        if self._inner is not None:
            self._inner.advance(*windows)
            if self.done == self.total:
                self._seen = None

    def final(self, block: Block | None = None) -> bool:
        """Whether every voxel of `block` inside the context box is decided."""
        return not self.pending(block)

    def probabilities(self, block: Block | None = None) -> NDArray[np.float32]:
        """(K, *block) float32; zero outside the context box and where no window has been."""
        edges = tuple((0, n) for n in self.shape) if block is None else bounds(block, self.shape)
        inner = self._inner
        return bring(self._grid, self._spec, self._box, edges, None if inner is None else inner.probabilities)

    def valid(self, block: Block | None = None) -> NDArray[np.bool_]:
        """(*block): inside the context box and decided."""
        edges = tuple((0, n) for n in self.shape) if block is None else bounds(block, self.shape)
        out = np.zeros([max(b - a, 0) for a, b in edges], bool)
        here = _cut(edges, self._box)
        out[_within(here, edges)] = True
        around = self._grid.around(here)
        if around is not None and self._inner is not None and self.done < self.total:
            inside = _cut(_edges(here), self._grid.crop)
            known = self._inner.valid(around)
            for axis, (mine, part, near) in enumerate(zip(self._grid.axes, inside, around, strict=True)):
                places = mine.model_places(part.start, part.stop) - near.start
                below, above = (known.take(end(places).astype(int), axis=axis) for end in (np.floor, np.ceil))
                known = below & above
            out[_within(inside, edges)] = known
        return out


def bring(
    grid: ModelGrid,
    spec: ModelSpec,
    box: Box,
    edges: Box,
    on_model: Callable[[Block], NDArray[np.float32]] | None,
) -> NDArray[np.float32]:
    """Probabilities of a block of the case from those of a model's grid.

    Parameters
    ----------
    grid : ModelGrid
    spec : ModelSpec
        Says which class is the background.
    box, edges : tuple of (int, int)
        Context box and block, half-open, in voxels of the case.
    on_model : callable or None
        Gives probabilities (K, *part) of a part of the model's grid; None where the model sees nothing of the box.

    Returns
    -------
    ndarray, shape (K, *block), float32
        Zero outside the box, background outside the crop.
    """
    out = np.zeros((len(spec.classes), *(max(b - a, 0) for a, b in edges)), np.float32)
    here = _cut(edges, box)
    if spec.has_background_channel:
        out[spec.background][_within(here, edges)] = 1
    around = grid.around(here)
    if around is not None and on_model is not None:
        inside = _cut(_edges(here), grid.crop)
        places = [
            None
            if axis.is_native
            else axis.model_places(part.start, part.stop) + (UPWARD if number == grid.coarse_back else 0)
            for number, (axis, part) in enumerate(zip(grid.axes, inside, strict=True))
        ]
        starts = [part.start for part in around]
        orders: list[Order] = [0 if axis == grid.coarse_back else 1 for axis in range(len(places))]
        resample = _logits_between if spec.grid == 'nnunet' and spec.activation == 'softmax' else interpolate
        maps = resample(on_model(around), starts, grid.shape, places, orders, grid.shrinking[::-1])
        out[(slice(None), *_within(inside, edges))] = maps
    return out


def _logits_between(probabilities: NDArray[np.float32], *where: Any) -> NDArray[np.float32]:
    """Softmax of what lies between the logits, as nnU-Net brings them back.

    Logarithms of probabilities are logits but for one number per voxel, which softmax takes out again.
    """
    seen = probabilities.sum(axis=0, keepdims=True) > 0
    logits: NDArray[np.float32] = interpolate(np.log(np.maximum(probabilities, _LEAST)), *where)
    found: NDArray[np.float32] = np.exp(logits - logits.max(axis=0))
    found /= found.sum(axis=0)
    found *= interpolate(seen.astype(np.float32), *where) > 0
    return found


def _edges(block: Block) -> Box:
    return tuple((part.start, part.stop) for part in block)


def _cut(edges: Box, box: Box) -> Block:
    """What of a block lies in a box; empty where they do not meet."""
    return tuple(slice(max(a, lo), max(min(b, hi), max(a, lo))) for (a, b), (lo, hi) in zip(edges, box, strict=True))


def _within(part: Block, edges: Box) -> Block:
    """Express `part` in voxels of the block with these edges."""
    return tuple(slice(p.start - a, p.stop - a) for p, (a, _) in zip(part, edges, strict=True))
