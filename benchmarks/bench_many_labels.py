"""A CT with 41 organs and two masks of them: how well the window listens while tolerance, or a mask, is dragged.

A hand drags the tolerance in the panel with all organs shown, then the amount of a shift in the pitfall lab, opened on
the same prediction. A 5 ms timer measures how long the window did not listen.

Usage: python benchmarks/bench_many_labels.py [--data FOLDER] [--seconds 8]
The folder holds ``ct/ct.nii.gz``, ``ct/organs.nii.gz`` and ``ct/organs_second.nii.gz``.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from _report import report
from _window import Hand, Heartbeat, Window, spin, until

from napari_segrobust.cases import load_case
from napari_segrobust.ui.lab.own import edit_prediction

if TYPE_CHECKING:
    from collections.abc import Callable


def drag(slider: Any, seconds: float, told: Any, settled: Callable[[], bool]) -> dict[str, float]:
    """Drag for some time: gaps after the first second, and how often something new was `told`."""
    answers: list[float] = []

    def note(*_: object) -> None:
        answers.append(time.perf_counter())

    told.connect(note)
    heart, hand = Heartbeat(), Hand(slider, 40.0)
    spin(0.3)
    start = time.perf_counter()
    hand.press()
    spin(seconds)
    hand.release()
    stop = time.perf_counter()
    until(settled)
    last = time.perf_counter() - stop
    heart.stop()
    told.disconnect(note)
    gaps = heart.gaps_ms(start + 1, stop)
    counted = seconds - 1
    return {
        'slider values/s': sum(start + 1 < t <= stop for t, _ in hand.values) / counted,
        'answers/s': sum(start + 1 < t <= stop for t in answers) / counted,
        'gap p99 ms': float(np.percentile(gaps, 99)),
        'gap max ms': max(gaps),
        'settled after ms': 1000 * last,
    }


def main() -> None:
    """Measure and report."""
    default = Path(__file__).parents[2] / 'shared' / 'data'
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', type=Path, default=Path(os.environ.get('SEGROBUST_TEST_DATA', default)))
    parser.add_argument('--seconds', type=float, default=8.0)
    options = parser.parse_args()
    folder = options.data / 'ct'
    case = load_case(
        folder / 'ct.nii.gz',
        references={'expert': folder / 'organs.nii.gz'},
        predictions={'second': folder / 'organs_second.nii.gz'},
    )
    window = Window(settle=False)
    window.explorer.open_case(case)
    window.session.state.label = None
    window.settle()
    tolerance = window.panel.compare.tolerance.control.slider
    session, figures = window.session, {}
    figures['tolerance'] = drag(tolerance, options.seconds, session.plane_ready, lambda: session.settled)
    window.settle()
    room = edit_prediction(window.explorer)
    assert room is not None
    until(lambda: room.lab.settled)
    edits = room.panel.edits
    edits.add.setCurrentText(next(title for title, name in edits.titles.items() if name == 'shift'))
    until(lambda: room.lab.settled)
    amount = edits.rows[0].axes[-1].control.slider
    figures['mask shift'] = drag(amount, options.seconds, room.lab.computed, lambda: room.lab.settled)
    room.close()
    window.close()
    for name, found in figures.items():
        bars = [
            ('slider values/s', found['slider values/s'], '>', 30),
            ('gap p99 ms', found['gap p99 ms'], '<', 50),
            ('gap max ms', found['gap max ms'], '<', 200),
            ('answers/s', found['answers/s'], '>', 12),
        ]
        report(f'many_labels_{name.replace(" ", "_")}', found, bars, f'CT, 41 labels: {name}')


if __name__ == '__main__':
    main()
