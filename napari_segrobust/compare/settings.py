"""Settings that the definitions of metrics depend on."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated, Literal, get_type_hints

from napari_segrobust.errors import CompareError

Connectivity = Literal['full', 'face']


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """What a person can set; printed with every number that depends on it.

    Lengths are in mm, volumes in ml (mm^2 in 2D); without spacing in voxels or pixels. What each means stands in
    its annotation: command line, documentation and panel read it there.
    """

    tolerance_mm: Annotated[float, 'distance up to which borders agree'] = 2.0
    boundary_width_mm: Annotated[float, 'width of the band along the border in boundary IoU'] = 2.0
    connectivity: Annotated[Connectivity, 'what makes one object: all neighbours (8 or 26), or faces (4 or 6)'] = 'full'
    beta: Annotated[float, 'how many times more recall weighs than precision in F-beta'] = 2.0
    error_weights: Annotated[
        tuple[float, float], 'price of an extra and of a missed voxel in Tversky index and weighted Hamming distance'
    ] = (0.3, 0.7)
    bins: Annotated[int, 'number of bins of the calibration errors'] = 10
    roi_margin_mm: Annotated[float, 'how far "near the structure" reaches beyond the box of both masks'] = 10.0
    detection_threshold_ml: Annotated[float, 'volume up to which a mask counts as empty in detection'] = 0.0
    lesion_overlap: Annotated[float, 'share of a lesion that must be exceeded to find it; 0 is any overlap'] = 0.0
    lesion_minimum_ml: Annotated[float, 'volume below which a lesion is left out'] = 0.0

    def __post_init__(self) -> None:
        length, volume = 'Give a length in mm, 0 or more.', 'Give a volume in ml, 0 or more.'
        rules: tuple[tuple[bool, str, str, str], ...] = (
            (0 <= self.tolerance_mm < inf, 'Tolerance', 'tolerance_mm', length),
            (0 < self.boundary_width_mm < inf, 'Boundary width', 'boundary_width_mm', 'Give a length in mm above 0.'),
            (self.connectivity in ('full', 'face'), 'Connectivity', 'connectivity', 'Choose full or face.'),
            (0 < self.beta < inf, 'Beta', 'beta', 'Give a number above 0.'),
            (
                [0 < w < inf for w in self.error_weights] == [True, True],
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


def setting_words() -> dict[str, str]:
    """Return what each setting means, in words."""
    hints = get_type_hints(MetricSettings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}
