"""What single windows see and say: fractions and errors, seams, edges, context curves, training bands, sampling."""

from napari_segrobust.windows.alone import Alone, AloneComparison, compare_alone, predict_box, predict_window
from napari_segrobust.windows.answers import Collector, WindowAnswers, look_through, open_answers
from napari_segrobust.windows.coverage import coverage_map
from napari_segrobust.windows.seams import SeamCollector, SeamMap
from napari_segrobust.windows.table import WindowRow, WindowTable, odds, window_table
from napari_segrobust.windows.wanted import Wanted

__all__ = [
    'Alone',
    'AloneComparison',
    'Collector',
    'SeamCollector',
    'SeamMap',
    'Wanted',
    'WindowAnswers',
    'WindowRow',
    'WindowTable',
    'compare_alone',
    'coverage_map',
    'look_through',
    'odds',
    'open_answers',
    'predict_box',
    'predict_window',
    'window_table',
]
