"""A stack of perturbations applied to one block of an image, as if to the whole of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.catalogue import amounts, get_spec, in_order
from napari_segrobust.perturb.spec import FieldBlock
from napari_segrobust.perturb.warp import Warp, source_block, warped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import Block, PerturbationSpec

#: Voxels of a slab: its few temporaries stay in the processor's cache.
_SLAB = 1 << 17


@dataclass(frozen=True)
class _Step:
    """One acting entry: what it is given, and what of that it hands on."""

    spec: PerturbationSpec
    record: Perturbation
    amounts: dict[str, float]
    halo: tuple[int, ...]
    arrays: Mapping[str, torch.Tensor]
    facts: Mapping[str, torch.Tensor]
    given: Block
    wanted: Block
    warp: Warp | None = None

    @property
    def keep(self) -> Block:
        """The wanted part of what is given."""
        return tuple(slice(w.start - g.start, w.stop - g.start) for w, g in zip(self.wanted, self.given, strict=True))

    def on(self, axis: int, slab: slice[int, int, None]) -> _Step:
        """Return the same step for a slab along an axis without a halo."""
        given, wanted = ((*part[:axis], slab, *part[axis + 1 :]) for part in (self.given, self.wanted))
        return replace(self, given=given, wanted=wanted)


def perturb_block(
    clean: Clean, stack: Sequence[Perturbation], *, block: Block, device: str = 'cpu'
) -> NDArray[np.float32]:
    """Apply a stack, first entry first and remedies last, and return one block of the result.

    The block is followed backwards through the stack and enlarged by each entry's halo, so the result equals that
    block of the whole perturbed image to the bit. Entries that are disabled, of severity 0, or that act on masks or
    headers alone are skipped.

    Parameters
    ----------
    clean : Clean
        The case. Never changed.
    stack : sequence of Perturbation
    block : tuple of slice
        One per spatial axis, with start and stop inside the image and no step.
    device : str
        A torch device.

    Returns
    -------
    ndarray, shape (C, *block), float32
        A read-only VIEW of the image when nothing acts, else a new array. Voxels that are not finite are handed
        through, but for a warp; for their neighbours they count as lo.

    Raises
    ------
    PerturbationError
        Unknown name or parameter, or a value outside its range, also of entries that do not act; an unmet need.
    """
    for record in stack:
        amounts(record)
    run = _Run(clean, device)
    steps = run.plan([record for record in in_order(stack) if get_spec(record.name).changes_voxels], block)
    if not steps:
        view = clean.image[(slice(None), *block)]
        view.flags.writeable = False
        return view
    axis = _free_axis(steps)
    if axis is None:
        return run.evaluate(steps)
    out = np.empty((len(clean.image), *(s.stop - s.start for s in block)), np.float32)
    for slab in _slabs(block, axis):
        part = slice(slab.start - block[axis].start, slab.stop - block[axis].start)
        out[(slice(None),) * (axis + 1) + (part,)] = run.evaluate([step.on(axis, slab) for step in steps])
    return out


@dataclass(frozen=True)
class _Run:
    """What all steps of one evaluation share."""

    clean: Clean
    device: str

    def plan(self, stack: Sequence[Perturbation], block: Block) -> list[_Step]:
        """Follow the block from the end of the stack to its beginning; each halo enlarges what is needed before it."""
        shape, spacing = self.clean.shape, self.clean.spacing
        steps: list[_Step] = []
        wanted = block
        for record in reversed(stack):
            self.clean.check(record)
            spec, values = get_spec(record.name), amounts(record)
            arrays, facts = self.clean.drawn(record, self.device), self.clean.measured(record, self.device)
            halo = spec.halo(values, shape, spacing) if spec.halo else (0,) * len(shape)
            halo = shape if spec.coordinates else halo
            given = tuple(
                slice(max(s.start - h, 0), min(s.stop + h, n)) for s, h, n in zip(wanted, halo, shape, strict=True)
            )
            step = _Step(spec, record, values, halo, arrays, facts, given, wanted)
            if spec.coordinates:  # a warp looks at the whole image only where it takes from all of it
                warp = Warp(self.clean, record, self.device)
                step = replace(step, warp=warp, given=source_block(warp, wanted))
            steps.append(step)
            wanted = step.given
        return steps[::-1]

    def evaluate(self, steps: Sequence[_Step]) -> NDArray[np.float32]:
        """Walk the steps forward from the image to the wanted block."""
        import torch

        # torch takes neither read-only memory nor negative strides; nearly always this copies nothing
        given = np.require(self.clean.image[(slice(None), *steps[0].given)], np.float32, ['C', 'W'])
        with torch.inference_mode():
            x = torch.from_numpy(given).to(self.device)
            for step in steps:
                x = self._applied(x, step) if step.warp is None else self._moved(x, step, step.warp)
            return x.cpu().numpy()

    def _applied(self, x: torch.Tensor, step: _Step) -> torch.Tensor:
        """One entry: onto the intensity scale, changed, back, and blended into its region."""
        import torch

        lo, hi = self.clean.scale(step.record)
        if step.spec.apply is None:
            return x
        u = torch.sub(x, lo).div_(hi - lo)
        broken = None if math.isfinite(float(u.sum())) else ~torch.isfinite(u)  # the sum is one quick pass
        if broken is not None:
            u.masked_fill_(broken, 0.0)
        y = step.spec.apply(u, step.amounts, self._field(step)).mul_(hi - lo).add_(lo)
        before = x[(slice(None), *step.keep)]
        weights = self._weights(step)
        if weights is not None:
            y = torch.lerp(before.contiguous(), y, weights)  # exact at weights 0 and 1
        return self._finished(y, before, step, None if broken is None else broken[(slice(None), *step.keep)])

    def _moved(self, x: torch.Tensor, step: _Step, warp: Warp) -> torch.Tensor:
        """One warp of the image; values from outside of it are lo."""
        lo, _ = self.clean.scale(step.record)
        y = warped(x, warp, step.given, step.wanted, lo)
        return self._finished(y, x[(slice(None), *step.keep)], step, None)

    def _finished(
        self, y: torch.Tensor, before: torch.Tensor, step: _Step, broken: torch.Tensor | None
    ) -> torch.Tensor:
        """Cut to the scale where asked; channels that are not chosen and broken voxels stay."""
        import torch

        if step.record.clip:
            y = y.clamp_(*self.clean.scale(step.record))
        if step.record.channels is not None:
            for channel in set(range(len(y))) - set(step.record.channels):
                y[channel] = before[channel]
        return y if broken is None else torch.where(broken, before, y)

    def _field(self, step: _Step) -> FieldBlock:
        return FieldBlock(
            step.arrays,
            self.clean.shape,
            self.clean.spacing,
            step.given,
            step.keep,
            step.facts,
            self.clean.scale(step.record),
        )

    def _weights(self, step: _Step) -> torch.Tensor | None:
        """Weights of the region on the wanted block; None is 1 everywhere."""
        import torch

        if step.record.region.kind == 'whole':
            return None
        weights = self.clean.region_weights(step.record.region, step.wanted)
        if weights is None:
            return None
        return torch.from_numpy(np.ascontiguousarray(weights, np.float32)).to(self.device)


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
