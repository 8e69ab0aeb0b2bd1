"""Filters in the plane of the last two axes, by Fourier transform."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock


def filtered_planes(u: torch.Tensor, kernel: NDArray[np.float64], field: FieldBlock) -> torch.Tensor:
    """Filter every plane with one kernel; beyond the case, its border voxels are repeated.

    Whole planes, one by one, so that a voxel has the same bits whatever the block; the time hardly depends on the
    kernel's size.

    Parameters
    ----------
    u : tensor (C, *block)
        With whole planes, see `plane_halo`.
    kernel : ndarray (2 ry + 1, 2 rx + 1)
        Unchanged by a turn of 180 degrees.
    field : FieldBlock

    Returns
    -------
    tensor (C, *wanted)
    """
    import torch

    height, width = field.shape[-2:]
    margin_y, margin_x = (size // 2 for size in kernel.shape)
    transfer = torch.from_numpy(_transfer(kernel.tobytes(), kernel.shape, (height, width))).to(u.device)
    rows, columns = (
        torch.arange(-margin, size + margin, device=u.device).clamp_(0, size - 1)
        for margin, size in ((margin_y, height), (margin_x, width))
    )
    size = (transfer.shape[0], _fast(width + 2 * margin_x))
    out = []
    for plane in u.reshape(-1, height, width):
        wide = plane.index_select(0, rows).index_select(1, columns)
        smooth = torch.fft.irfft2(torch.fft.rfft2(wide, s=size).mul_(transfer), s=size)
        out.append(smooth[margin_y : margin_y + height, margin_x : margin_x + width][field.keep[-2:]])
    return torch.stack(out).reshape(*u.shape[:-2], *out[0].shape)


def spread(radius: int, positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares (2 radius + 1, n) that pixels -radius to radius have in points between them, linearly interpolated.

    With them a kernel's weights, and so the image, are continuous in its size, below one pixel too.
    """
    pixels = np.arange(-radius, radius + 1)
    return np.asarray(np.clip(1 - np.abs(pixels[:, None] - positions), 0, None))


@lru_cache(maxsize=4)
def _transfer(kernel: bytes, shape: tuple[int, int], plane: tuple[int, int]) -> NDArray[Any]:
    """Transfer function, real because the kernel is symmetric about its centre, on the padded plane."""
    size = [_fast(length + extent - 1) for length, extent in zip(plane, shape, strict=True)]
    padded = np.zeros(size)
    padded[: shape[0], : shape[1]] = np.frombuffer(kernel).reshape(shape)
    centred = np.roll(padded, (-(shape[0] // 2), -(shape[1] // 2)), axis=(0, 1))
    return np.fft.rfft2(centred).real.astype(np.float32)


def _fast(size: int) -> int:
    from scipy.fft import next_fast_len

    return int(next_fast_len(size, real=True))
