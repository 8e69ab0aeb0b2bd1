"""Drag overlap, window size and context box: how well the window listens, with and without grid and window lab.

Overlap and box are dragged with mouse events, sizes change in the state as their widget changes it, all at the given
rate, while a 5 ms timer in the GUI thread measures how long the window did not listen.

Usage: python benchmarks/bench_window_drag.py [--seconds 6] [--rate 20] [--model brain-unet3d]
"""

from __future__ import annotations

import argparse
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from _report import Bar, report
from _window import Hand, Heartbeat, Window, spin
from qtpy.QtCore import QEvent, QPointF, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from napari_segrobust.ui.windows.room import show_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (32, 40, 48, 56, 64, 72, 80)


def listen(act: Callable[[float], None], seconds: float) -> dict[str, float]:
    """Act for some time; gaps of the event loop after the first second."""
    heart = Heartbeat()
    spin(0.3)
    start = time.perf_counter()
    act(seconds)
    stop = time.perf_counter()
    heart.stop()
    gaps = heart.gaps_ms(start + 1, stop)
    return {'p50': float(np.percentile(gaps, 50)), 'p99': float(np.percentile(gaps, 99)), 'max': max(gaps)}


def change(window: Window, contexts: Iterator[dict[str, Any]], rate: float) -> Callable[[float], None]:
    """Change the context of the lane, as a widget does, at a rate."""

    def act(seconds: float) -> None:
        state, timer = window.session.state, QTimer()

        def step() -> None:
            lane = state.lanes[0]
            context = lane.context.model_copy(update=next(contexts))
            state.lanes = (lane.model_copy(update={'context': context}),)

        timer.timeout.connect(step)
        timer.start(round(1000 / rate))
        spin(seconds)
        timer.stop()

    return act


def drag(window: Window, rate: float) -> Callable[[float], None]:
    """Drag the overlap by hand."""

    def act(seconds: float) -> None:
        hand = Hand(window.panel.context.overlap.control.slider, rate)
        hand.press()
        spin(seconds)
        hand.release()

    return act


def drag_box(window: Window, rate: float) -> Callable[[float], None]:
    """Drag the context box on the canvas by hand, along a row and back."""
    depth, rows, columns = window.case.shape
    box = window.explorer.context_box
    box.set_box(((depth // 4, 3 * depth // 4), (rows // 4, 3 * rows // 4), (columns // 8, 5 * columns // 8)))
    box.start()
    window.settle()
    camera, canvas = window.viewer.scene.camera, window.viewer.canvas

    def place(row: float, column: float) -> QPointF:
        """Where a voxel of 1 mm lies on the canvas: the camera's centre is in its middle."""
        x = canvas.size[1] / 2 + (column - camera.center[2]) * camera.zoom
        return QPointF(round(x), round(canvas.size[0] / 2 + (row - camera.center[1]) * camera.zoom))

    def send(kind: QEvent.Type, button: Qt.MouseButton, at: QPointF) -> None:
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        glob = window.canvas.mapToGlobal(at)
        event = QMouseEvent(kind, at, glob, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(window.canvas, event)

    def act(seconds: float) -> None:
        middle, reach = (rows / 2, 3 * columns / 8), columns // 4
        steps = cycle([*range(0, reach, 3), *range(reach, 0, -3)])
        send(QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton, place(*middle))
        timer = QTimer()
        timer.timeout.connect(
            lambda: send(QEvent.Type.MouseMove, Qt.MouseButton.NoButton, place(middle[0], middle[1] + next(steps)))
        )
        timer.start(round(1000 / rate))
        spin(seconds)
        timer.stop()
        assert box.box[2] != (columns // 8, 5 * columns // 8), 'the box was dragged'
        send(QEvent.Type.MouseButtonRelease, Qt.MouseButton.LeftButton, place(*middle))

    return act


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=6.0)
    parser.add_argument('--rate', type=float, default=20.0)
    parser.add_argument('--model', default='brain-unet3d')
    options = parser.parse_args()
    window = Window(options.model)
    figures: dict[str, float] = {}
    bars: list[Bar] = []
    sizes = cycle({'window': (n,) * 3} for n in SIZES + SIZES[::-1])
    for scene in ('plain', 'grid', 'grid and lab'):
        if scene == 'grid':
            window.explorer.window_grid.set_on(True)
        elif scene == 'grid and lab':
            show_windows(window.viewer)
        spin(0.5)
        window.explorer.context_box.set_box(None)
        for name, act in (
            ('overlap', drag(window, options.rate)),
            ('size', change(window, sizes, options.rate)),
            ('box', drag_box(window, options.rate)),
        ):
            found = listen(act, options.seconds)
            figures |= {f'{name}, {scene}: gap {key} ms': value for key, value in found.items()}
            bars.append((f'{name}, {scene}: gap p99 ms', found['p99'], '<', 50))
            bars.append((f'{name}, {scene}: gap max ms', found['max'], '<', 200))
    window.close()
    report('window_drag', figures, bars, f'{options.model}, {options.seconds:g} s each')


if __name__ == '__main__':
    main()
