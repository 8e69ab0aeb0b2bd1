"""Compare: with which reference, which label, how it is drawn, and from where on a border counts as wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.sections.definitions import Definitions
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

ALL_LABELS = 'all labels'
MAPS = {
    'errors': 'errors',
    'change': 'change against the baseline',
    'distance': 'surface distance, signed',
    'none': 'no map',
}
HIDDEN = 'hidden'
BLINDED = 'not while raters are blinded'
SCOPES = {'shown slice': 'slice', 'whole volume': 'volume'}


class CompareSection(BoundSection):
    """Bound to reference, label, tolerance, scope, pin; the map and its opacity belong to the painter."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Compare', explorer, palette)
        state = self.session.state
        self.reference = named(Combo(), 'Reference', 'What the prediction is compared with')
        self.label = named(Combo(), 'Label', 'The label that is drawn and measured')
        self.map = named(Combo(), 'Map', 'What is painted over the image')
        self.probability = named(Combo(), 'Probability', 'Show a class of the first lane as a layer of probabilities')
        self.scope = named(Combo(), 'Scope', 'What table and curve are about')
        self.opacity = SliderRow('opacity', 0.0, 1.0, 0.05, tooltip='Of the painted map', palette=palette)
        self.tolerance = SliderRow(
            'tolerance', 0.0, 10.0, 0.1, unit='mm', tooltip='Borders nearer than this agree (NSD, rim)', palette=palette
        )
        self.warning = quiet()
        self.definitions = Definitions(palette=palette)
        self.pin = button('Pin as A', 'Freeze this state as the baseline (key K)', self._toggle_pin)
        self.side = button('Side by side', 'Baseline beside now, or the lanes beside each other (key G)', self._side)
        self._lay_out()
        self._connect()
        self.opacity.set_value(explorer.painter.map_opacity)
        names = ('reference', 'label', 'tolerance_mm', 'definitions', 'scope', 'pin', 'lanes')
        for event in (getattr(state.events, name) for name in names):
            self.links.add(event, self.sync)
        self.links.add(self.session.case_changed, self.sync)
        self.links.add(self.session.lanes_ready, self.sync)
        self.links.add(explorer.review.blinded, self.sync)
        self.links.add(explorer.painter.view_changed, self._sync_map)
        self._sync_map()
        self.sync()

    def _lay_out(self) -> None:
        self._probability_line = line(buddy('probability', self.probability), (self.probability, 1))
        for part in (
            line(buddy('reference', self.reference), (self.reference, 1)),
            line(buddy('label', self.label), (self.label, 1)),
            line(buddy('numbers of the', self.scope), (self.scope, 1)),
            line(buddy('draw', self.map), (self.map, 1)),
            line((self.pin, 1), (self.side, 1)),
            self.tolerance,
            self.warning,
            self.opacity,
            self._probability_line,
            self.definitions,
        ):
            self.body.addWidget(part)

    def _connect(self) -> None:
        self.reference.currentTextChanged.connect(self._set_reference)
        self.label.currentTextChanged.connect(self._set_label)
        self.map.currentTextChanged.connect(self._set_map)
        self.scope.currentTextChanged.connect(self._set_scope)
        self.probability.currentTextChanged.connect(self._set_probability)
        self.opacity.value_changed.connect(self.explorer.painter.set_map_opacity)
        self.tolerance.value_changed.connect(self._set_tolerance)
        self.tolerance.dragging_changed.connect(self.commit)
        self.definitions.changed.connect(self._set_definitions)

    def sync(self, *_: object) -> None:
        """Show the state."""
        case, state = self.session.case, self.session.state
        self.setEnabled(case is not None)
        if case is None:
            return
        names, blinded = list(case.references), self.explorer.review.blinding is not None
        if blinded:
            # To choose a rater by name would tell whose outline is whose.
            self.reference.set_items([BLINDED], BLINDED)
        else:
            self.reference.set_items(names or ['none: stability, not accuracy'], state.reference or (names or [''])[0])
        self.reference.setEnabled(len(names) > 1 and not blinded)
        self.label.set_items([ALL_LABELS, *self._labels()], self._label_text(state.label))
        self.scope.set_items(list(SCOPES), next(text for text, scope in SCOPES.items() if scope == state.scope))
        self.scope.setEnabled(case.ndim == 3)
        spacing = case.geometry.spacing_mm
        unit = 'mm' if spacing is not None else 'voxels' if case.ndim == 3 else 'px'
        self.tolerance.set_unit(unit)
        self.tolerance.set_value(state.tolerance_mm)
        low = spacing is not None and state.tolerance_mm < max(spacing)
        self.warning.setText(f'Below the largest spacing, {max(spacing):.3g} mm.' if low and spacing else '')
        self.warning.setVisible(low)
        volume = ('voxels' if spacing is None else 'ml') if case.ndim == 3 else f'{unit}\u00b2'
        self.definitions.show_settings(state.definitions, unit, volume)
        self._sync_probability()
        self.pin.setText('Unpin A' if state.pin is not None else 'Pin as A')
        self.set_summary(f'{self._label_text(state.label)}, tolerance {state.tolerance_mm:g} {unit}')

    def _sync_map(self) -> None:
        self.map.set_items(list(MAPS.values()), MAPS[self.explorer.painter.map])

    def _sync_probability(self) -> None:
        lane = next((lane for lane in self.session.state.lanes if not lane.given), None)
        model = None if lane is None else self.session.models.get(lane.model_id)
        self._probability_line.setVisible(model is not None)
        if model is not None:
            shown, classes = self.session.state.probability, model.spec.classes
            self.probability.set_items([HIDDEN, *classes], HIDDEN if shown is None else classes[shown])

    def _labels(self) -> dict[str, int]:
        """Label values by their words on screen."""
        case = self.session.case
        if case is None:
            return {}
        values = self.explorer.painter.label_values() or sorted(case.labels)
        return {self._label_text(value): value for value in values if value}

    def _label_text(self, value: int | None) -> str:
        case = self.session.case
        if value is None or case is None:
            return ALL_LABELS
        name = case.label_name(value)
        return name if name == f'label {value}' else f'{value} {name}'

    def _set_reference(self, name: str) -> None:
        if self.session.case is not None and name in self.session.case.references:
            self.session.state.reference = name
            self.commit()

    def _set_label(self, text: str) -> None:
        self.session.state.label = self._labels().get(text)

    def _set_map(self, text: str) -> None:
        self.explorer.painter.show_map(next(key for key, words in MAPS.items() if words == text))

    def _set_probability(self, text: str) -> None:
        lane = next((lane for lane in self.session.state.lanes if not lane.given), None)
        model = None if lane is None else self.session.models.get(lane.model_id)
        classes = () if model is None else model.spec.classes
        self.session.state.probability = classes.index(text) if text in classes else None

    def _set_scope(self, text: str) -> None:
        if text in SCOPES:
            self.session.state.scope = SCOPES[text]

    def _set_tolerance(self, value: float) -> None:
        self.session.state.tolerance_mm = value

    def _set_definitions(self, chosen: dict[str, Any]) -> None:
        self.session.state.definitions = chosen
        self.commit()

    def _toggle_pin(self) -> None:
        if self.session.state.pin is None:
            self.session.pin()
        else:
            self.session.unpin()
        self.commit()

    def _side(self) -> None:
        self.explorer.layout.toggle()
