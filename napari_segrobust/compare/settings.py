"""Settings that the definitions of metrics depend on."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from napari_segrobust.errors import CompareError

Connectivity = Literal['full', 'face']


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """What a person can set; printed with every number that depends on it.

    Lengths are in mm, volumes in ml; without spacing in voxels or pixels, and in voxels or px^2.

    Attributes
    ----------
    tolerance_mm : float
        Distance up to which borders agree.
    boundary_width_mm : float
        Width of the band along the border in boundary IoU.
    connectivity : {'full', 'face'}
        Which voxels make one object: all neighbours (8 or 26), or those that share a face (4 or 6).
    beta : float
        How many times more recall weighs than precision in F-beta.
    error_weights : (float, float)
        Weight of an extra and of a missed voxel, in the Tversky index and the weighted Hamming distance.
    bins : int
        Number of bins of the calibration errors.
    roi_margin_mm : float
        How far the region of interest reaches beyond the box of both masks.
    detection_threshold_ml : float
        A mask of at most this volume counts as empty in image-level detection.
    lesion_overlap : float
        A lesion is found when more than this share of it is covered; 0 is any overlap.
    lesion_minimum_ml : float
        Smaller lesions are left out.
    """

    tolerance_mm: float = 2.0
    boundary_width_mm: float = 2.0
    connectivity: Connectivity = 'full'
    beta: float = 2.0
    error_weights: tuple[float, float] = (0.3, 0.7)
    bins: int = 10
    roi_margin_mm: float = 10.0
    detection_threshold_ml: float = 0.0
    lesion_overlap: float = 0.0
    lesion_minimum_ml: float = 0.0

    def __post_init__(self) -> None:
        length, volume = 'Give a length in mm, 0 or more.', 'Give a volume in ml, 0 or more.'
        rules: tuple[tuple[bool, str, str, str], ...] = (
            (0 <= self.tolerance_mm < inf, 'Tolerance', 'tolerance_mm', length),
            (0 < self.boundary_width_mm < inf, 'Boundary width', 'boundary_width_mm', 'Give a length in mm above 0.'),
            (self.connectivity in ('full', 'face'), 'Connectivity', 'connectivity', 'Choose full or face.'),
            (0 < self.beta < inf, 'Beta', 'beta', 'Give a number above 0.'),
            (
                all(0 < w < inf for w in self.error_weights),
                'Error weights',
                'error_weights',
                'Give two numbers above 0.',
            ),
            (self.bins >= 1 and self.bins == int(self.bins), 'Bins', 'bins', 'Give a whole number from 1.'),
            (0 <= self.roi_margin_mm < inf, 'Margin', 'roi_margin_mm', length),
            (0 <= self.detection_threshold_ml < inf, 'Detection threshold', 'detection_threshold_ml', volume),
            (0 <= self.lesion_overlap < 1, 'Lesion overlap', 'lesion_overlap', 'Give a share from 0 to below 1.'),
            (0 <= self.lesion_minimum_ml < inf, 'Smallest lesion', 'lesion_minimum_ml', volume),
        )
        for holds, what, name, remedy in rules:
            if not holds:
                raise CompareError(f'{what} unusable', str(getattr(self, name)), remedy)
