"""What single windows see and say: fractions and errors, seams, edges, context curves, training bands, sampling."""

from napari_segrobust.windows.alone import Alone, AloneComparison, compare_alone, predict_box, predict_window
from napari_segrobust.windows.alone_table import AloneCollector, AloneTable
from napari_segrobust.windows.answers import Collector, WindowAnswers, look_through, open_answers
from napari_segrobust.windows.band import (
    BandPlace,
    TrainingBand,
    band_of_fractions,
    band_of_quantiles,
    read_band,
)
from napari_segrobust.windows.coverage import coverage_map
from napari_segrobust.windows.curve import PRESETS, ContextPoint, context_curve, target_box
from napari_segrobust.windows.edges import EdgeCollector, EdgeProfile, stitched_profile
from napari_segrobust.windows.look import WindowLook, look_at_windows
from napari_segrobust.windows.sampling import Sampling, draw_fractions, window_sampling
from napari_segrobust.windows.seams import SeamCollector, SeamMap
from napari_segrobust.windows.table import WindowRow, WindowTable, odds, window_table
from napari_segrobust.windows.wanted import Wanted

__all__ = [
    'PRESETS',
    'Alone',
    'AloneCollector',
    'AloneComparison',
    'AloneTable',
    'BandPlace',
    'Collector',
    'ContextPoint',
    'EdgeCollector',
    'EdgeProfile',
    'Sampling',
    'SeamCollector',
    'SeamMap',
    'TrainingBand',
    'Wanted',
    'WindowAnswers',
    'WindowLook',
    'WindowRow',
    'WindowTable',
    'band_of_fractions',
    'band_of_quantiles',
    'compare_alone',
    'context_curve',
    'coverage_map',
    'draw_fractions',
    'look_at_windows',
    'look_through',
    'odds',
    'open_answers',
    'predict_box',
    'predict_window',
    'read_band',
    'stitched_profile',
    'target_box',
    'window_sampling',
    'window_table',
]
