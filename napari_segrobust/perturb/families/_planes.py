"""What acts within the last two axes: one slice needs that whole slice and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def plane_halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Ask for the whole plane and for no other slice."""
    return (*(0,) * (len(shape) - 2), *shape[-2:])


def by_plane(
    u: torch.Tensor, field: FieldBlock, change: Callable[[torch.Tensor, int, int], torch.Tensor]
) -> torch.Tensor:
    """Apply ``change(plane, channel, slice)`` to every whole plane and return the wanted part.

    Each plane is handed over by itself, (H, W), in memory of its own: transforms of many planes at once, or of
    memory that begins elsewhere, may differ in their last bits.
    """
    planes = u.reshape(len(u), -1, *u.shape[-2:])
    rows, columns = field.keep[-2:]
    out = u.new_empty(*planes.shape[:2], rows.stop - rows.start, columns.stop - columns.start)
    first = field.block[0].start if len(field.block) > 2 else 0
    for channel, stack in enumerate(planes):
        for index, plane in enumerate(stack):
            out[channel, index] = change(plane.clone(), channel, first + index)[rows, columns]
    return out.reshape(len(u), *(k.stop - k.start for k in field.keep))


def lines(u: torch.Tensor, field: FieldBlock, axis: int) -> torch.Tensor:
    """All of axis `axis` of the image, and of every other axis the wanted part; `u` is one channel."""
    return u[(*field.keep[:axis], slice(None), *field.keep[axis + 1 :])]


def wanted_lines(u: torch.Tensor, field: FieldBlock, axis: int) -> torch.Tensor:
    """Indices along `axis` of what is wanted, in voxels of the full case; `axis` must have been given whole."""
    import torch

    return torch.arange(field.keep[axis].start, field.keep[axis].stop, device=u.device)


def finite_u(clean: Clean, record: Perturbation, channel: int) -> NDArray[np.float32]:
    """One channel of the clean case on the intensity scale of a record, 0 where it is not finite."""
    lo, hi = clean.scale(record)
    u: NDArray[np.float32] = (clean.image[channel] - np.float32(lo)) / np.float32(hi - lo)
    return np.nan_to_num(u, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
