"""Play the architecture grid: how many pictures a second, how well the window listens, and what its rows cost.

The severities play forth and back as fast as the live loop answers, with all lanes on one noisy slice, while a 5 ms
timer in the GUI thread measures how long the window did not listen. The first way forth is computed, the others come
from the cache as far as it reaches; the last is played with the rows hidden, which says what the rows cost.

Usage: python benchmarks/bench_grid.py [--seconds 20] [--models brain-unet,brain-noskip,brain-attention]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from _report import report
from _window import Heartbeat, Window, spin, until
from qtpy.QtWidgets import QApplication

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.grid.player import Player
from napari_segrobust.ui.grid.room import show_grid

MODELS = 'brain-unet,brain-noskip,brain-attention'


def play(session: Any, player: Player, seconds: float) -> dict[str, Any]:
    """Play for some time and say what happened."""
    heart, shown = Heartbeat(), []

    def count(update: Any) -> None:
        if not update.provisional:
            shown.append(time.perf_counter())

    session.plane_ready.connect(count)
    player.set_speed('fast')
    start = time.perf_counter()
    player.play()
    spin(seconds)
    player.play(False)
    session.plane_ready.disconnect(count)
    stop = time.perf_counter()
    heart.stop()
    gaps = heart.gaps_ms(start + 1, stop)
    return {
        'pictures/s': sum(start < t <= stop for t in shown) / (stop - start),
        'gap p50 ms': float(np.percentile(gaps, 50)),
        'gap p99 ms': float(np.percentile(gaps, 99)),
        'gap max ms': max(gaps),
    }


def rows_ms(window: Window, panel: Any) -> dict[str, float]:
    """Processor time of the GUI thread for the rows of one answer: laid out and painted."""
    updates = []
    for severity in (2.0, 3.0):
        window.session.state.set_perturbation(0, severity=severity)
        window.settle()
        updates.append(window.session.plane)
    found = {}
    for words, everything in (('what playing changes', False), ('every cell', True)):
        taken = []
        for turn in range(12):
            if everything:
                panel.board._kept.clear()
            start = time.thread_time()
            panel._take(updates[turn % 2])
            QApplication.processEvents()
            taken.append(1000 * (time.thread_time() - start))
        found[f'rows: {words}, ms of the GUI thread'] = float(np.median(taken))
    return found


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=20.0)
    parser.add_argument('--models', default=MODELS)
    options = parser.parse_args()
    models = options.models.split(',')
    window = Window(models[0])
    window.session.state.lanes = tuple(Lane(source=name) for name in models)
    window.settle()
    panel = show_grid(window.viewer)
    until(lambda: panel.grid is not None and len(panel.grid.rows) == len(models))
    session = window.session
    first = play(session, panel.player, options.seconds)
    window.settle()
    again = play(session, panel.player, options.seconds)
    window.settle()
    panel.parentWidget().hide()
    alone = play(session, Player(session), options.seconds)
    window.settle()
    show_grid(window.viewer)
    spin(0.2)
    figures = {
        **{f'first way: {key}': value for key, value in first.items()},
        **{f'again: {key}': value for key, value in again.items()},
        **{f'canvas alone: {key}': value for key, value in alone.items()},
        'last picture is that of the last value': panel.grid.severity == window.session.state.stack[0].severity,
    }
    figures |= rows_ms(window, panel)
    window.close()
    bars = [
        ('pictures/s, rows over canvas alone', again['pictures/s'] / alone['pictures/s'], '>', 0.8),
        ('gap p99, rows over canvas alone', again['gap p99 ms'] / alone['gap p99 ms'], '<', 1.5),
        ('rows: what playing changes, ms', next(v for k, v in figures.items() if 'what playing' in k), '<', 30),
    ]
    report('grid', figures, bars, f'grid: {len(models)} models, {options.seconds:g} s each')


if __name__ == '__main__':
    main()
