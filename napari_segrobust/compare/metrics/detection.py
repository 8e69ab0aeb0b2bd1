"""Whether anything was found at all: the two-by-two table of whole images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.spec import MetricSpec
from napari_segrobust.compare.value import MetricValue

if TYPE_CHECKING:
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings


def _detection(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    limit = settings.detection_threshold_ml / pair.voxel_volume
    there, found = pair.reference_size > limit, pair.prediction_size > limit
    return MetricValue(('T' if there == found else 'F') + ('P' if found else 'N'))


METRICS = (
    MetricSpec(
        key='detection',
        title='Detection',
        family='detection',
        unit=None,
        better=None,
        range=(None, None),
        formula='TP, FP, FN or TN of (|R| > threshold, |P| > threshold)',
        summary='Image-level detection: whether a structure above the volume threshold is there and was found. TN is '
        'the right answer to a healthy image, where overlap is undefined.',
        blind_spot='Whether it was found in the right place: any prediction above the threshold counts.',
        source='Ostmeier 2023 (USE-Evaluator), doi:10.1016/j.media.2023.102927',
        compute=_detection,
        convention='empty up to {s.detection_threshold_ml:g} {volume}',
        states=('TN', 'FP', 'FN'),
    ),
)
