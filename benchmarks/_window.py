"""The real window, as a person has it: all panels open, image, prediction and errors shown, a hand on the slider."""

from __future__ import annotations

import os
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

_settings = tempfile.TemporaryDirectory(prefix='segrobust-bench-', ignore_cleanup_errors=True)
os.environ['NAPARI_CONFIG'] = str(Path(_settings.name) / 'settings.yaml')

import napari
from qtpy.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from napari_segrobust.cases import load_sample
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.canvas.layer_set import PREDICTION
from napari_segrobust.ui.docks import open_docks

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.explore.cache import ByteCache

SIZE = (1280, 720)
PATIENCE_SECONDS = 300.0


class Window:
    """One open window with the brain sample, settled. Looks into the session where nothing public says how full it is.

    Parameters
    ----------
    model : str
        Name in the zoo.
    cache_mb : float, optional
        Budget of the cache; the product's own when None.
    masks : {'prediction', 'both'}
        ``prediction`` shows three layers: image, prediction, errors.
    settle : bool
        Whether to run the model; without it the case is open and nothing has been asked.
    """

    def __init__(
        self,
        model: str = 'brain-unet',
        cache_mb: float | None = None,
        masks: str = 'prediction',
        settle: bool = True,
    ) -> None:
        self.viewer = napari.Viewer(title='napari-segrobust benchmark')
        self.viewer.window.resize(*SIZE)
        self.explorer, self.panel, self.results = open_docks(self.viewer)
        self.session = self.explorer.session
        for section in self.panel.sections:
            section.set_unfolded(True)
        self.explorer.painter.show_masks(masks)
        if cache_mb is not None:
            self.cache.budget = int(cache_mb * 2**20)
        self.case = load_sample('brain')
        self.explorer.open_case(self.case, [Lane(source=model)] if settle else [])
        self.settle()
        # vispy's canvas is the only widget that draws with OpenGL; napari has no public way to it
        widgets = [w for w in QApplication.allWidgets() if w.inherits('QOpenGLWidget') and w.isVisible()]
        self.canvas = widgets[0]

    @property
    def cache(self) -> ByteCache:
        """The session's cache."""
        return self.session._compute._engine.cache

    def settle(self) -> None:
        """Let the event loop turn until everything that was asked is answered."""
        until(lambda: self.session.settled)
        spin(0.2)

    def show_model(self, name: str) -> None:
        """Let a model look at the case."""
        self.session.state.lanes = (Lane(source=name),)
        self.settle()

    def close(self) -> None:
        """Close it and stop its threads."""
        self.viewer.close()
        self.explorer.shutdown()


class Heartbeat:
    """A 5 ms timer in the GUI thread: the gaps between its beats are how long the window did not listen."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self.times.append(time.perf_counter()))
        self._timer.start(5)

    def stop(self) -> None:
        """Stop beating."""
        self._timer.stop()

    def gaps_ms(self, start: float, stop: float) -> list[float]:
        """Gaps between beats from `start` to `stop`, in ms."""
        beats = [t for t in self.times if start <= t <= stop]
        return [1000 * (b - a) for a, b in zip([start, *beats], [*beats, stop], strict=True)]


class Paints:
    """Counts painted updates: the canvas was drawn and the shown prediction has another checksum than before."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.times: list[float] = []
        self.draws = 0
        self._last = self._sum()
        window.canvas.frameSwapped.connect(self._drawn)

    def stop(self) -> None:
        """Count no further."""
        self._window.canvas.frameSwapped.disconnect(self._drawn)

    def _sum(self) -> int:
        plane = self._window.session.state.plane
        return zlib.crc32(self._window.explorer.painter.layers.array(PREDICTION, 0)[plane.index])

    def _drawn(self) -> None:
        self.draws += 1
        now = self._sum()
        if now != self._last:
            self._last = now
            self.times.append(time.perf_counter())


class Hand:
    """Drags a slider's handle with mouse events, one step at a time, up and down."""

    def __init__(self, slider: Any, per_second: float) -> None:
        self.slider = slider
        self.values: list[tuple[float, float]] = []
        self._step, self._direction = slider.value(), 1
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._catch_up)
        self._per_second = per_second
        self._moved, self._since = 0, 0.0
        slider.valueChanged.connect(lambda value: self.values.append((time.perf_counter(), value)))

    def press(self) -> None:
        """Take the handle and begin to move it."""
        self._send(QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton)
        self._moved, self._since = 0, time.perf_counter()
        self._timer.start(5)

    def release(self) -> None:
        """Let go."""
        self._timer.stop()
        self._send(QEvent.Type.MouseButtonRelease, Qt.MouseButton.LeftButton)

    def _catch_up(self) -> None:
        """A hand does not wait for the window: what was due while it did not listen comes all at once."""
        while self._moved < (time.perf_counter() - self._since) * self._per_second and self._timer.isActive():
            self._moved += 1
            self._move()

    def _move(self) -> None:
        before = self.slider.value()
        # Half pixels are no mouse: go on until the value moves, as a hand does.
        while self.slider.value() == before:
            self._step += self._direction
            if not self.slider.minimum() < self._step < self.slider.maximum():
                self._direction = -self._direction
            self._send(QEvent.Type.MouseMove, Qt.MouseButton.NoButton)

    def _send(self, kind: QEvent.Type, button: Qt.MouseButton) -> None:
        slider = self.slider
        share = (self._step - slider.minimum()) / (slider.maximum() - slider.minimum())
        place = QPointF(round(6 + share * (slider.width() - 12)), slider.height() // 2)
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, place, slider.mapToGlobal(place), button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(slider, event)


def until(ready: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
    """Let the event loop turn until `ready`.

    Raises
    ------
    TimeoutError
        When it does not become so.
    """
    loop, poll, end = QEventLoop(), QTimer(), QTimer()
    poll.timeout.connect(lambda: loop.quit() if ready() else None)
    poll.start(2)
    end.setSingleShot(True)
    end.timeout.connect(loop.quit)
    end.start(round(1000 * patience))
    if not ready():
        loop.exec()
    poll.stop()
    end.stop()
    if not ready():
        raise TimeoutError('the window did not answer')


def spin(seconds: float) -> None:
    """Let the event loop turn for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
