"""A range of grey values, in percent of the image's own range or in its own unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.segment.classical.method import CHANNEL, SMOOTH, Method, amount, scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture

_LOWEST, _HIGHEST = -1024.0, 3071.0


def run_percent(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Voxels from `low` to `high` percent; an end of the slider is no limit."""
    low = -np.inf if values['low'] <= 0 else picture.at(values['low'])
    high = np.inf if values['high'] >= 100 else picture.at(values['high'])
    if picture.is_flat:
        return np.zeros(picture.grey.shape, np.uint8)
    return _between(picture.smoothed(values['smooth']).grey, low, high)


def run_values(picture: Picture, values: Mapping[str, float]) -> NDArray[Any]:
    """Voxels from `low` to `high` in the unit of the image; an end of the slider is no limit."""
    low = -np.inf if values['low'] <= _LOWEST else values['low']
    high = np.inf if values['high'] >= _HIGHEST else values['high']
    return _between(picture.smoothed(values['smooth']).grey, low, high)


def _between(grey: NDArray[np.float32], low: float, high: float) -> NDArray[Any]:
    return ((grey >= low) & (grey <= high)).astype(np.uint8)


METHOD = (
    Method(
        name='threshold',
        title='Threshold range, percent',
        run=run_percent,
        knobs=(
            amount('low', 'from', '%', 60.0, 0.0, 100.0, 0.5, 'Of the range of grey values (p1 to p99); 0 is no limit'),
            amount('high', 'to', '%', 100.0, 0.0, 100.0, 0.5, 'Of the range of grey values (p1 to p99); 100 is none'),
            SMOOTH,
            scope(words="slice: percent of each slice's own range. volume: percent of the volume's range"),
            CHANNEL,
        ),
        source='Grey values between two thresholds; the range is that of percentiles 1 and 99.',
        use='Everything whose grey value lies in a range, in percent of the range that the image itself has.',
        limits='Knows nothing of place. The image is its own measure: brighter as a whole, it looks the same.',
    ),
    Method(
        name='threshold-hu',
        title='Threshold range, HU',
        run=run_values,
        knobs=(
            amount('low', 'from', 'HU', 100.0, _LOWEST, _HIGHEST, 1.0, 'In the unit of the image; the end is no limit'),
            amount('high', 'to', 'HU', _HIGHEST, _LOWEST, _HIGHEST, 1.0, 'In the unit of the image; the end is none'),
            SMOOTH,
            CHANNEL,
        ),
        source='Grey values between two thresholds, in the unit of the image: Hounsfield units in a CT.',
        use='Everything whose value lies in a fixed range.',
        limits='Means something only where values do, as in CT. Knows nothing of place.',
    ),
)
