"""Opening the panel: how long it takes once napari is up, and what it loads.

Usage: python benchmarks/bench_import.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

_settings = tempfile.TemporaryDirectory(prefix='segrobust-bench-', ignore_cleanup_errors=True)
os.environ['NAPARI_CONFIG'] = str(Path(_settings.name) / 'settings.yaml')

import napari
from _report import report
from qtpy.QtWidgets import QApplication

#: What the first inference loads, and the panel must not.
HEAVY = ('torch', 'monai', 'SimpleITK', 'nibabel', 'pydicom', 'matplotlib')


def main() -> None:
    """Measure and report."""
    start = time.perf_counter()
    viewer = napari.Viewer()
    QApplication.processEvents()
    up, busy = time.perf_counter(), time.process_time()

    from napari_segrobust.ui.docks import open_docks

    imported = time.perf_counter()
    explorer, *_ = open_docks(viewer)
    QApplication.processEvents()
    stop = time.perf_counter()
    loaded = [name for name in HEAVY if name in sys.modules]
    figures = {
        'napari up s': up - start,
        'import s': imported - up,
        'open and draw s': stop - imported,
        'processor time of both s': time.process_time() - busy,
        'heavy packages loaded': loaded,
    }
    bars = [('panel after napari s', stop - up, '<', 1.0), ('heavy packages loaded', len(loaded), '<', 1)]
    report('import', figures, bars, 'import: the panel and the results dock, after napari is up')
    explorer.shutdown()
    viewer.close()


if __name__ == '__main__':
    main()
