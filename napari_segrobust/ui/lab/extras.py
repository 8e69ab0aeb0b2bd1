"""What a scene shows beside its numbers, once they are revealed: other settings, other tools, the scorecard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from napari_segrobust.compare import metric_specs
from napari_segrobust.lab import EMPTY_POLICIES, HD95_DEFINITIONS, TRIALS
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.lab.words import change_words, number_words
from napari_segrobust.ui.sections.base import line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, clear_grid, named
from napari_segrobust.ui.widgets.section import Section
from napari_segrobust.ui.widgets.slider import SliderRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.lab import Scorecard
    from napari_segrobust.ui.lab.state import Lab
    from napari_segrobust.ui.widgets.palette import Palette

_EMPTY_METRICS = {'Dice': 'dice', 'HD': 'hd', 'NSD': 'nsd'}
_EMPTY_STATES = {'both': 'both_empty', 'reference': 'reference_empty', 'prediction': 'prediction_empty'}


class ExtrasSection(Section):
    """Bound to the settings of the bench and to what was computed of it.

    Parameters
    ----------
    lab : Lab
    palette : Palette
    """

    def __init__(self, lab: Lab, palette: Palette) -> None:
        super().__init__('More about this', palette=palette)
        self.lab = lab
        self.tolerance = SliderRow(
            'tolerance', 0.0, 10.0, 0.1, tooltip='Borders nearer than this agree (NSD)', palette=palette
        )
        self.beta = SliderRow(
            'beta',
            0.25,
            4.0,
            0.05,
            tooltip='Above 1 what is missed costs more, below 1 what is too much',
            palette=palette,
        )
        self.outer = named(
            QCheckBox('Outer contours only'), 'Outer contours only', 'Fill the holes of both masks before measuring'
        )
        self.about = quiet()
        self.metrics = named(Combo(), 'Metric of the table', 'What the tools print for it')
        self.metrics.set_items(list(_EMPTY_METRICS), 'Dice')
        self._metric_line = line(buddy('what they print for', self.metrics), (self.metrics, 1))
        self.table = QWidget()
        self._grid = QGridLayout(self.table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._shown: list[list[str]] = []
        for part in (self.beta, self.tolerance, self.outer, self._metric_line, self.about, self.table):
            self.body.addWidget(part)
        self.beta.value_changed.connect(lambda value: lab.set('beta', value))
        self.tolerance.value_changed.connect(lambda value: lab.set('tolerance_mm', value))
        self.outer.toggled.connect(self._fill_holes)
        self.metrics.currentTextChanged.connect(self.sync)
        self._links = Connections()
        for signal in (lab.game.events.answered, lab.game.events.index, lab.computed):
            self._links.add(signal, self.sync)
        self.sync()

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def sync(self, *_: object) -> None:
        """Show what belongs to the scene, when every number is shown: it would tell them."""
        lab, found = self.lab, self.lab.found
        extras = lab.bench.scene.extras
        ready = found is not None and bool(found.panes) and found.scene is lab.bench.scene and lab.game.ask is None
        self.setVisible(ready)
        if not ready or found is None:
            return
        settings = found.panes[0].settings
        self.beta.setVisible('beta' in extras)
        self.beta.set_value(settings.beta)
        self.tolerance.setVisible('nsd' in lab.bench.scene.metrics)
        self.tolerance.set_unit('px' if found.panes[0].spacing is None else 'mm')
        self.tolerance.set_value(settings.tolerance_mm)
        self.outer.setVisible('outer_contours' in extras)
        with QSignalBlocker(self.outer):
            self.outer.setChecked(lab.bench.outer_contours)
        self._metric_line.setVisible('empty_policies' in extras)
        words, table = '', []
        if 'empty_policies' in extras:
            table = _empty_table(_EMPTY_METRICS[self.metrics.currentText()])
        elif 'hd95_definitions' in extras:
            table = [[metric_specs()[key].label, words] for key, words in HD95_DEFINITIONS.items()]
        elif found.card is not None:
            words = f'What an ideal metric would not see, tried on pane {lab.chosen + 1}: \u2713 stays within 1 %.'
            table = _card_table(found.card)
        self.about.setText(words)
        self.about.setVisible(bool(words))
        self._show_table(table)
        self.setVisible(any(part.isVisibleTo(self) for part in (self.beta, self.tolerance, self.outer, self.table)))

    def _show_table(self, table: Sequence[Sequence[str]]) -> None:
        """Write a table; cells are made anew only where their number differs."""
        self.table.setVisible(bool(table))
        if [len(row) for row in table] != [len(row) for row in self._shown]:
            clear_grid(self._grid)
            columns = max((len(row) for row in table), default=0)
            for line_, row in enumerate(table):
                for column in range(len(row)):
                    label = QLabel()
                    label.setWordWrap(columns == 2 or column == 0)
                    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
                    self._grid.addWidget(label, line_, column)
            # Words need the room: those at the left of numbers, or those at the right of a name.
            for column in range(self._grid.columnCount()):
                self._grid.setColumnStretch(column, int(column == (0 if columns > 2 else 1)))
        self._shown = [list(row) for row in table]
        for line_, row in enumerate(table):
            for column, words in enumerate(row):
                item = self._grid.itemAtPosition(line_, column)
                label = item.widget()
                label.setText(words)

    def _fill_holes(self, on: bool) -> None:
        self.lab.bench.outer_contours = on


def _empty_table(metric: str) -> list[list[str]]:
    """What each tool prints: a line for each tool, a column for each way to be empty."""
    lines = [['empty', *_EMPTY_STATES]]
    for policy in EMPTY_POLICIES:
        printed = [getattr(getattr(policy, state), metric) for state in _EMPTY_STATES.values()]
        if any(printed):
            lines.append([policy.tool, *(words or '\u2013' for words in printed)])
    return lines


def _card_table(card: Scorecard) -> list[list[str]]:
    """A line for each trial, a column for each metric."""
    lines = [['', *(metric_specs()[key].label for key in card.marks)]]
    lines.append(['as it is', *(number_words(next(iter(marks.values())).before) for marks in card.marks.values())])
    lines += [[trial.title, *(change_words(marks[trial.name]) for marks in card.marks.values())] for trial in TRIALS]
    lines.append(['from 0 to 1, or the like', *('\u2713' if card.normalised[key] else '\u2717' for key in card.marks)])
    return lines
