"""Coming back: a severity seen before, another threshold, another tolerance; from the change to the draw of its result.

Usage: python benchmarks/bench_revisit.py [--repeats 20]
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np
from _report import report
from _window import Window, until
from qtpy.QtCore import QObject

if TYPE_CHECKING:
    from collections.abc import Callable

VISITED = (1.0, 2.0, 3.0, 4.0)


class Painted(QObject):
    """Notes the first draw of the canvas after the shown plane belongs to the newest request."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._session = window.session
        self._canvas = window.canvas
        self.at: float | None = None
        self._canvas.frameSwapped.connect(self._drawn)

    def measure(self, change: Callable[[], object]) -> tuple[float, float]:
        """Time from a change to its draw in ms, and the processor time of the process in between."""
        self.at = None
        start, busy = time.perf_counter(), time.process_time()
        change()
        until(lambda: self.at is not None)
        return 1000 * (self.at - start), 1000 * (time.process_time() - busy)

    def _drawn(self) -> None:
        plane = self._session.plane
        if self.at is None and plane is not None and plane.request is self._session.current and not plane.provisional:
            self.at = time.perf_counter()


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=20)
    repeats = parser.parse_args().repeats
    window = Window()
    state, painted = window.session.state, Painted(window)
    for severity in VISITED:
        state.set_perturbation(0, severity=severity)
        window.settle()
    changes = {
        'severity seen before': lambda i: state.set_perturbation(0, severity=VISITED[i % len(VISITED)]),
        'tolerance': lambda i: setattr(state, 'tolerance_mm', 1.0 + 0.1 * i),
        'threshold': lambda i: state.set_lane(0, threshold=0.3 + 0.01 * i),
    }
    figures: dict[str, float] = {}
    bars = []
    for name, change in changes.items():
        times = []
        for i in range(repeats):
            times.append(painted.measure(lambda change=change, i=i: change(i)))
            if name == 'severity seen before':
                window.settle()
        wall, busy = np.transpose(times)
        figures |= {f'{name} p50 ms': float(np.median(wall)), f'{name}, processor ms': float(np.median(busy))}
        bars.append((f'{name} p90 ms', float(np.percentile(wall, 90)), '<', 100.0))
    report('revisit', figures, bars, 'revisit: from the change of state to the draw, brain-unet')
    window.close()


if __name__ == '__main__':
    main()
