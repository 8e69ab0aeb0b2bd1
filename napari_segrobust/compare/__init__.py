"""Compare two masks: error and change maps, metrics, list of errors."""

from napari_segrobust._callable import make_callable
from napari_segrobust.compare.comparison import Comparison
from napari_segrobust.compare.items import ErrorItem, ErrorItems
from napari_segrobust.compare.maps import ChangeCode, DriftCode, ErrorCode, change_map, error_map
from napari_segrobust.compare.measure import compare
from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.compare.prepared import PreparedReference
from napari_segrobust.compare.settings import MetricSettings
from napari_segrobust.compare.spec import MetricSpec
from napari_segrobust.compare.tracking import track_errors
from napari_segrobust.compare.value import MetricValue

__all__ = [
    'ChangeCode',
    'Comparison',
    'DriftCode',
    'ErrorCode',
    'ErrorItem',
    'ErrorItems',
    'MetricSettings',
    'MetricSpec',
    'MetricValue',
    'PreparedReference',
    'change_map',
    'compare',
    'error_map',
    'metric_specs',
    'track_errors',
]

# ``sr.compare(reference, prediction)``: the package bears the name of its function.
make_callable(__name__)
