"""Model: the lanes, each a network or a mask that was given, on one perturbed case."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QCheckBox, QFileDialog, QVBoxLayout, QWidget

from napari_segrobust.context import Context
from napari_segrobust.explore.state import MAX_LANES, Lane
from napari_segrobust.explore.titles import lane_titles, title_of
from napari_segrobust.segment.precision import precision_of
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.sections.ensemble import EnsembleSection
from napari_segrobust.ui.sections.label_map import LabelMapEditor
from napari_segrobust.ui.sections.post import PostSection
from napari_segrobust.ui.widgets.card import Definition, DefinitionCard
from napari_segrobust.ui.widgets.controls import Combo, IconButton, named

if TYPE_CHECKING:
    from napari_segrobust.segment import ModelSpec
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

GIVEN = 'given: '
DEVICES = ('auto', 'cpu', 'cuda', 'mps')
FILE = 'open a model file ...'


class ModelSection(BoundSection):
    """Bound to `ExploreState.lanes`."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Model', explorer, palette)
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.combos: list[Combo] = []
        self.card = DefinitionCard(palette=palette, parent=self)
        self.add = button('+ lane', 'Another model or mask beside it, on the same perturbed image', self._add)
        self.device = named(
            Combo(), 'Device', 'Where networks run; auto is a CUDA GPU where there is one, else the CPU'
        )
        self.device.currentTextChanged.connect(self._set_device)
        self.computed = quiet()
        self.names = button('labels ...', 'Which class of the model is which label of the reference', self._toggle_map)
        self.label_map = LabelMapEditor(self.session)
        self._map_wanted = False
        self.body.addWidget(holder)
        self.body.addWidget(line(self.add, self.names, (self.device, 1)))
        words = "After the model's own preprocessing, as a layer: normalisation hides some shifts"
        self.network = named(QCheckBox('image as the network sees it'), 'Image as the network sees it', words)
        self.network.toggled.connect(lambda on: self.session.state.ask('network', on))
        self.body.addWidget(self.network)
        self.body.addWidget(self.computed)
        self.body.addWidget(self.label_map)
        self.post, self.ensemble = PostSection(explorer, palette), EnsembleSection(explorer, palette)
        self.body.addWidget(self.post)
        self.body.addWidget(self.ensemble)
        self.links.add(self.session.requested, self._sync_map)
        self.links.add(self.session.state.events.extras, self._sync_network)
        self.links.add(self.session.state.events.lanes, self.sync)
        self.links.add(self.session.case_changed, self.sync)
        self.links.add(self.session.lanes_ready, self.sync)
        self.links.add(self.session.volume_ready, self._sync_device)
        self.links.add(self.session.noticed, self._sync_device)
        self.sync()

    def shutdown(self) -> None:
        """Cut the connections to the session, those of the sections inside too."""
        super().shutdown()
        self.post.shutdown()
        self.ensemble.shutdown()

    def sync(self, *_: object) -> None:
        """Show the lanes."""
        case, lanes = self.session.case, self.session.state.lanes
        shown = lanes or (None,)
        if len(self.combos) != len(shown):
            self._rebuild(len(shown))
        for combo, lane in zip(self.combos, shown, strict=True):
            combo.set_items(self.choices(lane), self._text(lane))
        self.setEnabled(case is not None)
        self.add.setEnabled(0 < len(lanes) < MAX_LANES)
        self._sync_device()
        self._sync_map()
        self._sync_network()
        self.set_summary(', '.join(lane_titles(self.session)) or 'none')

    def _sync_network(self, *_: object) -> None:
        self.network.setEnabled(any(not lane.given for lane in self.session.state.lanes))
        with QSignalBlocker(self.network):
            self.network.setChecked('network' in self.session.state.extras)

    def _sync_device(self, _answer: object = None) -> None:
        """Show where the networks run, which memory that ended may have changed, and in which precision."""
        loaded = [self.session.models[n.source] for n in self.session.state.lanes if n.source in self.session.models]
        computed = {model.spec.name: precision_of(model).words for model in loaded}
        self.computed.setText('\n'.join(f'{name}: {words}.' for name, words in computed.items() if words))
        self.computed.setVisible(bool(self.computed.text()))
        used = ', '.join(dict.fromkeys(model.device for model in loaded))
        chosen = self.session.device
        self._devices = {f'{d} ({used})' if d == chosen and used not in ('', d) else d: d for d in DEVICES}
        self.device.set_items(list(self._devices), next(t for t, d in self._devices.items() if d == chosen))

    def _set_device(self, text: str) -> None:
        self.session.set_device(self._devices.get(text, 'auto'))

    def _sync_map(self, _request: object = None) -> None:
        there, mapped = self.label_map.sync()
        self.label_map.setVisible(there and (self._map_wanted or not mapped))

    def _toggle_map(self) -> None:
        self._map_wanted = not self._map_wanted
        self._sync_map()

    def choices(self, lane: Lane | None) -> list[str]:
        """What a lane can be: models that fit, masks that were given, a file."""
        case = self.session.case
        models = [] if case is None else self.explorer.fitting_models(case)
        given = [] if case is None else [f'{GIVEN}{name}' for name in case.predictions]
        own = [self._text(lane)] if lane is not None and self._text(lane) not in (*models, *given) else []
        return ['none' if lane is None else 'remove this lane', *own, *given, *models, FILE]

    def _text(self, lane: Lane | None) -> str:
        if lane is None:
            return 'none'
        return f'{GIVEN}{lane.source}' if lane.given else title_of(lane, self.session.models.get(lane.source))

    def _rebuild(self, count: int) -> None:
        while (item := self._column.takeAt(0)) is not None:
            item.widget().deleteLater()
        self.combos = []
        for index in range(count):
            combo = named(Combo(), f'Model of lane {index + 1}', 'A network, or a mask that was given')
            combo.currentTextChanged.connect(partial(self._choose, index))
            words = 'What this model is, and is not'
            card = IconButton('more', f'Card of lane {index + 1}', words, palette=self.palette_)
            card.clicked.connect(partial(self._show_card, index))
            self._column.addWidget(line((combo, 1), card))
            self.combos.append(combo)

    def _choose(self, index: int, text: str) -> None:
        lanes = list(self.session.state.lanes)
        if text == FILE:
            text = self._ask_file()
        if text in ('', 'none'):
            self.sync()
            return
        if text == 'remove this lane':
            del lanes[index]
        else:
            # The context box is one for all lanes; window and overlap belong to the model that had them.
            old = lanes[index].context.box if index < len(lanes) else None
            lanes[index : index + 1] = [_lane(text, old)]
        self.session.state.lanes = tuple(lanes)
        self.commit()

    def _ask_file(self) -> str:
        path, _ = QFileDialog.getOpenFileName(self, 'Open a model', '', 'TorchScript (*.pt *.ts);;All files (*)')
        return str(Path(path)) if path else ''

    def _add(self) -> None:
        lanes = self.session.state.lanes
        used = {self._text(lane) for lane in lanes}
        fresh = [c for c in self.choices(lanes[-1]) if c not in used and c not in ('remove this lane', FILE)]
        if fresh:
            self.session.state.lanes = (*lanes, _lane(fresh[0], lanes[-1].context.box))
            self.commit()

    def _show_card(self, index: int) -> None:
        lanes = self.session.state.lanes
        model = self.session.models.get(lanes[index].source) if index < len(lanes) else None
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
