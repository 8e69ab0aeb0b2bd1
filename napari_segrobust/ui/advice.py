"""Which metric should I look at? Asked in the table, answered from the case itself, outside the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QPushButton

from napari_segrobust.compare import metric_specs
from napari_segrobust.lab.facts import look_at_case
from napari_segrobust.lab.recommend import recommend
from napari_segrobust.ui.canvas.layer_names import reference_name
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.widgets.advice_card import AdviceCard, AdviceRow
from napari_segrobust.ui.widgets.controls import named

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_segrobust.lab.facts import Facts
    from napari_segrobust.lab.recommend import Advice
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

QUESTION = 'Which metric?'
_WORDS = {'look': 'look at', 'beware': 'beware of'}


class Adviser:
    """The question as a button, and its answer as a card. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    parent : QWidget
        What the card belongs to.
    """

    def __init__(self, explorer: Explorer, palette: Palette, parent: QWidget) -> None:
        self._explorer = explorer
        self._session = explorer.session
        self._known: tuple[object, Facts] | None = None
        self.button = named(
            QPushButton(QUESTION), 'Which metric should I look at?', 'Which metric should I look at? Asked of this case'
        )
        self.button.clicked.connect(lambda _checked=False: self.ask())
        self.card = AdviceCard(palette=palette, parent=parent)
        self._links = Connections()
        state = self._session.state.events
        for signal in (self._session.case_changed, state.label, state.reference):
            self._links.add(signal, self._allow)
        self._allow()

    def shutdown(self) -> None:
        """Cut every connection; idempotent."""
        self._links.close()

    def ask(self) -> None:
        """Look at the case in the file thread, and show what follows; what was seen once is known."""
        case, label = self._session.case, self._label()
        if case is None or label is None:
            return
        name = reference_name(self._session.state, case)
        grid = self._model_grid()
        about = (case.key, case.mask_key(name), label, grid)
        if self._known is not None and self._known[0] == about:
            self._show(self._known[1])
            return
        self.button.setEnabled(False)
        self._session.load(
            lambda: look_at_case(case, label, name, grid), lambda facts: self._looked(about, facts), quiet=True
        )

    def _looked(self, about: object, facts: Facts) -> None:
        self._known = about, facts
        self._allow()
        self._show(facts)

    def _show(self, facts: Facts) -> None:
        case, label = self._session.case, self._label()
        if case is None or label is None:
            return
        rows = [_row(advice) for advice in recommend(facts, self._session.state.tolerance_mm)]
        corner = self.button.mapToGlobal(QPoint(0, 0))
        self.card.show_advice(rows, facts_in_words(facts, case.label_name(label)), corner)

    def _model_grid(self) -> tuple[float, ...] | None:
        """Voxel size that the first model works on, where it is not the image's own."""
        case, models = self._session.case, self._session.models
        specs = [models[lane.model_id].spec for lane in self._session.state.lanes if lane.model_id in models]
        spacing = specs[0].spacing if specs else 'native'
        return None if spacing == 'native' or case is None or len(spacing) != case.ndim else spacing

    def _label(self) -> int | None:
        """The shown label; the only one where all are shown and there is one."""
        case, label = self._session.case, self._session.state.label
        if case is None or not case.references or label is not None:
            return label if case is not None and case.references else None
        values = [value for value in self._explorer.painter.label_values() if value]
        return values[0] if len(values) == 1 else None

    def _allow(self, *_: object) -> None:
        able = self._label() is not None
        self.button.setEnabled(able)
        hint = '' if able else '\nNeeds a reference, and one label'
        self.button.setToolTip(f'Which metric should I look at? Asked of this case{hint}')


def _row(advice: Advice) -> AdviceRow:
    specs = metric_specs()
    return AdviceRow(_WORDS[advice.kind], tuple((key, specs[key].label) for key in advice.metrics), advice.text)


def facts_in_words(facts: Facts, name: str) -> str:
    """What was measured, in one line.

    Parameters
    ----------
    facts : Facts
    name : str
        Of the label.
    """
    words = [f'{name}: {facts.volume:.3g} {facts.volume_unit}', f'{facts.objects} object{"s"[: facts.objects != 1]}']
    seen = facts.contrast
    if seen is not None and seen.edge is not None:
        words.append(f'contrast-to-noise along the border {seen.edge:.2g}')
    if seen is not None and seen.lesion is not None:
        words.append(f'against the ring around it {seen.lesion:.2g}')
    if seen is not None and seen.weak_share is not None:
        words.append(f'{seen.weak_share:.0%} of the border below the noise')
    if facts.round_trip is not None:
        words.append(f"Dice to the model's grid and back {facts.round_trip:.3g}")
    return ', '.join(words)
