"""Which class of a model is which label of the reference: proposed by equal names, shown, and editable."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segrobust.ui.sections.base import line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Session

NOTHING = 'nothing'


class LabelMapEditor(QWidget):
    """One line for each class of the first model lane.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.rows: dict[int, Combo] = {}
        self._classes: tuple[str, ...] = ()
        self.note = quiet()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self.note)

    def sync(self) -> tuple[bool, bool]:
        """Show the map in force; whether there is one, and whether it holds any label.

        Hiding and showing is the owner's: done twice with every slider value, it would lay out the panel anew.
        """
        request = self.session.current
        walks = [] if request is None else [entry.now for entry in request.lanes if entry.now.model is not None]
        case = self.session.case
        if case is None or not walks or walks[0].model is None or not case.references:
            return False, False
        spec = walks[0].model.spec
        classes = spec.labelled
        if classes != self._classes:
            self._rebuild(classes)
        mapping = walks[0].label_map
        labels = [self._text(value) for value in self._labels()]
        for value, combo in self.rows.items():
            target = mapping.get(value, 0)
            combo.set_items([NOTHING, *labels], self._text(target) if target else NOTHING)
        mapped = any(mapping.values())
        self.note.setText('No class of the model has the name of a label here: choose which is which.')
        self.note.setVisible(not mapped)
        return True, mapped

    def _labels(self) -> list[int]:
        case = self.session.case
        if case is None:
            return []
        known = sorted(value for value in case.labels if value)
        return known or ([self.session.state.label] if self.session.state.label else [1])

    def _text(self, value: int) -> str:
        case = self.session.case
        name = '' if case is None else case.label_name(value)
        return name if name == f'label {value}' else f'{value} {name}'

    def _rebuild(self, classes: tuple[str, ...]) -> None:
        self._classes = classes
        while self._column.count() > 1:
            self._column.takeAt(1).widget().deleteLater()
        self.rows = {}
        for value, name in enumerate(classes, start=1):
            combo = named(
                Combo(), f'Label of {name}', f'The label of the reference that the class {name} is held against'
            )
            combo.currentTextChanged.connect(partial(self._set, value))
            self._column.addWidget(line(buddy(f'{name} is', combo), (combo, 1)))
            self.rows[value] = combo

    def _set(self, value: int, text: str) -> None:
        chosen = {self._text(label): label for label in self._labels()}
        mapping = {v: chosen.get(combo.currentText(), 0) for v, combo in self.rows.items()}
        mapping[value] = chosen.get(text, 0)
        state = self.session.state
        state.lanes = tuple(
            lane if lane.given else lane.model_copy(update={'label_map': mapping}) for lane in state.lanes
        )
        self.session.history.commit()
