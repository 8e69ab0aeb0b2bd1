"""The architecture grid of one explorer: the live loop's answers as rows, and what can be done with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QFileDialog, QFrame, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from napari_segrobust.cases.stored import stem
from napari_segrobust.grid.cells import CLEAN, NOW, vote_colour
from napari_segrobust.grid.figure import NOTHING, RESEARCH, FigureStyle
from napari_segrobust.grid.sheet import BLUE, ORANGE, PURPLE
from napari_segrobust.grid.values import ORDERS, Grid, Order, sorted_rows
from napari_segrobust.perturb import get_spec
from napari_segrobust.ui.canvas.colors import REFERENCE_COLOR
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.grid.board import Board
from napari_segrobust.ui.grid.controls import GridControls
from napari_segrobust.ui.grid.course import courses_of
from napari_segrobust.ui.grid.exports import FIGURES, FILMS, GridExport
from napari_segrobust.ui.grid.layer import AgreementLayer
from napari_segrobust.ui.grid.player import MAXIMUM, STEP, Player
from napari_segrobust.ui.sections.base import quiet
from napari_segrobust.ui.widgets.legend import Legend, LegendItem
from napari_segrobust.ui.widgets.palette import Palette, theme_tree
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from napari_segrobust.explore.updates import PlaneUpdate, VolumeUpdate
    from napari_segrobust.ui.app import Explorer


class GridPanel(QWidget):
    """Rows for the lanes of an explorer; nothing is computed for them that the canvas does not show.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self.explorer = explorer
        self.session = explorer.session
        self.grid: Grid | None = None
        self.number, self.order = self.session.state.metric, 'as chosen'
        self._places: dict[int, int] = {}
        palette = Palette.from_theme(explorer.theme)
        self.simulated = QLabel()
        self.simulated.setProperty('role', 'title')
        self.simulated.setWordWrap(True)
        self.controls = GridControls(palette=palette)
        self.board = Board(palette=palette)
        self.legend = Legend(palette=palette)
        self.note = quiet()
        self.menu = QMenu(self)
        self.player = Player(self.session, self)
        self.exports = GridExport(self.session)
        self.layer = AgreementLayer(explorer)
        self._lay_out()
        self._connect()
        self.apply_theme()
        self.sync()

    def _lay_out(self) -> None:
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.board)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(3)
        layout.addWidget(self.simulated)
        layout.addWidget(self.controls)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.note)

    def _connect(self) -> None:
        controls, session = self.controls, self.session
        controls.play_toggled.connect(self.player.play)
        controls.speed_chosen.connect(self.player.set_speed)
        controls.severity_changed.connect(self._set_severity)
        controls.dragging_changed.connect(lambda dragging: None if dragging else session.history.commit())
        controls.slice_chosen.connect(self.go_to_slice)
        controls.metric_chosen.connect(self.show_metric)
        controls.order_chosen.connect(self.sort)
        controls.agreement_toggled.connect(self._show_agreement)
        controls.layer_toggled.connect(self.layer.set_on)
        controls.export_asked.connect(self.open_menu)
        controls.cancel_asked.connect(self.exports.cancel)
        self.player.playing_changed.connect(self._on_playing)
        self.player.rate_changed.connect(controls.set_rate)
        self.board.slice_stepped.connect(self._step_slice)
        self.board.chosen.connect(self.explorer.set_lane)
        for words, kinds, ending in (('Figure', FIGURES, '.png'), ('Film', FILMS, '.mp4')):
            action = self.menu.addAction(f'{words} ...')
            action.triggered.connect(lambda _on=False, k=kinds, e=ending: self._ask(k, e))
        self._links = Connections()
        self._links.add(session.plane_ready, self._take)
        self._links.add(session.volume_ready, self._take_numbers)
        self._links.add(session.case_changed, self._on_case)
        for event in (session.state.events.stack, session.state.events.focus, session.state.events.plane):
            self._links.add(event, self._sync_controls)
        for event in (session.state.events.lanes, session.state.events.scope):
            self._links.add(event, self._on_lanes)
        self._links.add(self.explorer.viewer.layers.events.removed, lambda _e: controls.set_layer(self.layer.is_on))
        self._links.add(self.explorer.theme_changed, self.apply_theme)
        self.exports.progressed.connect(controls.set_progress)

    # -- what is shown --------------------------------------------------------------------------------------

    def sync(self) -> None:
        """Show what the live loop answered last."""
        self._sync_controls()
        plane = self.session.plane
        if plane is not None and self.session.is_current(plane.request):
            self._take(plane)
        else:
            self._show(None)

    def _take(self, update: PlaneUpdate) -> None:
        if not self.isVisible():
            return
        volume = self.session.volume
        whole = None
        if self.session.state.scope == 'volume' and volume is not None and volume.request is update.request:
            whole = volume.lanes
        limits = self.explorer.painter.layers.shades()['limits']
        name = None if update.request.label is None else self.session.case.label_name(update.request.label)
        self._show(Grid.of(update, whole, limits, name))

    def _take_numbers(self, update: VolumeUpdate) -> None:
        """Numbers of the whole have come."""
        plane = self.session.plane
        if self.session.state.scope == 'volume' and plane is not None and plane.request is update.request:
            self._take(plane)

    def _show(self, grid: Grid | None) -> None:
        if grid is not None and grid.rows:
            if self.number not in grid.metrics:
                self.number = next(iter(grid.metrics), self.number)
            lanes = {row.lane for row in grid.rows}
            if not self.player.is_playing or lanes != set(self._places):
                ranked = sorted_rows(grid.rows, self.number, self.order)
                self._places = {row.lane: place for place, row in enumerate(ranked)}
            grid = replace(grid, rows=tuple(sorted(grid.rows, key=lambda row: self._places[row.lane])))
            self.controls.set_metrics(grid.metrics, self.number)
        before, self.grid = self.grid, grid
        self.board.show_metric(self.number)
        courses = None if grid is None else courses_of(self.session, self.number, MAXIMUM)
        self.board.show_grid(grid, self._is_pending(grid), courses)
        words = '' if grid is None else grid.simulated or NOTHING
        if words != self.simulated.text():
            self.simulated.setText(words)
        if before is None or grid is None or len(before.rows) != len(grid.rows):
            self._describe_colours()
        seen = '' if grid is None else ', '.join(filter(None, (grid.case_name, grid.label_name, grid.place)))
        scope = '' if grid is None else f'Numbers of the {self.session.state.scope}' if grid.place else ''
        self.note.setText('. '.join(filter(None, (seen, scope, RESEARCH))))

    def _is_pending(self, grid: Grid | None) -> bool:
        return grid is not None and bool(grid.place) and self.session.state.scope != grid.scope

    def _on_case(self, *_: object) -> None:
        self.player.play(False)
        self.sync()

    def _on_lanes(self, *_: object) -> None:
        self.player.play(False)
        self.sync()

    def _sync_controls(self, *_: object) -> None:
        state, case = self.session.state, self.session.case
        entry = state.focused
        title, severity = ('', 0.0) if entry is None else (get_spec(entry.name).title, entry.severity)
        self.controls.set_entry(title, severity)
        plane = state.plane
        if plane is None or case is None or case.ndim == 2:
            self.controls.set_slice(0, 1)
        else:
            self.controls.set_slice(plane.index, case.shape[plane.axis])

    def _describe_colours(self) -> None:
        grid = self.grid
        items = [LegendItem('prediction on the clean image', CLEAN, 'outline')]
        if grid is not None and grid.has_reference:
            items = [
                LegendItem('reference', REFERENCE_COLOR, 'outline'),
                LegendItem('extra (FP)', ORANGE, 'hatch'),
                LegendItem('missed (FN)', BLUE, 'outline'),
                LegendItem('wrong class', PURPLE, 'hatch'),
                *items,
            ]
        elif grid is not None:
            items.append(LegendItem('prediction on the perturbed image', NOW, 'dim'))
        if grid is not None and 'agreement' in self.board.columns:
            count = len(grid.rows)
            items.extend(
                LegendItem(f'seen by {votes} of {count}' if votes == 1 else str(votes), vote_colour(votes, count))
                for votes in range(1, count + 1)
            )
            items.append(LegendItem('apart from the majority', '#FFFFFF', 'hatch'))
        self.legend.set_items(items)

    def apply_theme(self) -> None:
        """Follow the viewer's theme."""
        palette = Palette.from_theme(self.explorer.theme)
        self.setStyleSheet(style_sheet(palette))
        theme_tree(self, palette)

    # -- what a hand does -----------------------------------------------------------------------------------

    def show_metric(self, key: str) -> None:
        """Show another number, and sort by it."""
        self.number = key
        self._places.clear()
        self._show(self.grid)

    def sort(self, order: Order) -> None:
        """Sort the rows."""
        self.order = order
        self.controls.order.set_items(list(ORDERS), order)
        self._places.clear()
        self._show(self.grid)

    def go_to_slice(self, index: int) -> None:
        """Move the viewer, and with it everything, to a slice."""
        case, plane = self.session.case, self.session.state.plane
        if case is None or plane is None or case.ndim == 2:
            return
        dims = self.explorer.viewer.dims
        index = max(0, min(index, case.shape[plane.axis] - 1))
        dims.set_current_step(plane.axis + dims.ndim - case.ndim, index)

    def export_figure(self, path: Path) -> bool:
        """Write what is shown as a figure, in the background."""
        return self.grid is not None and self.exports.figure(path, self.grid, self.figure_style())

    def export_film(self, path: Path, step: float = STEP) -> bool:
        """Sweep the focused entry and write it as a film, in the background."""
        if self.grid is None:
            return False
        self.player.play(False)
        count = round(MAXIMUM / step) + 1
        return self.exports.film(
            path, [number * step for number in range(count)], self.figure_style(), self.grid.limits
        )

    def figure_style(self) -> FigureStyle:
        """How exports look: as the window does."""
        view = None if self.board.view is None else self.board.view.part()
        return FigureStyle(metric=self.number, order=self.order, agreement=self.board.agreement, view=view)

    def open_menu(self) -> None:
        """Open the menu of exports below its button."""
        button = self.controls.export
        self.menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _ask(self, kinds: str, ending: str) -> None:
        case = self.session.case
        proposed = f'{"grid" if case is None else stem(Path(case.name))}_grid{ending}'
        path, _ = QFileDialog.getSaveFileName(self, 'Export the grid', proposed, kinds)
        if not path:
            return
        target = Path(path if Path(path).suffix else path + ending)
        if kinds == FIGURES:
            self.export_figure(target)
        else:
            self.export_film(target)

    def _set_severity(self, severity: float) -> None:
        self.player.play(False)
        state = self.session.state
        if state.focused is not None:
            state.set_perturbation(state.focus, severity=severity, enabled=True)

    def _step_slice(self, step: int) -> None:
        plane = self.session.state.plane
        if plane is not None:
            self.go_to_slice(plane.index + step)

    def _show_agreement(self, on: bool) -> None:
        self.board.show_agreement(on)
        self._describe_colours()

    def _on_playing(self, on: bool) -> None:
        self.controls.set_playing(on)
        if not on:
            self._places.clear()
            self._show(self.grid)

    def showEvent(self, event: object) -> None:
        """Catch up with what came while it was hidden."""
        super().showEvent(event)
        self.sync()

    def hideEvent(self, event: object) -> None:
        """Stop playing: nobody looks."""
        self.player.play(False)
        super().hideEvent(event)

    def shutdown(self) -> None:
        """Stop playing and exporting, and cut every connection. Idempotent."""
        if isalive(self.player):
            self.player.play(False)
        self.exports.close()
        self.layer.close()
        self._links.close()
