"""The bottom dock: how much, along what, and where: metric table, curve, list of errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QSplitter, QVBoxLayout, QWidget

from napari_segrobust.compare import metric_specs
from napari_segrobust.explore.slices import slice_dice
from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.ui.advice import Adviser
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.curve_panel import CurvePanel
from napari_segrobust.ui.error_rows import changes_of, error_row, header_of, why_no_errors
from napari_segrobust.ui.metric_card import card_of
from napari_segrobust.ui.sections.base import column, line
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
from napari_segrobust.ui.widgets.error_list import ErrorList
from napari_segrobust.ui.widgets.metric_table import MetricTable
from napari_segrobust.ui.widgets.palette import Palette, theme_tree
from napari_segrobust.ui.widgets.slice_rail import SliceRail
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.cases import Case
    from napari_segrobust.compare import Comparison, ErrorItem
    from napari_segrobust.explore.session import Session, Status
    from napari_segrobust.explore.updates import LaneView, PlaneUpdate, VolumeUpdate
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.metric_rows import MetricRow

#: More than a person works through; the list is sorted, worst first.
LISTED_ERRORS = 500


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
        self._is_seen = False
        self._listed: tuple[ErrorItem, ...] = ()
        palette = Palette.from_theme(explorer.theme)
        self.table = MetricTable(palette=palette)
        self.curves = CurvePanel(explorer, palette)
        self.curve = self.curves.curve
        self.rail = SliceRail(palette=palette)
        self.lane = named(Combo(), 'Lane of the table', 'Which lane the table and the list are about')
        self.errors = ErrorList(palette=palette)
        self.errors.floor.show_value(explorer.navigator.floor_ml)
        self.card = DefinitionCard(palette=palette, parent=self)
        self._carded = ''
        self.adviser = Adviser(explorer, palette, self)
        self._lay_out()
        self._connect()
        self.apply_theme()
        self.refresh()

    def _lay_out(self) -> None:
        self._lane_line = line(buddy('lane', self.lane), (self.lane, 1))
        left = column(line((self._lane_line, 1), (self.rail, 2), self.adviser.button), self.table)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for part in (left, self.curves, self.errors):
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
        self.adviser.card.metric_chosen.connect(self._show_metric)
        self.lane.currentTextChanged.connect(self._set_lane)
        self.curves.chosen.connect(self._go_to_severity)
        self.rail.chosen.connect(self._go_to_slice)
        self._links.add(state.events.plane, self._mark_slice)
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
        self._links.add(self.explorer.review.changed, self._tell_seen)
        self._links.add(state.events.lanes, self._tell_seen)
        self._links.add(self.explorer.navigator.moved, self.errors.select)

    def set_seen(self, on: bool) -> None:
        """In front, or not: what is seen of a model while people settle disputes stands in their log."""
        self._is_seen = on
        self._tell_seen()

    def _tell_seen(self, *_: object) -> None:
        if self._is_seen and self.session.state.lanes:
            self.explorer.review.model_seen()

    def shutdown(self) -> None:
        """Cut every connection; idempotent."""
        self._links.close()
        self.curves.links.close()
        self.adviser.shutdown()

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
        self.curves.show_curve()
        self._show_errors()
        self._show_rail()

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
            self.curves.show_curve()

    def _on_volume(self, _update: VolumeUpdate) -> None:
        self._show_table()
        self.curves.show_curve()
        self._show_errors()
        self._show_rail()

    def _on_request(self, _request: object) -> None:
        self.errors.set_pending(self._is_pending())
        self.rail.set_pending(self._is_pending())
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
        names = [f'{i + 1} {title}' for i, title in enumerate(lane_titles(self.session))]
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
        self.curves.show_metrics(rows)

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

    def _show_errors(self) -> None:
        found = self.explorer.navigator.found
        self.errors.set_pending(self._is_pending())
        if found is None:
            self._listed = ()
            self.errors.set_errors([], 'Errors', empty=why_no_errors(self.session))
            return
        matter = found.items[:LISTED_ERRORS]
        self._listed = (*matter, *found.former[:LISTED_ERRORS])
        case = self.session.case if self.session.state.label is None else None
        rows = [error_row(item, place >= len(matter), case) for place, item in enumerate(self._listed)]
        words, floor_words = header_of(found)
        self.errors.set_errors(rows, words, floor_words=floor_words, changes=changes_of(found, self.session))

    def _show_rail(self) -> None:
        """Dice of every slice along the first axis; whole results alone have it."""
        volume, state = self.session.volume, self.session.state
        view = None
        if volume is not None and self.session.is_current(volume.request):
            view = next((one for one in volume.lanes if one.index == self.explorer.lane), None)
        found = None if view is None else view.accuracy or view.stability
        if found is None or found.reference.ndim < 3:
            self.rail.set_values(())
        else:
            before = view.baseline_accuracy if view.accuracy is not None else None
            clean = () if before is None or before is found else slice_dice(before, state.label)
            key = 'dice' if view.accuracy is not None else f'{STABILITY}dice'
            baseline = self.session.baseline_name
            title = title_of(key, baseline)
            self.rail.set_values(slice_dice(found, state.label), clean, title=title, baseline=baseline)
        self.rail.set_pending(self._is_pending())
        self._mark_slice()

    def _mark_slice(self, *_: object) -> None:
        plane = self.session.state.plane
        along = plane is not None and plane.axis == 0
        self.rail.set_current(plane.index if along else None)
        self.rail.setVisible(along and bool(self.rail.values()))

    # -- acting -------------------------------------------------------------------------------------------------

    def show_definition(self, key: str) -> None:
        """Open the card of a metric beside the mouse."""
        row = next((row for row in self.table.rows() if row.key == key), None)
        self._carded = key
        witness = self.explorer.witness
        card = card_of(key, row, self.session.baseline_name, witness.metric, witness.label() is not None)
        self.card.show_definition(card, QCursor.pos())

    def _show_metric(self, key: str) -> None:
        """Put a metric into the table, and say what it means."""
        if key not in self.session.metrics:
            self._toggle_family(metric_specs()[key].family)
        self.show_definition(key)

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

    def _set_lane(self, text: str) -> None:
        number = text.partition(' ')[0]
        if number.isdigit():
            self.explorer.set_lane(int(number) - 1)

    def _go_to_severity(self, severity: float) -> None:
        state = self.session.state
        if state.focused is not None:
            state.set_perturbation(state.focus, severity=severity)
            self.session.history.commit()

    def _go_to_slice(self, index: int) -> None:
        dims, case = self.explorer.viewer.dims, self.session.case
        if case is not None and case.ndim == 3:
            dims.set_current_step(dims.ndim - case.ndim, index)

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


def _chips(comparison: Comparison | None, prefix: str) -> dict[str, str]:
    chips = {} if comparison is None else comparison.chips
    return {f'{prefix}{key}': most_telling_first(chip) for key, chip in chips.items()}
