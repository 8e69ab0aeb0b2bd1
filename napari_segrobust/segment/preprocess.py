"""From the image's intensities to those a model wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.segment.intensity import CT, Clip, Percentiles, uses_statistics
from napari_segrobust.segment.source import slabs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_segrobust.segment.intensity import Intensity
    from napari_segrobust.segment.protocols import ImageSource
    from napari_segrobust.segment.spec import ModelSpec


@dataclass(frozen=True)
class Statistics:
    """What an intensity needs to know of an image, one number per channel, in the image's own unit.

    Attributes
    ----------
    offset : tuple of float
        The mean, the minimum, or the lower percentile.
    width : tuple of float
        The standard deviation, or from offset to the maximum or to the upper percentile.
    """

    offset: tuple[float, ...]
    width: tuple[float, ...]


def measure(chunks: Iterable[NDArray[np.float32]], intensity: Intensity) -> Statistics:
    """Measure what an intensity needs, in each channel.

    Parameters
    ----------
    chunks : iterable of ndarray, shape (C, ...)
        Parts of one image.
    intensity : {'zscore', 'zscore_nonzero', 'minmax'} or Percentiles
        Standard deviations are the population's. Percentiles between two values are linear (NumPy's default), and
        need all chunks at once in memory.
    """
    if isinstance(intensity, Percentiles):
        values = np.concatenate([chunk.reshape(len(chunk), -1) for chunk in chunks], axis=1)
        low, high = np.percentile(values, intensity.percentiles, axis=1, overwrite_input=True)
        return _statistics(low, high - low)
    if intensity == 'minmax':
        ends = [
            (chunk.reshape(len(chunk), -1).min(axis=1), chunk.reshape(len(chunk), -1).max(axis=1)) for chunk in chunks
        ]
        lowest = np.min([low for low, _ in ends], axis=0).astype(np.float64)
        return _statistics(lowest, np.max([high for _, high in ends], axis=0) - lowest)
    return _moments(chunks, intensity == 'zscore_nonzero')


def _moments(chunks: Iterable[NDArray[np.float32]], nonzero: bool) -> Statistics:
    """Mean and standard deviation, merged chunk by chunk.

    T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", The American
    Statistician 37 (1983).
    """
    count, mean, squares = np.zeros(1), np.zeros(1), np.zeros(1)
    for chunk in chunks:
        parts = [_moments_of(channel[channel != 0] if nonzero else channel.ravel()) for channel in chunk]
        new, its_mean, its_squares = np.array(parts).T
        total = np.maximum(count + new, 1)
        shift = its_mean - mean
        squares = squares + its_squares + shift**2 * (count * new / total)
        mean = mean + shift * (new / total)
        count = count + new
    return _statistics(mean, np.sqrt(np.maximum(squares, 0) / np.maximum(count, 1)))


def _moments_of(values: NDArray[np.float32]) -> tuple[float, float, float]:
    """Count, mean, and sum of squared differences from the mean."""
    if not values.size:
        return 0.0, 0.0, 0.0
    mean = values.mean(dtype=np.float64)
    centred = values - np.float32(mean)
    # The float32 mean is off by a rounding; the second term takes that out of the variance.
    residue = centred.mean(dtype=np.float64)
    return (
        values.size,
        float(mean),
        float(np.einsum('v,v->', centred, centred, dtype=np.float64) - values.size * residue**2),
    )


def _statistics(offset: NDArray[np.float64], width: NDArray[np.float64]) -> Statistics:
    return Statistics(tuple(float(v) for v in offset), tuple(float(v) for v in width))


def measure_image(source: ImageSource, intensity: Intensity) -> Statistics:
    """Statistics of a whole image, read in slabs of a few MB.

    Raises
    ------
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    return measure(_blocks(source), intensity)


def _blocks(source: ImageSource) -> Iterator[NDArray[np.float32]]:
    for slab in slabs(source.shape[1:]):
        checkpoint()
        yield source.block(slab)


def needs_statistics(spec: ModelSpec) -> bool:
    """Whether the model's intensities depend on those of other voxels."""
    return uses_statistics(spec.intensity)


def normalise(image: NDArray[np.float32], spec: ModelSpec, statistics: Statistics | None = None) -> NDArray[np.float32]:
    """Map intensities as the model's spec says.

    Parameters
    ----------
    image : ndarray, shape (C, ...), float32
        Is not changed.
    spec : ModelSpec
    statistics : Statistics, optional
        Needed where `needs_statistics`.

    Returns
    -------
    ndarray, shape (C, ...), float32
        zscore: (x - mean) / sd; zscore_nonzero: the same where x is not 0, of those voxels alone; minmax:
        (x - min) / (max - min). A constant channel becomes 0. divide_255: x / 255. `Clip` and `Percentiles`:
        limited to their ends, then mapped linearly to ``to``; where percentiles coincide, all becomes ``to[0]``.
        `CT`: limited to ``ct``, then (x - mean) / sd.
    """
    how = spec.intensity
    if how == 'none':
        return image
    if how == 'divide_255':
        return image / np.float32(255)
    if isinstance(how, Clip):
        return _mapped(image, np.array(how.clip[:1]), np.array(how.clip[1:]), how.to, how.clipped)
    if isinstance(how, CT):
        return _shifted(np.clip(image, *how.ct), np.array([how.mean]), np.array([how.sd]))
    assert statistics is not None
    offset, width = np.array(statistics.offset), np.array(statistics.width)
    if isinstance(how, Percentiles):
        return _mapped(image, offset, offset + width, how.to)
    out = _shifted(image, offset, width)
    if how == 'zscore_nonzero':
        out[image == 0] = 0
    return out


def _shifted(
    image: NDArray[np.float32], offset: NDArray[np.float64], width: NDArray[np.float64]
) -> NDArray[np.float32]:
    """``(x - offset) / width``; divided by 1 where the width is 0."""
    out = image - _per_channel(offset, image.ndim)
    out *= _per_channel(np.where(width > 0, 1 / np.where(width > 0, width, 1), 1), image.ndim)
    return out


def _mapped(
    image: NDArray[np.float32],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    to: tuple[float, float],
    clipped: bool = True,
) -> NDArray[np.float32]:
    """`low` and `high` become the ends of `to`."""
    out = np.clip(image, _per_channel(low, image.ndim), _per_channel(high, image.ndim)) if clipped else image.copy()
    width = high - low
    out -= _per_channel(low, image.ndim)
    out *= _per_channel(np.where(width > 0, (to[1] - to[0]) / np.where(width > 0, width, 1), 0), image.ndim)
    out += np.float32(to[0])
    return out


def _per_channel(values: NDArray[np.float64], ndim: int) -> NDArray[np.float32]:
    return values.astype(np.float32).reshape(-1, *(1,) * (ndim - 1))
