"""What a tick costs the panel's own widgets: the curve painted, the table set anew. Processor time, the least of many.

Usage: tools/xvfb python benchmarks/bench_widgets.py
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from _report import report
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication

from napari_segrobust.ui.widgets.curve import Curve
from napari_segrobust.ui.widgets.curve_data import Series
from napari_segrobust.ui.widgets.metric_rows import MetricRow
from napari_segrobust.ui.widgets.metric_table import MetricTable
from napari_segrobust.ui.widgets.palette import Palette

if TYPE_CHECKING:
    from collections.abc import Callable

DICE = MetricRow('dice', 'Dice', number=0.8134, clean=0.9312, change=-0.1178, better='higher', definition='Overlap')


def least_ms(act: Callable[[int], object], times: int = 30) -> float:
    """Least processor time of an act that is told its number."""
    found = []
    for tick in range(times):
        start = time.process_time()
        act(tick)
        found.append(time.process_time() - start)
    return 1000 * min(found)


def main() -> None:
    """Paint and print."""
    app = QApplication.instance() or QApplication([])
    palette = Palette.from_theme('dark')
    curve = Curve(palette=palette)
    points = tuple((5 * i / 49, 0.9 - 0.01 * i) for i in range(50))
    curve.set_series([Series(f'lane {lane}', lane, points, clean=0.9) for lane in range(4)], title='Dice', ratio=True)
    curve.resize(480, 320)
    target = QImage(curve.size(), QImage.Format.Format_ARGB32_Premultiplied)
    painted = least_ms(lambda _tick: curve.render(target))
    table = MetricTable(palette=palette)
    twelve = [replace(DICE, key=f'metric {line}') for line in range(12)]
    updated = least_ms(lambda tick: table.set_rows([replace(row, number=0.5 + tick / 100) for row in twelve]))
    report(
        'widgets',
        {
            'curve of four lanes, painted, ms': round(painted, 2),
            'table of twelve rows, set anew, ms': round(updated, 2),
        },
        [('curve, ms', painted, '<', 3.0), ('table, ms', updated, '<', 2.0)],
    )
    app.processEvents()


if __name__ == '__main__':
    main()
