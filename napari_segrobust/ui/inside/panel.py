"""The dock "Inside the network": a voxel's receptive field, activations against severity, the maps of a layer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QSignalBlocker, Qt
from qtpy.QtWidgets import QCheckBox, QLabel, QMenu, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from napari_segrobust.explore.inside import InsideWatch
from napari_segrobust.explore.inside_jobs import MapsJob
from napari_segrobust.explore.state import MAX_LANES
from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.perturb import get_spec
from napari_segrobust.segment.altered.name import altered_line, is_altered, read_altered
from napari_segrobust.segment.altered.skip_gain import PROBE
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.inside.chart import TITLE, ChangeChart, Pane
from napari_segrobust.ui.inside.field_layers import FieldLayers
from napari_segrobust.ui.inside.field_words import field_lines, field_tooltip
from napari_segrobust.ui.inside.kinds import LOOKS
from napari_segrobust.ui.inside.map_layer import MapLayer
from napari_segrobust.ui.inside.maps_view import MapsView
from napari_segrobust.ui.inside.pick import VoxelPick
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, IntBox, buddy, named
from napari_segrobust.ui.widgets.legend import Legend, LegendItem
from napari_segrobust.ui.widgets.palette import Palette, theme_tree
from napari_segrobust.ui.widgets.slider import FloatSlider
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from napari_segrobust.inside.points import Point
    from napari_segrobust.ui.app import Explorer

#: What "+ lane" offers.
PADDINGS = ('reflect', 'replicate', 'zero')
GAINS = (0.75, 0.5, 0.25, 0.0)
LEGEND = {
    'encoder': 'e encoder',
    'skip': 's skip, dashed',
    'bottleneck': 'b bottleneck, dotted',
    'decoder': 'd decoder; level 0 is the finest',
    'layer': 'l layer, in their order',
}
NO_MAPS = 'Click a line of the chart: the maps of that layer.'


class InsidePanel(QWidget):
    """Looks into the networks of one explorer's lanes, while it is seen.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self.explorer = explorer
        self.session = explorer.session
        self.watch = InsideWatch(self.session)
        self.watch.lane = explorer.lane
        canvas = (explorer.viewer, self.session, explorer.painter)
        self.voxel_pick = VoxelPick(*canvas)
        self.layers = FieldLayers(*canvas, self.watch)
        self.map_layer = MapLayer(explorer.viewer, explorer.painter)
        self._shown_maps: object = None
        self._items: list[LegendItem] = []
        palette = Palette.from_theme(explorer.theme)
        self.lane = named(Combo(), 'Network', 'Whose receptive field is drawn, and which network + lane alters')
        self.pick = button('Pick a voxel', 'Click a voxel on the image: its receptive field (Q)', self._toggle_pick)
        self.pick.setCheckable(True)
        words = 'The same network with other padding, or less of its skip connections'
        self.add = button('+ lane with ...', words, self._open_menu)
        self.menu = QMenu(self)
        words = 'Share of what passes the skip connections. ' + PROBE
        self.gain = FloatSlider(0, 1, 0.05, name='Skip gain', tooltip=words, palette=palette)
        self.field = quiet()
        self.chart = ChangeChart(palette=palette)
        self.legend = Legend(palette=palette)
        self.heading = QLabel(TITLE)
        self.note = QLabel()
        self.note.setProperty('role', 'muted')
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.maps_title = QLabel()
        self.maps = MapsView(palette=palette)
        self.channel = named(IntBox(0, 0), 'Channel', 'Which channel, those that change most first')
        self.channel_words = QLabel()
        self.channel_words.setProperty('role', 'muted')
        self.on_canvas = named(QCheckBox('as layer'), 'Map on the canvas', 'The perturbed map as a layer')
        self._lay_out()
        self._connect()
        self.apply_theme()
        self.sync()

    def _lay_out(self) -> None:
        left, middle, right = QWidget(), QWidget(), QWidget()
        columns = [QVBoxLayout(part) for part in (left, middle, right)]
        for column in columns:
            column.setContentsMargins(2, 0, 2, 0)
            column.setSpacing(3)
        self._gain_line = line(buddy('skip gain', self.gain), (self.gain, 1))
        for part in (self.lane, line((self.pick, 1), (self.add, 1)), self._gain_line, self.field):
            columns[0].addWidget(part)
        columns[0].addStretch(1)
        columns[1].addWidget(line(self.heading, (self.note, 1)))
        columns[1].addWidget(self.chart, 1)
        columns[1].addWidget(self.legend)
        columns[2].addWidget(self.maps_title)
        columns[2].addWidget(self.maps, 1)
        self._channel_line = line(buddy('channel', self.channel), self.channel, (self.channel_words, 1), self.on_canvas)
        columns[2].addWidget(self._channel_line)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for part in (left, middle, right):
            splitter.addWidget(part)
        left.setMinimumWidth(210)
        right.setMinimumWidth(292)
        splitter.setSizes([230, 560, 292])
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(splitter)

    def _connect(self) -> None:
        watch, session = self.watch, self.session
        self.lane.currentIndexChanged.connect(self._choose_lane)
        self.gain.dragging_changed.connect(lambda dragging: None if dragging else self._set_gain())
        self.gain.value_changed.connect(lambda _value: None if self.gain.slider.isSliderDown() else self._set_gain())
        self.chart.chosen.connect(self._choose_point)
        self.channel.valueChanged.connect(lambda _value: self._show_channel())
        self.on_canvas.toggled.connect(lambda _on: self._show_layer())
        self._links = Connections()
        self._links.add(self.voxel_pick.picked, self._take_voxel)
        self._links.add(self.voxel_pick.toggled, lambda on: self.pick.setChecked(on))
        self._links.add(watch.field_changed, self._show_field)
        self._links.add(watch.change_changed, self._show_change)
        self._links.add(watch.maps_changed, self._show_maps)
        for event in (session.state.events.lanes, session.lanes_ready, session.case_changed):
            self._links.add(event, self.sync)
        self._links.add(session.state.events.plane, self._show_channel)
        self._links.add(self.explorer.lane_changed, self._follow_lane)
        self._links.add(self.explorer.theme_changed, self.apply_theme)

    # -- seen or not ----------------------------------------------------------------------------------------

    def showEvent(self, event: object) -> None:
        """Measure from now on."""
        super().showEvent(event)
        self.watch.look(True)

    def hideEvent(self, event: object) -> None:
        """Measure no longer."""
        super().hideEvent(event)
        self.voxel_pick.set_on(False)
        self.watch.look(False)

    def shutdown(self) -> None:
        """Cut every connection; idempotent."""
        self._links.close()
        for part in (self.watch, self.voxel_pick, self.layers, self.map_layer):
            part.close()

    # -- showing --------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show the lanes."""
        titles = lane_titles(self.session)
        with QSignalBlocker(self.lane):
            self.lane.clear()
            self.lane.addItems(titles or ['no network'])
            self.lane.setCurrentIndex(min(self.watch.lane, max(len(titles) - 1, 0)))
        for part in (self.pick, self.add, self.lane):
            part.setEnabled(bool(titles))
        source = self._source()
        gain = read_altered(source).gain if source is not None and is_altered(source) else None
        self._gain_line.setVisible(gain is not None)
        if gain is not None:
            self.gain.set_value(gain)
        self._show_field()
        self._show_change()
        self._show_maps()

    def _show_field(self) -> None:
        self.field.setText('\n'.join(field_lines(self.watch)))
        self.field.setToolTip(field_tooltip(self.watch.field))

    def _show_change(self) -> None:
        titles, panes = lane_titles(self.session), []
        for lane in self.watch.networks:
            words = self.watch.failure(lane) or ('measuring ...' if self._entry() else 'Add a perturbation first.')
            panes.append(Pane(lane, titles[lane], self.watch.change(lane), words))
        request = self.session.current
        severity = 0.0 if request is None else request.severity
        self.chart.show_panes(panes, severity, self.watch.chosen)
        places = [f'{pane.title}: {pane.change.place}' for pane in panes if pane.change is not None]
        different = len({pane.change.place for pane in panes if pane.change is not None}) > 1
        place = 'each on its own window' if different else places[0].rpartition(': ')[2] if places else ''
        self.note.setText(', '.join(part for part in (self._entry(), place) if part))
        self.note.setToolTip('\n'.join(places))
        self._show_legend()

    def _show_legend(self) -> None:
        """Kinds that are there, in the inks of their lines: what is pale on one theme is dark on the other."""
        palette = Palette.from_theme(self.explorer.theme)
        found = {p.kind for pane in self.chart.panes if pane.change is not None for p in pane.change.points}
        shown = [kind for kind in LEGEND if kind in found] or ['encoder', 'skip', 'decoder']
        items = [LegendItem(LEGEND[kind], palette.ink(LOOKS[kind].colour)) for kind in shown]
        if items != self._items:
            self._items = items
            self.legend.set_items(items)

    def _entry(self) -> str:
        entry = self.session.state.focused
        return '' if entry is None else f'{get_spec(entry.name).title}'

    def _show_maps(self) -> None:
        chosen, maps = self.watch.chosen, self.watch.maps
        self._channel_line.setVisible(chosen is not None)
        if maps is not None and maps is not self._shown_maps:
            self._shown_maps = maps
            with QSignalBlocker(self.channel):
                self.channel.setRange(0, len(maps.channels) - 1)
        self._show_channel()

    def _show_channel(self, *_: object) -> None:
        chosen, maps, plane = self.watch.chosen, self.watch.maps, self.session.state.plane
        if chosen is None:
            self.maps_title.setText('')
            self.maps.show_maps(None, 0, (0, 0), NO_MAPS)
            self.map_layer.remove()
            return
        titles, (lane, point) = lane_titles(self.session), chosen
        name = titles[lane] if lane < len(titles) else ''
        self.maps_title.setText(f'{point.title} of {name}')
        self.maps_title.setToolTip(f'{point.module}: {point.channels} channels of {point.shape}')
        if maps is None:
            self.maps.show_maps(None, 0, (0, 0), self.watch.refusal(MapsJob) or 'pending')
            self.channel_words.setText('')
        else:
            place = min(self.channel.value(), len(maps.channels) - 1)
            self.maps.show_maps(maps, place, (0, 0) if plane is None else (plane.axis, plane.index))
            self.channel_words.setText(f'no. {maps.channels[place]}, {maps.changes[place]:.3g}')
        self._show_layer()

    def _show_layer(self) -> None:
        maps = self.watch.maps
        if not self.on_canvas.isChecked() or maps is None:
            self.map_layer.remove()
        else:
            self._one_cell()
            self.map_layer.show(maps, min(self.channel.value(), len(maps.channels) - 1))

    def _say(self, message: str) -> None:
        self.field.setText(message)

    def apply_theme(self) -> None:
        """Follow the viewer's theme."""
        palette = Palette.from_theme(self.explorer.theme)
        self.setStyleSheet(style_sheet(palette))
        theme_tree(self, palette)
        self._show_legend()

    # -- what a hand does -----------------------------------------------------------------------------------

    def _source(self) -> str | None:
        lanes = self.session.state.lanes
        lane = lanes[self.watch.lane] if self.watch.lane < len(lanes) else None
        return None if lane is None or lane.given else lane.source

    def _choose_lane(self, lane: int) -> None:
        self.explorer.set_lane(max(lane, 0))
        self.watch.set_lane(max(lane, 0))
        self.sync()

    def _follow_lane(self, lane: int) -> None:
        self.watch.set_lane(lane)
        self.sync()

    def _toggle_pick(self) -> None:
        self._pick(self.pick.isChecked())

    def start_picking(self) -> None:
        """Pick a voxel with the next click on the image, or no longer."""
        self._pick(not self.voxel_pick.is_on)

    def _pick(self, on: bool) -> None:
        if on:
            self._one_cell()
        self.voxel_pick.set_on(on)

    def _one_cell(self) -> None:
        """One picture, of the chosen lane: what is drawn over it belongs to one network."""
        self.explorer.layout.show('single')
        self.explorer.set_lane(self.watch.lane)

    def _take_voxel(self, voxel: tuple[int, ...]) -> None:
        self.watch.pick(voxel)

    def _choose_point(self, lane: int, point: Point) -> None:
        self.watch.choose(lane, point)
        self._show_change()

    def _open_menu(self) -> None:
        """Open the list of alterations below its button."""
        self.menu.clear()
        for padding in PADDINGS:
            self.menu.addAction(f'{padding} padding').triggered.connect(partial(self._alter, padding=padding))
        self.menu.addSeparator()
        for gain in GAINS:
            self.menu.addAction(f'skip gain {gain:g} (a probe)').triggered.connect(partial(self._alter, gain=gain))
        self.menu.popup(self.add.mapToGlobal(QPoint(0, self.add.height())))

    def _alter(self, _checked: bool = False, **change: object) -> None:
        """Put the chosen network, altered, into a lane of its own."""
        source, lanes = self._source(), self.session.state.lanes
        if source is None or len(lanes) >= MAX_LANES:
            self._say('All six lanes are taken. Remove one first.' if source else 'A given mask has no layers.')
            return
        lane = lanes[self.watch.lane]
        self.session.state.lanes = (*lanes, lane.model_copy(update={'source': altered_line(source, **change)}))
        self.session.history.commit()

    def _set_gain(self) -> None:
        """Another gain for a lane that has one."""
        source = self._source()
        if source is None or not is_altered(source) or read_altered(source).gain == self.gain.value():
            return
        self.session.state.set_lane(self.watch.lane, source=altered_line(source, gain=self.gain.value()))
        self.session.history.commit()
        self.session.loader.unload()
