"""A stack of perturbations applied to one block of an image, as if to the whole of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.catalogue import amounts, get_spec, in_order
from napari_segrobust.perturb.spec import FieldBlock
from napari_segrobust.perturb.warp import Warp, everything, source_block, warped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import Apply, Block, PerturbationSpec

#: Voxels of a slab: its few temporaries stay in the processor's cache.
_SLAB = 1 << 19
#: Voxels of a piece whose neighbours are needed too: temporaries of many times its size are less than a volume.
_PIECE = 3 << 18


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

    def on(self, wanted: Block, given: Block) -> _Step:
        """Return the same step for another block."""
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
    out = np.empty((len(clean.image), *(s.stop - s.start for s in block)), np.float32)
    for part in _parts(steps, block):
        inside = tuple(slice(p.start - b.start, p.stop - b.start) for p, b in zip(part, block, strict=True))
        run.evaluate(run.narrowed(steps, part), out[(slice(None), *inside)])
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
        for place, record in enumerate(stack):
            self.clean.check(record)
            spec, values = get_spec(record.name), amounts(record)
            arrays, facts = self.clean.drawn(record, self.device), self.clean.measured(record, self.device)
            if spec.survey:
                facts = {**facts, **self.survey(record, stack[:place], arrays, facts)}
            halo = spec.halo(values, shape, spacing) if spec.halo else (0,) * len(shape)
            warp = Warp(self.clean, record, self.device) if spec.coordinates else None
            steps.append(_Step(spec, record, values, shape if warp else halo, arrays, facts, block, block, warp))
        return self.narrowed(steps, block)

    def narrowed(self, steps: Sequence[_Step], block: Block) -> list[_Step]:
        """Return the same steps for another block of the result."""
        shape, found = self.clean.shape, []
        wanted = block
        for place, step in reversed(list(enumerate(steps))):
            if step.warp is None:
                given = tuple(
                    slice(max(s.start - h, 0), min(s.stop + h, n))
                    for s, h, n in zip(wanted, step.halo, shape, strict=True)
                )
            elif place == 0 and self.device == 'cpu' and self.clean.image.flags.carray:
                given = everything(shape)  # the image is there: looking at all of it costs nothing
            else:  # a warp looks at the whole image only where it takes from all of it
                given = source_block(step.warp, wanted)
            found.append(step.on(wanted, given))
            wanted = given
        return found[::-1]

    def survey(
        self,
        record: Perturbation,
        before: Sequence[Perturbation],
        arrays: Mapping[str, torch.Tensor],
        facts: Mapping[str, torch.Tensor],
    ) -> Mapping[str, torch.Tensor]:
        """Let a family look at the whole image that reaches it, once for all blocks of it."""
        spec, values, (lo, hi) = get_spec(record.name), amounts(record), self.clean.scale(record)
        whole = tuple(slice(0, n) for n in self.clean.shape)

        def look() -> Mapping[str, NDArray[Any]]:
            import torch

            x = np.require(perturb_block(self.clean, before, block=whole, device=self.device), np.float32, ['C', 'W'])
            step = _Step(spec, record, values, (0,) * len(whole), arrays, facts, whole, whole)
            with torch.inference_mode():
                u = torch.from_numpy(x).to(self.device).sub(lo).div_(hi - lo)
                u.masked_fill_(~torch.isfinite(u), 0.0)
                assert spec.survey is not None  # nobody else is asked
                return spec.survey(u, values, self._field(step))

        return self.clean.surveyed(record, before, look, self.device)

    def evaluate(self, steps: Sequence[_Step], out: NDArray[np.float32]) -> None:
        """Walk the steps forward from the image to the wanted block, into `out` (C, *wanted)."""
        import torch

        # torch takes neither read-only memory nor negative strides; nearly always this copies nothing
        given = np.require(self.clean.image[(slice(None), *steps[0].given)], np.float32, ['C', 'W'])
        with torch.inference_mode():
            x, room = torch.from_numpy(given).to(self.device), torch.from_numpy(out)
            for step in steps:
                known = step is steps[0] and self.clean.finite
                last = step is steps[-1] and self.device == 'cpu'
                x = self.applied(x, step, known, room if last else None)
            if x is not room:
                room.copy_(x)

    def applied(
        self, x: torch.Tensor, step: _Step, finite: bool = False, room: torch.Tensor | None = None
    ) -> torch.Tensor:
        """One entry: its change or its warp, and what stays as it was.

        Parameters
        ----------
        x : tensor (C, *given)
            Stays as it is.
        step : _Step
        finite : bool
            Whether x is known to be finite.
        room : tensor (C, *wanted), optional
            Where the result goes; fresh memory costs as much as a simple change of the voxels.
        """
        if step.spec.apply is not None:
            return self._changed(step.spec.apply, x, step, finite, room)
        assert step.warp is not None  # a spec has one or the other
        room = x.new_empty((len(x), *(s.stop - s.start for s in step.wanted))) if room is None else room
        lo, _ = self.clean.scale(step.record)
        warped(x, step.warp, step.given, step.wanted, lo, room, finite)  # what comes from outside is lo
        return self._finished(room, x[(slice(None), *step.keep)], step, None)

    def _changed(
        self, apply: Apply, x: torch.Tensor, step: _Step, finite: bool, room: torch.Tensor | None
    ) -> torch.Tensor:
        """Onto the intensity scale, changed, back, and blended into its region."""
        import torch

        lo, hi = self.clean.scale(step.record)
        span = 1.0 if step.spec.homogeneous else hi - lo
        own = room if room is not None and room.shape == x.shape and room.is_contiguous() else x.new_empty(x.shape)
        u = torch.sub(x, lo, out=own)
        if span != 1.0:
            u.div_(span)
        # The sum is one quick pass; what is known of x holds for u on any scale but a vanishing one.
        finite = (finite and span > 1e-6) or math.isfinite(float(u.sum()))
        broken = None if finite else ~torch.isfinite(u)
        if broken is not None:
            u.masked_fill_(broken, 0.0)
        y = apply(u, step.amounts, self._field(step))
        if span != 1.0:
            y.mul_(span)
        if lo:
            y.add_(lo)
        before = x[(slice(None), *step.keep)]
        weights = self._weights(step)
        if weights is not None:
            y = torch.lerp(before.contiguous(), y, weights)  # exact at weights 0 and 1
        y = self._finished(y, before, step, None if broken is None else broken[(slice(None), *step.keep)])
        if room is None:
            return y
        if y.data_ptr() != room.data_ptr() or y.stride() != room.stride():
            room.copy_(y)
        return room

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


def _parts(steps: Sequence[_Step], block: Block) -> Iterator[Block]:
    """Cut a block along one axis, so that what the steps need beside the result is small.

    Along an axis on which no step looks at its neighbours, pieces stay in the processor's cache. Otherwise they are
    larger: what they share with their neighbours is worked out twice. A warp that comes first reads the image itself.
    """
    lengths = [s.stop - s.start for s in block]
    reaching = [step.halo for step in steps if step.warp is None or step is not steps[0]]
    halos = [sum(halo[axis] for halo in reaching) for axis in range(len(block))]
    free = [axis for axis, n in enumerate(lengths) if n > 1 and not halos[axis]]
    # The first axis, along which pieces lie in one place of the memory, unless its pieces would share most of it.
    long = [axis for axis, n in enumerate(lengths) if n >= 4 * halos[axis]]
    axis = (free or long or [lengths.index(max(lengths))])[0]
    if math.prod(lengths) <= 2 * _SLAB:
        yield block
        return
    size = _SLAB if free and len(reaching) == len(steps) else _PIECE
    thick = max(size * lengths[axis] // math.prod(lengths), 1)
    if not free:
        thick = -(-max(thick, 2 * halos[axis]) // 8) * 8  # filters work in tiles that begin at multiples of it
    first = block[axis].start
    while first < block[axis].stop:
        stop = min((first // thick + 1) * thick, block[axis].stop)
        yield (*block[:axis], slice(first, stop), *block[axis + 1 :])
        first = stop
