"""What a method sees: one grey picture, how large its pixels are, and what is marked on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.protocols import Shown

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Picture:
    """A slice or a volume in one channel.

    Attributes
    ----------
    grey : ndarray (*spatial), float32
        In the unit of the image.
    spacing : tuple of float
        mm per axis, 1 where unknown.
    shown : Shown
        In voxels of the picture.
    """

    grey: NDArray[np.float32]
    spacing: tuple[float, ...]
    shown: Shown = field(default_factory=Shown)

    @cached_property
    def range(self) -> tuple[float, float]:
        """0 and 100 % of the scale of grey values: percentiles 1 and 99, minimum and maximum where these are equal."""
        lo, hi = (float(v) for v in np.percentile(self.grey, (1, 99)))
        return (lo, hi) if hi > lo else (float(self.grey.min()), float(self.grey.max()))

    @property
    def is_flat(self) -> bool:
        """Whether all grey values are equal: then there is nothing to tell apart."""
        lo, hi = self.range
        return lo >= hi

    def at(self, percent: float) -> float:
        """Grey value at a percentage of the scale."""
        lo, hi = self.range
        return lo + percent / 100 * (hi - lo)

    def span(self, percent: float) -> float:
        """Difference of grey values that is so many percent of the scale."""
        lo, hi = self.range
        return percent / 100 * (hi - lo)

    @cached_property
    def unit(self) -> NDArray[np.float32]:
        """Grey values from 0 to 1 over the scale, clipped; all 0 where they are equal."""
        lo, hi = self.range
        if hi <= lo:
            return np.zeros_like(self.grey)
        return ((self.grey - lo) / (hi - lo)).clip(0, 1)

    def voxels(self, mm: float) -> tuple[float, ...]:
        """A length in voxels of each axis."""
        return tuple(mm / s for s in self.spacing)

    def smoothed(self, mm: float) -> Picture:
        """The same picture behind a Gaussian of this standard deviation."""
        if not mm:
            return self
        from scipy.ndimage import gaussian_filter

        return Picture(gaussian_filter(self.grey, self.voxels(mm)), self.spacing, self.shown)


def grey(image: NDArray[np.float32], channel: float) -> NDArray[np.float32]:
    """One channel of (C, *spatial): the mean of all for 0, else the one of that number.

    Raises
    ------
    ModelError
        The image has fewer channels.
    """
    if not channel:
        mean: NDArray[np.float32] = image[0] if len(image) == 1 else image.mean(axis=0, dtype=np.float32)
        return mean
    if channel > len(image):
        why = f'channel {channel:g} was asked for, and the image has {len(image)}'
        raise ModelError('Channel not there', why, 'Choose mean, or a channel of the image.')
    one: NDArray[np.float32] = image[int(channel) - 1]
    return one
