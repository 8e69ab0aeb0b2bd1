"""A stack of perturbations applied to one block of an image, as if to the whole of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_segrobust.perturb.catalogue import acts, amounts, get_spec
from napari_segrobust.perturb.spec import FieldBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.fields import FieldStore
    from napari_segrobust.perturb.record import Perturbation, Region
    from napari_segrobust.perturb.spec import Block, PerturbationSpec, Spacing

#: ``region_weights(region, block)``: weights from 0 to 1 of the block's voxels, (*block) float32; None is 1 everywhere.
Weights: TypeAlias = 'Callable[[Region, Block], NDArray[np.float32] | None]'

#: Voxels of a slab: its few temporaries stay in the processor's cache.
_SLAB = 1 << 17


def everywhere(region: Region, block: Block) -> None:
    """Weights of a stack whose regions are all the whole image."""


@dataclass(frozen=True)
class _Step:
    """One acting entry: what it is given, and what of that it hands on."""

    spec: PerturbationSpec
    record: Perturbation
    amounts: dict[str, float]
    halo: tuple[int, ...]
    arrays: Mapping[str, torch.Tensor]
    given: Block
    wanted: Block

    def on(self, axis: int, slab: slice[int, int, None]) -> _Step:
        """Return the same step for a slab along an axis without a halo."""
        given, wanted = ((*part[:axis], slab, *part[axis + 1 :]) for part in (self.given, self.wanted))
        return replace(self, given=given, wanted=wanted)


def perturb_block(
    image: NDArray[np.float32],
    stack: Sequence[Perturbation],
    *,
    block: Block,
    intensity_range: tuple[float, float],
    spacing: Spacing | None,
    fields: FieldStore,
    region_weights: Weights = everywhere,
    device: str = 'cpu',
) -> NDArray[np.float32]:
    """Apply a stack, first entry first, and return one block of the result.

    The block is followed backwards through the stack and enlarged by each entry's halo, so the result equals that
    block of the whole perturbed image to the bit. Entries that are disabled or of severity 0 are skipped.

    Parameters
    ----------
    image : ndarray, shape (C, *spatial), float32
        Never changed.
    stack : sequence of Perturbation
        In the order of application.
    block : tuple of slice
        One per spatial axis, with start and stop inside the image and no step.
    intensity_range : (float, float)
        (lo, hi) of the clean whole case; families act on u = (x - lo) / (hi - lo).
    spacing : tuple of float or None
        In mm in array order; None makes every length one of voxels.
    fields : FieldStore
        Where drawn fields are kept.
    region_weights : callable
        Gives the weights of an entry's region on a block; entries for the whole image never ask.
    device : str
        A torch device.

    Returns
    -------
    ndarray, shape (C, *block), float32
        A read-only VIEW of `image` when nothing acts, else a new array. Voxels that are not finite are handed
        through; for their neighbours they count as lo.

    Raises
    ------
    PerturbationError
        Unknown name or parameter, or a value outside its range, also of entries that do not act.
    """
    for record in stack:
        amounts(record)
    run = _Run(image, intensity_range, spacing or (1.0,) * (image.ndim - 1), fields, region_weights, device)
    steps = run.plan([record for record in stack if acts(record)], block)
    if not steps:
        view = image[(slice(None), *block)]
        view.flags.writeable = False
        return view
    axis = _free_axis(steps)
    if axis is None:
        return run.evaluate(steps)
    out = np.empty((image.shape[0], *(s.stop - s.start for s in block)), np.float32)
    for slab in _slabs(block, axis):
        part = slice(slab.start - block[axis].start, slab.stop - block[axis].start)
        out[(slice(None),) * (axis + 1) + (part,)] = run.evaluate([step.on(axis, slab) for step in steps])
    return out


@dataclass(frozen=True)
class _Run:
    """What all steps of one evaluation share."""

    image: NDArray[np.float32]
    intensity_range: tuple[float, float]
    spacing: Spacing
    fields: FieldStore
    region_weights: Weights
    device: str

    def plan(self, stack: Sequence[Perturbation], block: Block) -> list[_Step]:
        """Follow the block from the end of the stack to its beginning; each halo enlarges what is needed before it."""
        channels, shape = len(self.image), self.image.shape[1:]
        steps: list[_Step] = []
        wanted = block
        for record in reversed(stack):
            spec, values = get_spec(record.name), amounts(record)
            halo = spec.halo(values, shape, self.spacing) if spec.halo else (0,) * len(shape)
            given = tuple(
                slice(max(s.start - h, 0), min(s.stop + h, n)) for s, h, n in zip(wanted, halo, shape, strict=True)
            )
            arrays = self.fields.get(record.name, record.seed, channels, shape, self.spacing, self.device)
            steps.append(_Step(spec, record, values, halo, arrays, given, wanted))
            wanted = given
        return steps[::-1]

    def evaluate(self, steps: Sequence[_Step]) -> NDArray[np.float32]:
        """Walk the steps forward from the image to the wanted block."""
        import torch

        # torch takes neither read-only memory nor negative strides; nearly always this copies nothing
        given = np.require(self.image[(slice(None), *steps[0].given)], np.float32, ['C', 'W'])
        with torch.inference_mode():
            x = torch.from_numpy(given).to(self.device)
            for step in steps:
                x = self._apply(x, step)
            return x.cpu().numpy()

    def _apply(self, x: torch.Tensor, step: _Step) -> torch.Tensor:
        """One entry: onto the intensity scale, changed, back, and blended into its region."""
        import torch

        lo, hi = self.intensity_range
        keep = tuple(slice(w.start - g.start, w.stop - g.start) for w, g in zip(step.wanted, step.given, strict=True))
        u = torch.sub(x, lo).div_(hi - lo)
        broken = None if math.isfinite(float(u.sum())) else ~torch.isfinite(u)  # the sum is one quick pass
        if broken is not None:
            u.masked_fill_(broken, 0.0)
        field = FieldBlock(step.arrays, self.image.shape[1:], self.spacing, step.given, keep)
        y = step.spec.apply(u, step.amounts, field).mul_(hi - lo).add_(lo)
        before = x[(slice(None), *keep)]
        if step.record.region.kind != 'whole':
            weights = self.region_weights(step.record.region, step.wanted)
            if weights is not None:
                w = torch.from_numpy(np.ascontiguousarray(weights, np.float32)).to(self.device)
                y = torch.lerp(before.contiguous(), y, w)  # exact at weights 0 and 1
        return y if broken is None else torch.where(broken[(slice(None), *keep)], before, y)


def _free_axis(steps: Sequence[_Step]) -> int | None:
    """First axis longer than 1 along which no step looks at its neighbours."""
    for axis, wanted in enumerate(steps[-1].wanted):
        if wanted.stop - wanted.start > 1 and not any(step.halo[axis] for step in steps):
            return axis
    return None


def _slabs(block: Block, axis: int) -> Iterator[slice[int, int, None]]:
    """Cut a block along an axis into pieces of about `_SLAB` voxels."""
    start, stop = block[axis].start, block[axis].stop
    plane = math.prod(s.stop - s.start for s in block) // (stop - start)
    step = max(1, _SLAB // plane)
    for first in range(start, stop, step):
        yield slice(first, min(first + step, stop))
