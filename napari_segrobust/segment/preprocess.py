"""From the image's intensities to those a model wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.segment.intensity import Clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block
    from napari_segrobust.segment.protocols import ImageSource
    from napari_segrobust.segment.spec import ModelSpec

#: Voxels per channel that are read at once while measuring a volume.
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Statistics:
    """What zscore and minmax need to know of an image, one number per channel, in its own intensities."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]


def measure(chunks: Iterable[NDArray[np.float32]]) -> Statistics:
    """Mean, standard deviation (of the population), minimum and maximum of each channel.

    Parameters
    ----------
    chunks : iterable of ndarray, shape (C, ...)
        Parts of one image, merged pairwise: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing
        the sample variance", The American Statistician 37 (1983).
    """
    count, mean, squares, minimum, maximum = 0, np.zeros(1), np.zeros(1), np.full(1, np.inf), np.full(1, -np.inf)
    for chunk in chunks:
        values = chunk.reshape(len(chunk), -1)
        new, its_mean = values.shape[1], values.mean(axis=1, dtype=np.float64)
        centred = values - its_mean[:, None].astype(np.float32)
        # The float32 mean is off by a rounding; the second term takes that out of the variance.
        residue = centred.mean(axis=1, dtype=np.float64)
        its_squares = np.einsum('cv,cv->c', centred, centred, dtype=np.float64) - new * residue**2
        shift, total = its_mean - mean, count + new
        squares = squares + its_squares + shift**2 * (count * new / total)
        mean = mean + shift * (new / total)
        minimum, maximum = np.minimum(minimum, values.min(axis=1)), np.maximum(maximum, values.max(axis=1))
        count = total
    sd = np.sqrt(np.maximum(squares, 0) / count)
    return Statistics(*(tuple(float(v) for v in values) for values in (mean, sd, minimum, maximum)))


def measure_image(source: ImageSource) -> Statistics:
    """Statistics of a whole image, read in slabs of a few MB."""
    return measure(source.block(block) for block in _slabs(source.shape[1:]))


def needs_statistics(spec: ModelSpec) -> bool:
    """Whether the model's intensities depend on those of other voxels."""
    return spec.intensity in ('zscore', 'minmax')


def normalise(image: NDArray[np.float32], spec: ModelSpec, statistics: Statistics | None = None) -> NDArray[np.float32]:
    """Map intensities as the model's spec says.

    Parameters
    ----------
    image : ndarray, shape (C, ...), float32
        Is not changed.
    spec : ModelSpec
    statistics : Statistics, optional
        Needed for zscore and minmax.

    Returns
    -------
    ndarray, shape (C, ...), float32
        zscore: (x - mean) / sd, with sd 1 where the channel is constant. minmax: (x - min) / (max - min), 0 where
        the channel is constant. Clip: limited to ``clip``, then mapped linearly to ``to``.
    """
    if spec.intensity == 'none':
        return image
    if isinstance(spec.intensity, Clip):
        (lo, hi), (bottom, top) = spec.intensity.clip, spec.intensity.to
        scale = (top - bottom) / (hi - lo)
        out = np.clip(image, lo, hi)
        out -= np.float32(lo)
        out *= np.float32(scale)
        out += np.float32(bottom)
        return out
    assert statistics is not None
    if spec.intensity == 'zscore':
        offset, width = np.array(statistics.mean), np.array(statistics.sd)
    else:
        offset = np.array(statistics.minimum)
        width = np.array(statistics.maximum) - offset
    along = (-1, *(1,) * (image.ndim - 1))
    out = image - offset.astype(np.float32).reshape(along)
    out *= np.where(width > 0, 1 / np.where(width > 0, width, 1), 1).astype(np.float32).reshape(along)
    return out


def _slabs(shape: tuple[int, ...]) -> Iterator[Block]:
    rest = tuple(slice(0, n) for n in shape[1:])
    thickness = max(_CHUNK // max(int(np.prod(shape[1:])), 1), 1)
    for start in range(0, shape[0], thickness):
        yield (slice(start, min(start + thickness, shape[0])), *rest)
