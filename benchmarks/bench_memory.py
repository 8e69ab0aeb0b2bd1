"""Memory: how much the process grows over the idle panel with the case open, and whether it goes on growing.

The libraries of networks are loaded before the base line is taken: they are no data, and they come once. What they
take is reported beside it. The hand drags, with a rest now and then in which the whole volume is finished, so that the
cache fills up. What is held is taken at the end of each rest; the largest of all moments is reported beside it.

Usage: python benchmarks/bench_memory.py [--seconds 60] [--cache-mb 400]
"""

from __future__ import annotations

import argparse
import gc
import importlib
import time

import numpy as np
import psutil
from _report import report
from _window import Hand, Window, spin
from qtpy.QtCore import QTimer

MIB = 2**20
#: Drag so long, then rest until everything is answered, and a little longer.
TURN_SECONDS, CALM_SECONDS = 5.0, 1.5


def resident_mib() -> float:
    """Resident memory of the process."""
    gc.collect()
    return psutil.Process().memory_info().rss / MIB


class Peak:
    """Largest resident memory at any moment, looked at ten times a second."""

    def __init__(self) -> None:
        self.mib = 0.0
        self._process = psutil.Process()
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(100)

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _look(self) -> None:
        self.mib = max(self.mib, self._process.memory_info().rss / MIB)


def _load_libraries() -> None:
    for name in ('torch', 'monai.networks.nets'):
        importlib.import_module(name)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=60.0)
    parser.add_argument('--cache-mb', type=float, default=400.0)
    options = parser.parse_args()
    window = Window(settle=False)
    bare = resident_mib()
    _load_libraries()
    idle = resident_mib()
    window.cache.budget = int(options.cache_mb * MIB)
    window.show_model('brain-unet')
    volume = window.case.image.nbytes / MIB
    classes = len(window.session.models['brain-unet'].spec.classes)
    peak = Peak()
    hand = Hand(window.panel.perturb.rows[0].severity.slider, 40.0)
    grown: list[tuple[float, float]] = []
    start = time.perf_counter()
    while (now := time.perf_counter() - start) < options.seconds or len(grown) < 2:
        hand.press()
        spin(TURN_SECONDS)
        hand.release()
        window.settle()
        spin(CALM_SECONDS)
        grown.append((now, resident_mib() - idle))
    peak.stop()
    growth = np.array([mib for _, mib in grown])
    half = len(growth) // 2
    allowed = options.cache_mb + (classes + 4) * volume
    figures = {
        'idle MiB': idle,
        'of which libraries of networks MiB': idle - bare,
        'grown MiB': growth.tolist(),
        'largest of all moments MiB': peak.mib - idle,
        'cache holds MiB': window.cache.nbytes / MIB,
        'float32 volume MiB': volume,
        'seconds': options.seconds,
    }
    bars = [
        ('largest growth MiB', float(growth.max()), '<', allowed),
        ('second half over first MiB', float(growth[half:].max() - growth[:half].max()), '<', volume),
    ]
    report('memory', figures, bars, f'memory: brain-unet, cache {options.cache_mb:g} MiB')
    window.close()


if __name__ == '__main__':
    main()
