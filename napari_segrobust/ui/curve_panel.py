"""The curve of one metric, what it runs along, and its spread over several draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segrobust.compare import metric_specs
from napari_segrobust.digits import on_screen
from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.curves import WITHOUT
from napari_segrobust.explore.draws import DrawsJob
from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.pipeline import STABILITY_METRICS
from napari_segrobust.spread import VOLUME, stamp
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.band import rater_band
from napari_segrobust.ui.sections.base import button, line
from napari_segrobust.ui.table_rows import STABILITY, title_of
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.curve import Curve
from napari_segrobust.ui.widgets.curve_data import SEVERITY, Series, change_axis
from napari_segrobust.ui.widgets.spread_card import SpreadCard, SpreadLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.explore.curves import CurveId
    from napari_segrobust.explore.draws import Draws
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.table import Row
    from napari_segrobust.explore.updates import LaneView, PlaneUpdate, VolumeUpdate
    from napari_segrobust.spread import Numbers
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

AXES = {'severity': 'severity', 'change': 'rms'}


class CurvePanel(QWidget):
    """Bound to `ExploreState.metric` and `ExploreState.curve_axis`.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    #: Severity that was clicked.
    chosen = Signal(float)

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__()
        self.explorer = explorer
        self.session: Session = explorer.session
        self._job: DrawsJob | None = None
        self._drawn: Draws | None = None
        self._places: dict[float, float] = {}
        self.metrics = named(Combo(), 'Metric of the curve', 'What the curve shows')
        words = 'Severity of the slider, or change of the image (RMS), on which families can be compared'
        self.axis = named(Combo(), 'What the curve runs along', words)
        self.axis.set_items(list(AXES), 'severity')
        self.draws = button('k draws', 'Spread over several draws: bias, SD, repeatability', self.open_card)
        self.curve = Curve(palette=palette)
        self.card = SpreadCard(palette=palette, parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(line(buddy('curve', self.metrics), (self.metrics, 3), (self.axis, 2), self.draws))
        layout.addWidget(self.curve)
        self.metrics.currentTextChanged.connect(self._set_metric)
        self.axis.currentTextChanged.connect(self._set_axis)
        self.curve.clicked.connect(lambda x: self.chosen.emit(self._places.get(x, x)))
        self.card.started.connect(self.start)
        self.card.stopped.connect(self.stop)
        self.links = Connections()
        self.links.add(self.session.state.events.curve_axis, self.show_curve)
        self.links.add(self.session.jobs.changed, self._show_state)
        self.links.add(self.session.status_changed, lambda _status: self._show_state())
        self.links.add(self.session.case_changed, self._on_case)
        self.links.add(explorer.review.changed, self.show_curve)

    # -- the curve ----------------------------------------------------------------------------------------------

    def show_metrics(self, rows: Sequence[Row]) -> None:
        """Offer the metrics of the table."""
        titles = {title_of(row.key, self.session.baseline_name): row.key for row in rows}
        current = title_of(self.session.state.metric, self.session.baseline_name)
        shown = current if current in titles or not titles else next(iter(titles))
        self.metrics.set_items(list(titles) or [current], shown)

    def show_curve(self, *_: object) -> None:
        """Draw what was visited, along severity or along the change of the image."""
        session, state = self.session, self.session.state
        self.axis.set_items(list(AXES), next(words for words, axis in AXES.items() if axis == state.curve_axis))
        update = session.plane if state.scope == 'slice' else session.volume
        spec = metric_specs().get(state.metric.removeprefix(STABILITY))
        self._places = {}
        if update is None or spec is None:
            self.curve.set_series(())
            return
        series = [one for view in update.lanes for one in self._of_lane(update, view)]
        rms = state.curve_axis == 'rms'
        unit = self._unit()
        draws = max((numbers.n for numbers in self._numbers(update)), default=1)
        raters = rater_band(self.explorer, update)
        self.curve.setToolTip('' if raters is None else raters[1])
        self.curve.set_series(
            series,
            band=None if raters is None else raters[0],
            title=title_of(state.metric, session.baseline_name),
            unit=on_screen(unit),
            ratio=spec.range == (0.0, 1.0),
            along=change_axis(series) if rms else SEVERITY,
            stamp=stamp(draws=draws),
        )
        self.curve.set_current(update.rms_percent if rms else update.request.severity)

    def _of_lane(self, update: PlaneUpdate | VolumeUpdate, view: LaneView) -> list[Series]:
        """One lane, and below it the same without remedies where one acts."""
        session, lane, key = self.session, view.index, self.session.state.metric
        curve, titles = self._curve(update, lane), lane_titles(session)
        name = titles[lane] if lane < len(titles) else ''
        found = []
        bare = self._placed(curve, session.curves.points(curve, f'{WITHOUT}{key}'))
        if view.without is not None and bare:
            found.append(Series(f'{name} without remedies', lane, bare, hollow=True))
        draws = [
            (severity, numbers[key]) for severity, numbers in session.curves.draws(curve).items() if key in numbers
        ]
        low = self._placed(curve, [(severity, min(one.defined)) for severity, one in draws if one.n])
        high = self._placed(curve, [(severity, max(one.defined)) for severity, one in draws if one.n])
        band = tuple((x, bottom, top) for (x, bottom), (_, top) in zip(low, high, strict=True))
        points = self._placed(curve, session.curves.points(curve, key))
        return [*found, Series(name, lane, points, self._clean(lane, key), band)]

    def _placed(self, curve: CurveId, points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
        """Points by severity; where the curve runs along the change, each lies where its image lies."""
        if self.session.state.curve_axis == 'severity':
            return tuple(points)
        changes = self.session.curves.changes(curve)
        known = [(severity, value) for severity, value in points if severity in changes]
        self._places |= {changes[severity]: severity for severity, _ in known}
        return tuple(sorted(((changes[severity], value) for severity, value in known), key=lambda point: point[0]))

    def _curve(self, update: PlaneUpdate | VolumeUpdate, lane: int) -> CurveId:
        state = self.session.state
        return self.session.curves.identify(update.request, lane, state.scope, state.label)

    def _numbers(self, update: PlaneUpdate | VolumeUpdate) -> list[Numbers]:
        """Of the shown metric, over draws, at all severities and lanes."""
        key = self.session.state.metric
        found = [self.session.curves.draws(self._curve(update, view.index)) for view in update.lanes]
        return [numbers[key] for by_severity in found for numbers in by_severity.values() if key in numbers]

    def _clean(self, lane: int, key: str) -> float | None:
        rows, _ = self.session.table(lane)
        value = next((row.baseline.value for row in rows if row.key == key and row.baseline is not None), None)
        return float(value) if isinstance(value, int | float) else None

    def _unit(self) -> str:
        rows, _ = self.session.table(self.explorer.lane)
        return next((row.now.unit or '' for row in rows if row.key == self.session.state.metric), '')

    def _set_metric(self, title: str) -> None:
        keys = [*self.session.metrics, *(f'{STABILITY}{key}' for key in STABILITY_METRICS)]
        found = next((key for key in keys if title_of(key, self.session.baseline_name) == title), None)
        if found is not None:
            self.session.state.metric = found

    def _set_axis(self, words: str) -> None:
        self.session.state.curve_axis = AXES[words]

    # -- several draws ------------------------------------------------------------------------------------------

    def open_card(self) -> None:
        """Open the card above its button."""
        self._show_state()
        self.card.open_above(self.draws.mapToGlobal(QPoint(0, 0)))

    def start(self, count: int) -> None:
        """Begin to draw, in the compute thread."""
        try:
            job = DrawsJob(self.session, self.explorer.lane, tuple(range(count)), self._take, self._end)
        except SegrobustError as error:
            self.card.set_state(str(error), False)
            return
        self._drawn = None
        self._job = job
        self.card.set_lines(())
        self.session.jobs.submit(job)

    def stop(self) -> None:
        """Draw no more; what is done stays on the curve."""
        job, self._job = self._job, None
        if job is not None:
            self.session.jobs.withdraw(job)
        self.card.set_state('Stopped.', False)

    def _on_case(self, _case: object) -> None:
        self._job = self._drawn = None
        self.card.set_lines(())
        self.card.set_state('', False)

    def _take(self, draws: Draws) -> None:
        if self._drawn is None:
            self._drawn = draws
            self.card.set_lines(self._lines(draws))
        self.show_curve()

    def _end(self, message: str) -> None:
        self._job = None
        self.card.set_state(message or self._summary(), False)

    def _show_state(self, *_: object) -> None:
        if self._job is None:
            return
        if self._job not in self.session.jobs:
            self._job = None
            self.card.set_state('Stopped.' if self._drawn is None else self._summary(), False)
            return
        words = self.session.status.text
        own = words.startswith(self._job.words)
        self.card.set_state(f'{words} ...' if own else f'{self._job.words}: the picture comes first ...', True)

    def _summary(self) -> str:
        draws = self._drawn
        if draws is None:
            return ''
        where = 'shown slice' if draws.curve.scope == 'slice' else 'whole volume'
        words = stamp(draws=len(draws.seeds))
        return f'{where}, severity {draws.severity:g}: {words}'

    def _lines(self, draws: Draws) -> list[SpreadLine]:
        lines = []
        for key, numbers in draws.numbers.items():
            area = draws.curve.scope == 'slice' or (numbers.unit or '').endswith('^2')
            title = ('area' if area else 'volume') if key == VOLUME else title_of(key, self.session.baseline_name)
            unit = on_screen(numbers.unit or '')
            parts = (numbers.clean, numbers.mean, numbers.bias, numbers.sd, numbers.rc)
            lines.append(SpreadLine(title, unit, *parts, numbers.n))
        return lines
