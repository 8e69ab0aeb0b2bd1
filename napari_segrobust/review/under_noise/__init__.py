"""People under the same noise as a model: images under code names go out, masks come back and make a curve."""

from napari_segrobust.review.under_noise.gather import Gathered, Reading, by_reader, gather
from napari_segrobust.review.under_noise.human import HumanCurve, human_curve
from napari_segrobust.review.under_noise.key import Coded, Key, read_key
from napari_segrobust.review.under_noise.pack import pack

__all__ = [
    'Coded',
    'Gathered',
    'HumanCurve',
    'Key',
    'Reading',
    'by_reader',
    'gather',
    'human_curve',
    'pack',
    'read_key',
]
