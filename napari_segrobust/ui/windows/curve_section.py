"""Dice of one fixed target while the window around it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, named
from napari_segrobust.ui.widgets.curve import Curve
from napari_segrobust.ui.widgets.curve_data import Axis, Series, XAxis
from napari_segrobust.ui.widgets.section import Section
from napari_segrobust.ui.windows.curve_job import CurveJob
from napari_segrobust.windows import PRESETS

if TYPE_CHECKING:
    from napari_segrobust.context.plan import Box
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette
    from napari_segrobust.windows import ContextPoint

#: Edge of the target where no box is drawn.
_TARGET = 32
_HOW = {'one window around it': 'alone', 'all windows, sliding': 'sliding'}
_ALONG = XAxis('window edge (voxels)', Axis(24.0, 104.0, tuple(map(float, PRESETS)), 0))


class CurveSection(Section):
    """Runs the context curve on a button, and draws it.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Context curve', palette=palette, unfolded=False)
        self._explorer, self._session = explorer, explorer.session
        self._job: CurveJob | None = None
        self._key: tuple[object, ...] | None = None
        self._target: Box | None = None
        self.points: list[ContextPoint] = []
        self.message = ''
        words = 'Segment the context box, or a cube in the chosen window, through windows of 32 to 96 voxels'
        self.run = button('Run', words, self.start)
        self.stop = button('Stop', 'What is known stays', self.end)
        words = 'Nothing but one window around the target, or the whole image through windows of this size'
        self.how = named(Combo(), 'How the window grows', words)
        self.how.set_items(list(_HOW), next(iter(_HOW)))
        self.said = quiet()
        self.curve = Curve(palette=palette)
        self.curve.setFixedHeight(178)
        self.body.addWidget(line(self.run, self.stop, (self.how, 1)))
        self.body.addWidget(self.said)
        self.body.addWidget(self.curve)
        self._links = Connections()
        lab = explorer.windows
        for signal in (lab.changed, lab.selected_changed, self._session.jobs.changed):
            self._links.add(signal, self.sync)
        self.sync()

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()
        self._forget()

    def start(self) -> None:
        """Begin with the smallest window."""
        lab, target = self._explorer.windows, self.target()
        _, view = lab.final()
        if view is None or view.reference is None or target is None or self._job is not None:
            return
        self._forget()
        key = self._key = lab.found.key
        self._target = target
        self._job = CurveJob(
            self._session,
            lab.walk,
            view,
            self._session.state.label,
            target,
            PRESETS,
            _HOW[self.how.currentText()],
            lambda point: self._take(key, point),
            lambda message: self._end(key, message),
        )
        self._session.jobs.submit(self._job)
        self.sync()

    def end(self) -> None:
        """Go no further; what is known stays."""
        job, self._job = self._job, None
        if job is not None:
            self._session.jobs.withdraw(job)
            self.message = 'Stopped.'
        self.sync()

    def target(self) -> Box | None:
        """The context box where a window can hold it, else a cube amid the chosen window, or amid the image."""
        case, lab, state = self._session.case, self._explorer.windows, self._session.state
        if case is None or lab.layout is None:
            return None
        box = state.lanes[self._explorer.lane].context.box if state.lanes else None
        if box is not None and max(hi - lo for lo, hi in box) <= max(PRESETS):
            return box
        middle = [n // 2 for n in case.shape]
        if case.ndim == 3 and state.plane is not None:
            middle[state.plane.axis] = state.plane.index
        if box is not None:
            middle = [(lo + hi) // 2 for lo, hi in box]
        if lab.selected is not None:
            middle = list(lab.layout.centre(lab.selected))
        return tuple(
            (start, start + min(_TARGET, n))
            for start, n in (
                (min(max(m - _TARGET // 2, 0), max(n - _TARGET, 0)), n) for m, n in zip(middle, case.shape, strict=True)
            )
        )

    def sync(self, *_: object) -> None:
        """Show what is known; forget what belongs to another state."""
        lab = self._explorer.windows
        if self._key is not None and (lab.is_pending or lab.found.key != self._key):
            self._forget()
        if self._job is not None and self._job not in self._session.jobs:
            self._job, self.message = None, 'Stopped.'
        _, view = lab.final()
        ready = lab.found is not None and not lab.is_pending and view is not None and view.reference is not None
        self.run.setEnabled(ready and self._job is None)
        self.stop.setVisible(self._job is not None)
        points = tuple(
            (float(max(point.size)), None if point.dice.value is None else float(point.dice.value))
            for point in self.points
        )
        target = self._target if self.points or self._job else self.target()
        words = (
            'target '
            + ' '.join(f'{n} {a}\u2013{b - 1}' for n, (a, b) in zip('zyx'[-len(target) :], target, strict=True))
            if target
            else ''
        )
        empty = (
            f'Dice of the {words}, while the window grows.'
            if ready
            else 'A reference and a final prediction are needed.'
        )
        series = [Series('fixed weights', 0, points)] if points else []
        self.curve.set_series(series, title='Dice', ratio=True, along=_ALONG, empty=empty)
        notes = dict.fromkeys(filter(None, (*(p.note for p in self.points), *(p.dice.reason for p in self.points))))
        self.said.setText('. '.join(filter(None, (words if points else '', self.message, *notes))))
        self.said.setVisible(bool(self.said.text()))
        self.set_summary(f'{len(points)} sizes' if points else '')

    def _take(self, key: tuple[object, ...], point: ContextPoint) -> None:
        if key == self._key:
            self.points.append(point)
            self.sync()

    def _end(self, key: tuple[object, ...], message: str) -> None:
        if key == self._key:
            self._job, self.message = None, message
            self.sync()

    def _forget(self) -> None:
        job, self._job = self._job, None
        self.points, self._key, self.message, self._target = [], None, '', None
        if job is not None:
            self._session.jobs.withdraw(job)
