"""One pair of masks under different rules: what tools print for empty masks, three HD95, holes or outer contours."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.counts import as_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.compare.value import Status

#: Keys of the three definitions of HD95, with the tools that use each.
HD95_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        'hd95': 'larger of both directed percentiles: MetricsReloaded, MONAI',
        'hd95_pooled': 'one percentile of both directions together: MedPy, panoptica, seg_metrics, USE-Evaluator',
        'hd95_surfel': 'percentile of the surface area: DeepMind surface-distance',
    }
)


@dataclass(frozen=True, slots=True)
class Printed:
    """What a tool prints, in its own words: numbers, "NaN", "inf", "error"; "" where it has no such metric."""

    dice: str
    hd: str = ''
    nsd: str = ''


@dataclass(frozen=True, slots=True)
class EmptyPolicy:
    """What a tool does with empty masks.

    Attributes
    ----------
    tool, version : str
    both_empty, reference_empty, prediction_empty : Printed
    note : str
        What else it prints, or where it breaks.
    """

    tool: str
    version: str
    both_empty: Printed
    reference_empty: Printed
    prediction_empty: Printed
    note: str = ''

    def at(self, status: Status) -> Printed | None:
        """What it prints for a pair of that status; None for two masks of which none is empty."""
        printed: Printed | None = getattr(self, status, None)
        return printed


_ONE_EMPTY = Printed('0', 'inf', '0')
#: Run, not read: each row was observed with the version that it names.
EMPTY_POLICIES = (
    EmptyPolicy(
        'MetricsReloaded',
        'git cb38dfc',
        Printed('1', '0', '1'),
        Printed('0', 'NaN', '0'),
        Printed('0', 'NaN', '0'),
        'both empty: its IoU is NaN; an empty reference and a prediction near a corner give an NSD of up to 1',
    ),
    EmptyPolicy('DeepMind surface-distance', 'git 1f805ce', Printed('NaN', 'inf', 'NaN'), _ONE_EMPTY, _ONE_EMPTY),
    EmptyPolicy(
        'MONAI',
        '1.6.1',
        Printed('NaN', 'NaN', 'NaN'),
        Printed('NaN', 'inf', '0'),
        _ONE_EMPTY,
        'its HD95 is NaN when one mask is empty; NaN for an empty reference hides false alarms on healthy cases',
    ),
    EmptyPolicy('MedPy', '0.5.2', Printed('1', 'error'), Printed('0', 'error'), Printed('0', 'error')),
    EmptyPolicy('pymia', '0.3.4', Printed('1', 'inf', '-inf'), _ONE_EMPTY, _ONE_EMPTY),
    EmptyPolicy('panoptica', '2.1.7', Printed('NaN'), Printed('0'), Printed('0'), 'its ASSD is inf when one is empty'),
    EmptyPolicy(
        'seg_metrics', '1.2.8', Printed('1', '0'), Printed('0', '0'), Printed('0', '0'), 'an empty mask is a perfect HD'
    ),
    EmptyPolicy(
        'torchmetrics',
        '1.9.0',
        Printed('NaN', 'error'),
        Printed('0', 'inf'),
        Printed('0', 'inf'),
        'both empty: its IoU is -1',
    ),
    EmptyPolicy('SimpleITK', '2.5.7', Printed('inf', 'error'), Printed('0', 'error'), Printed('0', 'error')),
    EmptyPolicy('MeshMetrics', 'git 2a888b1', Printed('1', '0', '1'), _ONE_EMPTY, _ONE_EMPTY),
    EmptyPolicy(
        'USE-Evaluator',
        'git 11c498e',
        Printed('NaN'),
        Printed('NaN'),
        Printed('NaN'),
        'counts the image instead: true negative, false positive, false negative',
    ),
    EmptyPolicy(
        'EvaluateSegmentation',
        'git 4cff08d',
        Printed('no output', 'no output'),
        Printed('no output', 'no output'),
        Printed('no output', 'no output'),
        'ends with exit code 0 and prints nothing',
    ),
)


def outer_contour(labels: NDArray[Any]) -> NDArray[Any]:
    """Fill the holes of every label, so that only outer contours are left to measure.

    Parameters
    ----------
    labels : ndarray of int or bool, shape ([Z,] Y, X)

    Returns
    -------
    ndarray of int, same shape
        What another label covers stays that label's. A hole is background that no path through faces joins to the
        outside of the image.
    """
    from scipy.ndimage import binary_fill_holes

    filled = as_labels(labels).copy()
    for value in np.unique(filled):
        if value:
            filled[binary_fill_holes(filled == value) & (filled == 0)] = value
    return filled
