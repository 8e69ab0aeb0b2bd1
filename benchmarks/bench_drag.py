"""Drag the noise slider: how well the window listens, how often it paints, and whether the last picture is right.

A hand drags the slider with mouse events while a 5 ms timer in the GUI thread measures how long the window did not
listen. A painted update is a draw of the canvas after new prediction data with another checksum. The slider has 101
values, so a hand comes back to them: the second run has a cache that is too small for that.

Usage: python benchmarks/bench_drag.py [--seconds 10] [--model brain-unet] [--rate 40]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import psutil
from _report import report
from _window import Hand, Heartbeat, Paints, Window, spin, until

#: Holds the baseline and a few severities: no severity is still there when the hand comes back to it.
SMALL_CACHE_MB = 12.0


def drag(window: Window, seconds: float, rate: float) -> dict[str, Any]:
    """Drag for some time and say what happened after the first second."""
    slider = window.panel.perturb.rows[0].severity.slider
    heart, paints, hand = Heartbeat(), Paints(window), Hand(slider, rate)
    spin(0.3)
    before = _processor_seconds()
    start = time.perf_counter()
    hand.press()
    spin(seconds)
    hand.release()
    stop = time.perf_counter()
    after = _processor_seconds()
    until(lambda: _shown(window) == _asked(window))
    last = time.perf_counter()
    window.settle()
    heart.stop()
    paints.stop()
    gaps = heart.gaps_ms(start + 1, stop)
    counted = seconds - 1
    values = [value for t, value in hand.values if t > start + 1 and t <= stop]
    return {
        'slider values/s': len(values) / counted,
        'painted updates/s': sum(start + 1 < t <= stop for t in paints.times) / counted,
        'gap p50 ms': float(np.percentile(gaps, 50)),
        'gap p99 ms': float(np.percentile(gaps, 99)),
        'gap max ms': max(gaps),
        'last picture after ms': 1000 * (last - stop),
        'last picture is that of the last value': _shown(window) == _asked(window),
        'GUI thread busy %': 100 * (after['gui'] - before['gui']) / (stop - start),
        'process busy %': 100 * (after['all'] - before['all']) / (stop - start),
    }


def _shown(window: Window) -> float:
    """Severity that acts on the painted picture."""
    return next((p.severity for p in window.explorer.painter.now.stack), 0.0)


def _asked(window: Window) -> float:
    return window.session.state.stack[0].severity


def _processor_seconds() -> dict[str, float]:
    times = psutil.Process().cpu_times()
    return {'gui': time.thread_time(), 'all': times.user + times.system}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=10.0)
    parser.add_argument('--rate', type=float, default=40.0, help='slider values a second')
    parser.add_argument('--model', default='brain-unet')
    options = parser.parse_args()
    for name, cache_mb in (('drag', None), ('drag_without_revisits', SMALL_CACHE_MB)):
        window = Window(options.model, cache_mb)
        figures = drag(window, options.seconds, options.rate)
        window.close()
        bars = [
            ('slider values/s', figures['slider values/s'], '>', 30),
            ('gap p99 ms', figures['gap p99 ms'], '<', 50),
            ('gap max ms', figures['gap max ms'], '<', 200),
            ('painted updates/s', figures['painted updates/s'], '>', 12),
        ]
        report(name, figures, bars, f'{name}: {options.model}, {options.seconds:g} s')


if __name__ == '__main__':
    main()
