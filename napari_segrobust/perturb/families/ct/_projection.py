"""Projection of one CT slice and filtered back-projection, for parallel rays, fast enough for a slider.

What projections add to an image is never finer than the objects that cast it, so it is reconstructed on a square grid
of at most 256 x 256 cells and brought to the voxels by linear interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: More cells than these are projected on a grid of half the size: their sum is what counts.
_MOST_POINTS = 6000
#: Views that are projected at once times points: the few temporaries stay in the processor's cache.
_PIECE = 1 << 17
#: Samples of a filtered view between two bins, so that back-projection takes the nearest one.
_FINE = 4


@dataclass(frozen=True)
class Scan:
    """Parallel rays through the middle of a slice, over half a turn.

    Attributes
    ----------
    shape, spacing : (int, int), (float, float)
        Voxels of the slice, and mm along rows and columns.
    finest : int
        Largest number of cells along a side of the grid.
    """

    shape: tuple[int, int]
    spacing: tuple[float, float]
    finest: int = 256

    @classmethod
    def of(cls, shape: Shape, spacing: Spacing, finest: int = 256) -> Scan:
        """Return the scan of any slice of a case, (H, W) being its last two axes."""
        return cls((shape[-2], shape[-1]), (spacing[-2], spacing[-1]), finest)

    @property
    def cells(self) -> int:
        """Cells along a side of the grid, which is square and covers the slice."""
        return min(self.finest, max(self.shape))

    @property
    def cell(self) -> float:
        """Side of a cell and width of a detector bin, in mm."""
        return max(n * step for n, step in zip(self.shape, self.spacing, strict=True)) / self.cells

    @property
    def views(self) -> int:
        """Number of views: a multiple of 4, so that four of them share their geometry."""
        return 4 * max(8, ceil(0.23 * self.cells))

    @property
    def bins(self) -> int:
        """Detector bins, an odd number that covers the grid's diagonal."""
        return 2 * ceil(self.cells / sqrt(2)) + 3

    def angles(self) -> NDArray[np.float64]:
        """Angle of each view in radians: a ray's place on the detector is x cos + y sin."""
        return (np.arange(self.views) + 0.5) * pi / self.views

    def project(self, density: torch.Tensor, together: int = 1) -> torch.Tensor:
        """Sum a density along rays.

        Parameters
        ----------
        density : tensor, shape (H, W), float32
            Relative to water, 0 where nothing is.
        together : int
            So many neighbouring views, 1, 2 or 4, share the path at their middle: enough for the outline of a body.

        Returns
        -------
        tensor, shape (views, bins), float32
            Path in cm of water.
        """
        import torch

        weight, y, x, width = self._points(density)
        angles = self.angles().reshape(-1, together).mean(axis=1)
        path = torch.zeros(len(angles) * self.bins, device=density.device)
        cosine, sine = (torch.from_numpy(wave(angles).astype(np.float32)).to(path.device) for wave in (np.cos, np.sin))
        step = max(1, _PIECE // max(1, len(weight)))
        for first in range(0, len(angles), step):
            part = slice(first, first + step)
            place = cosine[part, None] * x + sine[part, None] * y
            place.add_((self.bins - 1) / 2)
            left = place.floor()
            share = place.sub_(left).mul_(weight)
            rows = torch.arange(first, min(first + step, len(angles)), device=path.device)[:, None] * self.bins
            index = (left.long() + rows).flatten()
            path.scatter_add_(0, index, (weight - share).flatten())
            path.scatter_add_(0, index.add_(1), share.flatten())
        path = path.reshape(len(angles), self.bins)
        if width > 1:
            spread = torch.tensor([width - abs(k) for k in range(1 - width, width)], device=path.device) / width**2
            path = torch.nn.functional.conv1d(path[:, None], spread[None, None], padding=width - 1)[:, 0]
        return path.repeat_interleave(together, dim=0)

    def _points(self, density: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
        """Cells where something is: what they add to a bin, where they lie in cells from the centre, how many wide."""
        import torch

        width = 1
        while True:
            size = [
                max(1, round(n * step / self.cell / width)) for n, step in zip(self.shape, self.spacing, strict=True)
            ]
            coarse = torch.nn.functional.interpolate(density[None, None], size, mode='area')[0, 0]
            found = coarse.nonzero()
            if len(found) <= _MOST_POINTS or max(size) <= 64:
                break
            width *= 2
        steps = [n * step / count for n, step, count in zip(self.shape, self.spacing, size, strict=True)]
        y, x = ((found[:, axis] - (size[axis] - 1) / 2).mul_(steps[axis] / self.cell).float() for axis in range(2))
        return coarse[found[:, 0], found[:, 1]] * (steps[0] * steps[1] / self.cell / 10), y, x, width

    def reconstruct(self, paths: torch.Tensor) -> torch.Tensor:
        """Filtered back-projection.

        Parameters
        ----------
        paths : tensor, shape (views, bins), float32
            In cm of water.

        Returns
        -------
        tensor, shape (H, W), float32
            In HU above 0 HU for no path: water is 1000.
        """
        import torch

        size = 1 << ceil(np.log2(2 * self.bins))
        response = torch.from_numpy(ramp(size).astype(np.float32)).to(paths.device)
        filtered = torch.fft.irfft(torch.fft.rfft(paths, size).mul_(response), size)[:, : self.bins]
        fine = torch.nn.functional.interpolate(
            filtered[None], _FINE * (self.bins - 1) + 1, mode='linear', align_corners=True
        )[0]
        return self._on_voxels(self._smear(fine).mul_(1000 * 10 / self.cell * pi / self.views))

    def _smear(self, fine: torch.Tensor) -> torch.Tensor:
        """Sum over the views, for each cell, of the sample that its ray meets.

        The views at t, 90 - t, 90 + t and 180 - t degrees meet a square grid alike but for flips and a transposition.
        """
        import torch

        n, views = self.cells, self.views
        first = torch.arange(views // 4, device=fine.device)
        alike = torch.stack([first, views // 2 + first, views - 1 - first, views // 2 - 1 - first], dim=1)
        place = torch.arange(n, device=fine.device) - (n - 1) / 2
        sums, samples = fine.new_zeros(4, n * n), fine.new_empty(4, n * n)
        for four, angle in zip(fine[alike], self.angles(), strict=False):
            along = place * (_FINE * float(np.cos(angle))) + (_FINE * (self.bins - 1) / 2 + 0.5)
            index = torch.add((place * (_FINE * float(np.sin(angle))))[:, None], along).int().flatten()
            sums.add_(torch.index_select(four, 1, index, out=samples))
        plain, quarter, mirrored, swapped = sums.reshape(4, n, n)
        total_of_all: torch.Tensor = plain + quarter.flip(0).T + mirrored.flip(1) + swapped.T
        return total_of_all

    def _on_voxels(self, grid: torch.Tensor) -> torch.Tensor:
        """Interpolate from the grid to the voxels of the slice, one axis after the other."""
        import torch

        for axis, (n, step) in enumerate(zip(self.shape, self.spacing, strict=True)):
            place = (np.arange(n) - (n - 1) / 2) * step / self.cell + (self.cells - 1) / 2
            left = np.clip(np.floor(place), 0, max(self.cells - 2, 0))
            share = torch.from_numpy(np.clip(place - left, 0, 1).astype(np.float32)).to(grid.device)
            index = torch.from_numpy(left.astype(np.int64)).to(grid.device)
            share = share[:, None] if axis == 0 else share
            before = grid.index_select(axis, index)
            after = grid.index_select(axis, (index + 1).clamp_(max=self.cells - 1))
            grid = before + after.sub_(before).mul_(share)
        return grid


def draw_noise(rng: np.random.Generator, scan: Scan, slices: int) -> dict[str, NDArray[np.float32]]:
    """Standard normal noise of a sinogram, and by how many views and bins it is rolled in each slice.

    One sinogram for all slices, each rolled its own way, takes a hundredth of the memory and looks as independent.
    """
    return {
        'noise': rng.standard_normal((scan.views, scan.bins), dtype=np.float32),
        'roll': rng.integers((scan.views, scan.bins), size=(slices, 2)).astype(np.float32),
    }


def noise_of(field: FieldBlock, channel: int, index: int) -> torch.Tensor:
    """Sinogram noise (views, bins) of a slice, from what `draw_noise` drew."""
    views, bins = field.arrays['roll'][channel, index].int().tolist()
    return field.arrays['noise'][channel].roll((views, bins), (0, 1))


def ramp(size: int) -> NDArray[np.float64]:
    """Response of the ramp filter under a Hann window, from its samples in space, so that constants come out right."""
    n = np.minimum(np.arange(size), size - np.arange(size))
    kernel = np.zeros(size)
    kernel[n % 2 == 1] = -1 / (pi * n[n % 2 == 1]) ** 2
    kernel[0] = 0.25
    window = 0.5 + 0.5 * np.cos(pi * np.arange(size // 2 + 1) / (size // 2))
    response: NDArray[np.float64] = np.fft.rfft(kernel).real * window
    return response
