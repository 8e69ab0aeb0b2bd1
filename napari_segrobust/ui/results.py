"""The bottom dock: how much, along what, and where: metric table, curve, list of errors."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QSplitter, QVBoxLayout, QWidget

from napari_segrobust.compare import metric_specs
from napari_segrobust.pipeline import STABILITY_METRICS
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.metric_card import card_of
from napari_segrobust.ui.sections.base import line
from napari_segrobust.ui.table_rows import (
    STABILITY,
    arrange,
    metric_row,
    most_telling_first,
    title_of,
    toggled,
    unfolded,
    with_families,
)
from napari_segrobust.ui.widgets.card import DefinitionCard
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.curve import Curve
from napari_segrobust.ui.widgets.curve_data import Series
from napari_segrobust.ui.widgets.digits import on_screen
from napari_segrobust.ui.widgets.error_list import ErrorList, ErrorRow
from napari_segrobust.ui.widgets.metric_table import MetricTable
from napari_segrobust.ui.widgets.palette import Palette, theme_tree
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.cases import Case
    from napari_segrobust.compare import Comparison, ErrorItem, ErrorItems
    from napari_segrobust.explore.session import Session, Status
    from napari_segrobust.explore.table import Row
    from napari_segrobust.explore.updates import LaneView, PlaneUpdate, VolumeUpdate
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.metric_rows import MetricRow

#: More than a person works through; the list is sorted, worst first.
LISTED_ERRORS = 500
#: What can become of an error, in the order in which it is counted.
FATES = ('new', 'grown', 'smaller', 'split off', 'moved', 'same')


class Results(QWidget):
    """Numbers of one explorer.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self.explorer = explorer
        self.session: Session = explorer.session
        self._links = Connections()
        self._sample: str | None = None
        self._listed: tuple[ErrorItem, ...] = ()
        palette = Palette.from_theme(explorer.theme)
        self.table = MetricTable(palette=palette)
        self.curve = Curve(palette=palette)
        self.metric = named(Combo(), 'Metric of the curve', 'What the curve shows')
        self.lane = named(Combo(), 'Lane of the table', 'Which lane the table and the list are about')
        self.errors = ErrorList(palette=palette)
        self.errors.floor.show_value(explorer.navigator.floor_ml)
        self.card = DefinitionCard(palette=palette, parent=self)
        self._carded = ''
        self._lay_out()
        self._connect()
        self.apply_theme()
        self.refresh()

    def _lay_out(self) -> None:
        left = _column(line(buddy('lane', self.lane), (self.lane, 1)), self.table)
        middle = _column(line(buddy('curve', self.metric), (self.metric, 1)), self.curve)
        self._lane_line = left.layout().itemAt(0).widget()
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for part in (left, middle, self.errors):
            splitter.addWidget(part)
        splitter.setSizes([450, 270, 340])
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(splitter)

    def _connect(self) -> None:
        state = self.session.state
        self.table.definition_requested.connect(self.show_definition)
        self.card.switched.connect(self._switch)
        self.metric.currentTextChanged.connect(self._set_metric)
        self.lane.currentTextChanged.connect(self._set_lane)
        self.curve.clicked.connect(self._go_to_severity)
        self.errors.selection_changed.connect(self._fly)
        self.errors.floor.valueChanged.connect(self._set_floor)
        self.errors.floor.editingFinished.connect(self._keep_floor)
        self.table.favourite_changed.connect(self._set_favourite)
        self.table.family_toggled.connect(self._toggle_family)
        self._links.add(self.session.plane_ready, self._on_plane)
        self._links.add(self.session.volume_ready, self._on_volume)
        self._links.add(self.session.case_changed, self._on_case)
        self._links.add(self.session.requested, self._on_request)
        self._links.add(self.session.status_changed, self._on_status)
        for event in (state.events.scope, state.events.label, state.events.metric, state.events.pin):
            self._links.add(event, self.refresh)
        self._links.add(state.events.lanes, self.refresh)
        self._links.add(self.explorer.theme_changed, self.apply_theme)
        self._links.add(self.explorer.lane_changed, self.refresh)
        self._links.add(self.explorer.navigator.moved, self.errors.select)

    def shutdown(self) -> None:
        """Cut every connection; idempotent."""
        self._links.close()

    def apply_theme(self) -> None:
        """Follow the viewer's theme."""
        palette = Palette.from_theme(self.explorer.theme)
        self.setStyleSheet(style_sheet(palette))
        theme_tree(self, palette)

    # -- showing ------------------------------------------------------------------------------------------------

    def refresh(self, *_: object) -> None:
        """Show everything anew."""
        self._show_lanes()
        self._show_table()
        self._show_curve()
        self._show_errors()

    def _on_case(self, case: Case) -> None:
        """Forget the numbers of another image; those of a sample that is made anew stay, grey, until its own come."""
        name = case.provenance.get('sample', {}).get('name')
        if name is None or name != self._sample:
            self.table.set_rows(())
        self._sample = name
        self.refresh()

    def _on_plane(self, _update: PlaneUpdate) -> None:
        if self.session.state.scope == 'slice':
            self._show_table()
            self._show_curve()

    def _on_volume(self, _update: VolumeUpdate) -> None:
        self._show_table()
        self._show_curve()
        self._show_errors()

    def _on_request(self, _request: object) -> None:
        self.errors.set_pending(self._is_pending())
        if self.session.state.scope == 'volume':
            self._show_table()

    def _is_pending(self) -> bool:
        """Whether the listed errors are older than what the state asks for."""
        volume = self.session.volume
        return volume is not None and volume.request is not self.session.current

    def _on_status(self, status: Status) -> None:
        """Turn the numbers grey that the last request did not get to replace."""
        if status.kind in ('failed', 'stale'):
            self._show_table()

    def _show_lanes(self) -> None:
        names = [f'{i + 1} {lane.source}' for i, lane in enumerate(self.session.state.lanes)]
        shown = min(self.explorer.lane, len(names) - 1)
        self.lane.set_items(names, names[shown] if names else '')
        self._lane_line.setVisible(len(names) > 1)

    def _show_table(self) -> None:
        rows, pending = self.session.table(self.explorer.lane)
        baseline = self.session.baseline_name
        self.table.set_baseline(baseline)
        if not rows and self.session.state.lanes:
            # Nothing is known yet of what the state asks for: the last numbers stay, grey.
            self._arrange([replace(row, pending=True) for row in self.table.rows()])
            return
        chips, trends, severity = self._beside_numbers([row.key for row in rows])
        favourites = self.explorer.settings.favourites
        self._arrange(
            [
                metric_row(
                    row, pending, baseline, favourites, chips.get(row.key, ''), trends.get(row.key, ()), severity
                )
                for row in rows
            ]
        )
        self._show_metrics(rows)

    def _arrange(self, rows: Sequence[MetricRow]) -> None:
        always = self.explorer.settings.always_shown
        self.table.set_rows(arrange(rows, self.session.metrics, always) if rows else ())

    def _beside_numbers(
        self, keys: Sequence[str]
    ) -> tuple[Mapping[str, str], Mapping[str, tuple[tuple[float, float], ...]], float | None]:
        """Chips and courses of the metrics in the table, and where on them the numbers stand."""
        update, view = self._shown()
        if update is None or view is None:
            return {}, {}, None
        chips = {
            **_chips(view.accuracy, ''),
            **_chips(view.stability, STABILITY),
        }
        state = self.session.state
        curve = self.session.curves.identify(update.request, view.index, state.scope, state.label)
        return chips, self.session.curves.trends(curve, keys), update.request.severity

    def _shown(self) -> tuple[PlaneUpdate | VolumeUpdate | None, LaneView | None]:
        """What the table is about: the result of its scope, and its lane."""
        update = self.session.plane if self.session.state.scope == 'slice' else self.session.volume
        lanes = () if update is None else update.lanes
        return update, next((view for view in lanes if view.index == self.explorer.lane), None)

    def _show_metrics(self, rows: list[Row]) -> None:
        titles = {title_of(row.key, self.session.baseline_name): row.key for row in rows}
        current = title_of(self.session.state.metric, self.session.baseline_name)
        shown = current if current in titles or not titles else next(iter(titles))
        self.metric.set_items(list(titles) or [current], shown)

    def _show_curve(self) -> None:
        update = self.session.plane if self.session.state.scope == 'slice' else self.session.volume
        key = self.session.state.metric
        spec = metric_specs().get(key.removeprefix(STABILITY))
        if update is None or spec is None:
            self.curve.set_series(())
            return
        request, scope, lanes = update.request, self.session.state.scope, self.session.state.lanes
        series = []
        for view in update.lanes:
            curve = self.session.curves.identify(request, view.index, scope, self.session.state.label)
            points = tuple(self.session.curves.points(curve, key))
            name = lanes[view.index].source if view.index < len(lanes) else ''
            series.append(Series(name, view.index, points, self._clean(view.index, key)))
        unit = next((row.unit for row in self.table.rows() if row.key == key), '')
        self.curve.set_series(
            series,
            title=title_of(key, self.session.baseline_name),
            unit=on_screen(unit),
            ratio=spec.range == (0.0, 1.0),
        )
        self.curve.set_current(update.request.severity)

    def _clean(self, lane: int, key: str) -> float | None:
        rows, _ = self.session.table(lane)
        value = next((row.baseline.value for row in rows if row.key == key and row.baseline is not None), None)
        return float(value) if isinstance(value, int | float) else None

    def _show_errors(self) -> None:
        found = self.explorer.navigator.found
        self.errors.set_pending(self._is_pending())
        if found is None:
            self._listed = ()
            self.errors.set_errors([], 'Errors', empty=self._why_no_errors())
            return
        matter = found.items[:LISTED_ERRORS]
        self._listed = (*matter, *found.former[:LISTED_ERRORS])
        rows = [self._error_row(item, place >= len(matter)) for place, item in enumerate(self._listed)]
        words, floor_words = _header(found)
        self.errors.set_errors(rows, words, floor_words=floor_words, changes=self._changes(found))

    def _changes(self, found: ErrorItems) -> str:
        """Count what became of the errors: "since clean: 3 new, 2 gone"."""
        volume, current = self.session.volume, self.session.current
        if volume is None or current is None or volume.request.baseline != current.baseline:
            return ''
        fates = Counter(item.change.fate for item in found.items if item.change is not None)
        words = [f'{fates[fate]:,} {fate}' for fate in FATES if fates[fate]]
        gone = sum(item.change_text == 'gone' for item in found.former)
        former = ((len(found.former) - gone, 'below the floor'), (gone, 'gone'))
        words += [f'{count:,} {fate}' for count, fate in former if count]
        return f'since {self.session.baseline_name}: {", ".join(words)}' if words else ''

    def _why_no_errors(self) -> str:
        case = self.session.case
        if case is None:
            return 'Open a case first.'
        if not self.session.state.lanes:
            return 'Choose a model, or a prediction.'
        if not case.references:
            return 'No reference: nothing to call an error.'
        return 'Errors are listed when the whole volume is done.'

    def _error_row(self, item: ErrorItem, former: bool) -> ErrorRow:
        case = self.session.case
        place = '' if case is None or self.session.state.label is not None else case.label_name(item.label)
        size, mark = on_screen(item.size_text), on_screen(item.change_text)
        return ErrorRow(item.kind_text, item.title, size, item.depth_text, place, mark, former)

    # -- acting -------------------------------------------------------------------------------------------------

    def show_definition(self, key: str) -> None:
        """Open the card of a metric beside the mouse."""
        row = next((row for row in self.table.rows() if row.key == key), None)
        self._carded = key
        card = card_of(key, row, self.session.baseline_name, self.explorer.witness.metric)
        self.card.show_definition(card, QCursor.pos())

    def _switch(self, on: bool) -> None:
        self.explorer.witness.show_metric(self._carded if on else '')

    def _set_favourite(self, key: str, on: bool) -> None:
        """Move a metric to the top, or back into its family."""
        settings, before = self.explorer.settings, self.session.metrics
        families = unfolded(before, settings.always_shown)
        settings.set_favourite(key, on)
        self._compute(with_families(settings.always_shown, families))

    def _toggle_family(self, family: str) -> None:
        """Show a family, and compute it from now on; or fold it."""
        self._compute(toggled(self.session.metrics, self.explorer.settings.always_shown, family))

    def _compute(self, keys: tuple[str, ...]) -> None:
        if set(keys) != set(self.session.metrics):
            self.session.metrics = keys
            self.session.request()
        self._show_table()

    def _set_metric(self, title: str) -> None:
        keys = [*self.session.metrics, *(f'{STABILITY}{key}' for key in STABILITY_METRICS)]
        found = next((key for key in keys if title_of(key, self.session.baseline_name) == title), None)
        if found is not None:
            self.session.state.metric = found

    def _set_lane(self, text: str) -> None:
        number = text.partition(' ')[0]
        if number.isdigit():
            self.explorer.set_lane(int(number) - 1)

    def _go_to_severity(self, severity: float) -> None:
        state = self.session.state
        if state.focused is not None:
            state.set_perturbation(state.focus, severity=severity)
            self.session.history.commit()

    def _fly(self, index: int) -> None:
        if 0 <= index < len(self._listed):
            self.explorer.navigator.fly(self._listed[index])

    def _set_floor(self, floor_ml: float) -> None:
        """List more or fewer of the errors that are known; nothing is compared anew."""
        navigator = self.explorer.navigator
        navigator.floor_ml = floor_ml
        self._show_errors()
        self.errors.select(navigator.index)

    def _keep_floor(self) -> None:
        self.explorer.settings.set_error_floor(self.explorer.navigator.floor_ml)


def _header(found: ErrorItems) -> tuple[str, str]:
    """How many errors matter, and what leads from there to the floor: "12 of 4,755 matter, the rest is rim", "from"."""
    count = len(found)
    if count == found.total:
        words, leads = f'{count:,} error{"" if count == 1 else "s"}', 'from'
    else:
        words, leads = f'{count:,} of {found.total:,} matter, the rest is', 'below'
        if found.rim_voxels:
            words, leads = f'{words} rim', 'or below' if found.below_floor else 'from'
    return words, leads if found.unit == 'ml' else ''


def _chips(comparison: Comparison | None, prefix: str) -> dict[str, str]:
    chips = {} if comparison is None else comparison.chips
    return {f'{prefix}{key}': most_telling_first(chip) for key, chip in chips.items()}


def _column(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(2)
    for widget in widgets:
        layout.addWidget(widget)
    return holder
