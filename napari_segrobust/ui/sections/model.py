"""Model: the lanes, each a network or a mask that was given, on one perturbed case."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QSignalBlocker
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from napari_segrobust.context import Context
from napari_segrobust.explore.state import MAX_LANES, Lane
from napari_segrobust.explore.titles import lane_titles, title_of
from napari_segrobust.ui.inputs.model_files import model_filters, remembered, with_newest
from napari_segrobust.ui.sections.base import BoundSection, button
from napari_segrobust.ui.sections.device_line import DeviceLine
from napari_segrobust.ui.sections.label_map import LabelMapEditor
from napari_segrobust.ui.sections.lane_row import LaneRow
from napari_segrobust.ui.sections.opening_rows import OpeningRows
from napari_segrobust.ui.sections.parts import model_parts
from napari_segrobust.ui.settings import store
from napari_segrobust.ui.widgets.card import Definition, DefinitionCard
from napari_segrobust.ui.widgets.controls import named

if TYPE_CHECKING:
    from napari_segrobust.segment import ModelSpec
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.sections.spec_form import SpecForm
    from napari_segrobust.ui.widgets.controls import Combo
    from napari_segrobust.ui.widgets.palette import Palette

GIVEN = 'given: '
REMOVE = 'remove this lane'
FILE = 'open a model file ...'
FOLDER = 'open a model folder ...'


class ModelSection(BoundSection):
    """Bound to `ExploreState.lanes`.

    From top to bottom: the lanes; models that are being opened, and forms of specs; what the network sees; `tools`, a
    row of buttons that act on all of them; where they run; the labels; and the folds of `parts`.
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Model', explorer, palette)
        self.loader = self.session.loader
        self.rows: list[LaneRow] = []
        self.card = DefinitionCard(palette=palette, parent=self)
        self.openings = OpeningRows(explorer, palette)
        words = "After the model's own preprocessing, as a layer: normalisation hides some shifts"
        self.network = named(QCheckBox('image as the network sees it'), 'Image as the network sees it', words)
        self.add = button('+ lane', 'Another model or mask beside it, on the same perturbed image', self._add)
        self.open = button('Open ...', 'A model from a file or a folder; or drop it on this panel', self.open_menu)
        self.names = button('Labels ...', 'Which class of the model is which label of the reference', self._toggle_map)
        self.grid = button('Grid', 'All lanes as rows on one identical input: play, sort, export', self._show_grid)
        words = 'Receptive field of a voxel, and how far noise moves what is inside: activations, feature maps'
        self.inside = button('Inside', words, self._show_inside)
        self.menu = QMenu(self)
        self.devices = DeviceLine(self.session)
        self.label_map = LabelMapEditor(self.session)
        self._map_wanted = False
        self.parts = [part.make(explorer, palette) for part in model_parts()]
        self._lay_out()
        self._connect()
        self.sync()

    def _lay_out(self) -> None:
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.tools = QHBoxLayout()
        self.tools.setSpacing(4)
        for part in (self.add, self.open, self.names, self.grid, self.inside):
            self.tools.addWidget(part, 1)
        self.body.setSpacing(4)
        self.body.addWidget(holder)
        self.body.addWidget(self.openings)
        self.body.addWidget(self.network)
        self.body.addLayout(self.tools)
        for part in (self.devices, self.label_map, *self.parts):
            self.body.addWidget(part)

    def _connect(self) -> None:
        self.network.toggled.connect(lambda on: self.session.state.ask('network', on))
        self.links.add(self.session.requested, self._sync_map)
        self.links.add(self.session.state.events.extras, self._sync_network)
        for event in (
            self.session.state.events.lanes,
            self.session.case_changed,
            self.session.lanes_ready,
            self.loader.changed,
        ):
            self.links.add(event, self.sync)
        self.links.add(self.loader.opened, self._remember)
        for event in (self.session.volume_ready, self.session.noticed):
            self.links.add(event, self.devices.sync)

    def shutdown(self) -> None:
        """Cut the connections to the session."""
        super().shutdown()
        self.openings.links.close()
        for part in self.parts:
            part.shutdown()

    @property
    def combos(self) -> list[Combo]:
        """The choice of each lane."""
        return [row.combo for row in self.rows]

    @property
    def form(self) -> SpecForm | None:
        """The form of a spec that is open, if one is."""
        return next(iter(self.openings.forms), None)

    # -- showing ------------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show the lanes."""
        case, lanes = self.session.case, self.session.state.lanes
        shown = lanes or (None,)
        if len(self.rows) != len(shown):
            self._rebuild(len(shown))
        for row, lane in zip(self.rows, shown, strict=True):
            self._show(row, lane)
        self.setEnabled(case is not None)
        self.add.setEnabled(0 < len(lanes) < MAX_LANES)
        self.devices.sync()
        self._sync_map()
        self._sync_network()
        self.set_summary(', '.join(lane_titles(self.session)) or 'none')

    def _show(self, row: LaneRow, lane: Lane | None) -> None:
        row.combo.set_items(self.choices(lane), self._text(lane))
        model = None if lane is None else self.session.models.get(lane.model_id)
        # Models that are known by name bring a spec that is not to be changed.
        row.spec.setVisible(model is not None and lane is not None and Path(lane.source).exists())
        row.card.setVisible(lane is not None and not lane.given)
        row.combo.setToolTip('A network, or a mask that was given' if lane is None or lane.given else lane.source)
        failure = '' if lane is None else self.loader.failures.get(lane.model_id, '')
        if failure:
            row.say(failure, failed=True)
        elif lane is not None and lane.model_id in self.loader.loading:
            row.say('loading ...')
        else:
            row.say(' '.join(() if lane is None else self.loader.notes.get(lane.model_id, ())))

    def _show_grid(self) -> None:
        from napari_segrobust.ui.grid.room import show_grid

        show_grid(self.explorer.viewer)

    def _show_inside(self) -> None:
        from napari_segrobust.ui.inside.room import show_inside

        show_inside(self.explorer.viewer)

    def _sync_network(self, *_: object) -> None:
        self.network.setEnabled(any(not lane.given for lane in self.session.state.lanes))
        with QSignalBlocker(self.network):
            self.network.setChecked('network' in self.session.state.extras)

    def _sync_map(self, _request: object = None) -> None:
        there, mapped = self.label_map.sync()
        self.label_map.setVisible(there and (self._map_wanted or not mapped))

    def _toggle_map(self) -> None:
        self._map_wanted = not self._map_wanted
        self._sync_map()

    def _rebuild(self, count: int) -> None:
        while (item := self._column.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.rows = []
        for index in range(count):
            row = LaneRow(index, self.palette_)
            row.chosen.connect(partial(self._choose, index))
            row.card_asked.connect(partial(self._show_card, index))
            row.spec_asked.connect(partial(self.toggle_spec, index))
            row.retried.connect(self.loader.retry)
            self._column.addWidget(row)
            self.rows.append(row)

    def choices(self, lane: Lane | None) -> list[str]:
        """What a lane can be: models that fit, masks that were given, a file."""
        case = self.session.case
        models = [] if case is None else self.explorer.fitting_models(case)
        given = [] if case is None else [f'{GIVEN}{name}' for name in case.predictions]
        own = [self._text(lane)] if lane is not None and self._text(lane) not in (*models, *given) else []
        return ['none' if lane is None else REMOVE, *own, *given, *models, FILE, FOLDER]

    def _text(self, lane: Lane | None) -> str:
        if lane is None:
            return 'none'
        return f'{GIVEN}{lane.source}' if lane.given else title_of(lane, self.session.models.get(lane.model_id))

    # -- acting -------------------------------------------------------------------------------------------------

    def _choose(self, index: int, text: str) -> None:
        lanes = list(self.session.state.lanes)
        place = index if index < len(lanes) else None
        if text in (FILE, FOLDER):
            self.sync()
            self.ask(place, folder=text == FOLDER)
            return
        if text in ('', 'none') or (place is not None and text == self._text(lanes[place])):
            self.sync()
            return
        if text == REMOVE:
            del lanes[index]
        else:
            # The context box is one for all lanes; window and overlap belong to the model that had them.
            old = None if place is None else lanes[place].context.box
            lanes[index : index + 1] = [_lane(text, old)]
        self.session.state.lanes = tuple(lanes)
        self.commit()

    def ask(self, place: int | None = None, *, folder: bool = False) -> None:
        """Ask for a model's file or folder, and open it in a lane; by default in a new one."""
        recent = self._recent()
        start = str(Path(recent[0]).parent) if recent else ''
        if folder:
            path = QFileDialog.getExistingDirectory(self, 'Open a model folder (MONAI bundle, nnU-Net)', start)
        else:
            path, _ = QFileDialog.getOpenFileName(self, 'Open a model', start, model_filters())
        if path:
            self.open_models([Path(path)], place)

    def open_models(self, paths: list[Path], place: int | None = None) -> None:
        """Open models: each takes a lane of its own, the first one `place` where that is given."""
        for path in paths:
            self.loader.open(str(path), place)
            place = None
        self.set_unfolded(True)

    def open_menu(self) -> None:
        """Open the list of ways to a model below its button."""
        self.menu.clear()
        self.menu.addAction('Model file ...').triggered.connect(lambda: self.ask())
        folder = self.menu.addAction('Model folder (MONAI bundle, nnU-Net) ...')
        folder.triggered.connect(lambda: self.ask(folder=True))
        recent = self._recent()
        if recent:
            self.menu.addSeparator()
        for path in recent:
            action = self.menu.addAction(Path(path).name)
            action.setToolTip(path)
            action.triggered.connect(partial(self._open_recent, path))
        self.menu.setToolTipsVisible(True)
        self.menu.popup(self.open.mapToGlobal(QPoint(0, self.open.height())))

    def _open_recent(self, path: str, _checked: bool = False) -> None:
        self.open_models([Path(path)])

    def _recent(self) -> tuple[str, ...]:
        return remembered(self.explorer.settings.recent_models)

    def _remember(self, source: str) -> None:
        """Keep a path that became a lane for the next time; a name is in the list anyway."""
        if Path(source).exists():
            text = with_newest(str(Path(source).resolve()), self._recent())
            self.explorer.settings.recent_models = text
            store(recent_models=text)

    def _add(self) -> None:
        lanes = self.session.state.lanes
        used = {self._text(lane) for lane in lanes}
        fresh = [c for c in self.choices(lanes[-1]) if c not in (*used, REMOVE, FILE, FOLDER)]
        if fresh:
            self.session.state.lanes = (*lanes, _lane(fresh[0], lanes[-1].context.box))
            self.commit()

    def toggle_spec(self, index: int) -> None:
        """Open the form of a lane's spec, or close it."""
        found = next((o for o in self.loader.openings if o.place == index and o.stage == 'editing'), None)
        if found is not None:
            self.loader.dismiss(found)
        else:
            self.loader.edit(index)

    def _show_card(self, index: int) -> None:
        lanes = self.session.state.lanes
        model = self.session.models.get(lanes[index].model_id) if index < len(lanes) else None
        if model is not None:
            self.card.show_definition(_definition(model.spec), QCursor.pos())


def _definition(spec: ModelSpec) -> Definition:
    """The model card in the words of the card widget."""
    card = spec.card
    return Definition(
        title=spec.name,
        words=str(card.get('use', 'No card came with this model.')),
        formula=f'{spec.dimensions}D, {", ".join(spec.classes)}',
        blind_spot=str(card.get('limits', '')),
        source=' '.join(str(card[key]) for key in ('data', 'protocol') if key in card),
    )


def _lane(text: str, box: tuple[tuple[int, int], ...] | None) -> Lane:
    given = text.startswith(GIVEN)
    return Lane(source=text.removeprefix(GIVEN), given=given, context=Context(box=box))
