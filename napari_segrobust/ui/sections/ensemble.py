"""Ensemble: several lanes as one model, how they become one, who votes for what, and who moves the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from napari_segrobust.context import Context
from napari_segrobust.digits import MINUS, three_digits
from napari_segrobust.errors import ModelError, SegrobustError
from napari_segrobust.explore.leave_out import LeaveOutJob
from napari_segrobust.explore.state import MAX_LANES, Lane
from napari_segrobust.segment.ensemble import RULES, Ensemble
from napari_segrobust.segment.ensemble_source import (
    EnsembleRecipe,
    MemberRecipe,
    is_ensemble,
    read_ensemble,
    write_line,
)
from napari_segrobust.ui.sections.base import BoundSection, button, line, quiet
from napari_segrobust.ui.sections.parts import ModelPart
from napari_segrobust.ui.widgets.controls import Combo, FloatBox, buddy, clear_grid, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.segment.leave_out import LeftOut
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

RULE_WORDS = {
    'majority': 'majority of votes',
    'mean': 'mean of probabilities',
    'weighted': 'weighted mean of probabilities',
}
TIES = 'Votes that tie go to the background, then to the first class.'


class EnsembleSection(BoundSection):
    """Bound to the first lane of `ExploreState.lanes` that is an ensemble, the chosen one before others."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__('Ensemble', explorer, palette, unfolded=False)
        self._job: LeaveOutJob | None = None
        self._found_for: Lane | None = None
        self._left: Sequence[LeftOut] = ()
        words = 'One more lane: all models of these lanes as one, each with its own windows and preprocessing'
        self.make = button('ensemble of these lanes', words, self._make)
        self.rule = named(Combo(), 'Rule', f'How answers become one. {TIES}')
        self.rule.currentTextChanged.connect(self._set_rule)
        self.weights = QWidget()
        self._weights = _grid(self.weights)
        self.boxes: list[FloatBox] = []
        self.missing = quiet()
        words = 'How many members say the shown label, as a layer'
        self.votes = named(QCheckBox('votes as a layer'), 'Votes as a layer', words)
        self.votes.toggled.connect(lambda on: self.session.state.ask('votes', on))
        words = 'The result without each member: Dice with the full one, change of volume, and what the reference says'
        self.leave = button('leave each out', words, self.leave_out)
        self.found = QWidget()
        self._found = _grid(self.found)
        self.state_words = quiet()
        self._rule_line = line(buddy('rule', self.rule), (self.rule, 1))
        self._look_line = line((self.votes, 1), self.leave)
        parts = (self.make, self._rule_line, self.weights, self.missing, self._look_line, self.state_words, self.found)
        for part in parts:
            self.body.addWidget(part)
        session = self.session
        events = (session.state.events.lanes, session.state.events.extras, session.case_changed, session.lanes_ready)
        for signal in (*events, session.noticed, session.requested, explorer.lane_changed):
            self.links.add(signal, self.sync)
        self.links.add(session.jobs.changed, self._show_state)
        self.links.add(session.state.events.label, self._show_found)
        self.sync()

    def sync(self, *_: object) -> None:
        """Show the state."""
        lanes = self.session.state.lanes
        index = self.lane
        self.make.setEnabled(len(self._members()) > 1 and len(lanes) < MAX_LANES)
        for part in (self._rule_line, self._look_line):
            part.setVisible(index is not None)
        model = None if index is None else self._model(index)
        self.missing.setText('' if model is None else model.incompleteness)
        self.missing.setVisible(bool(self.missing.text()))
        with QSignalBlocker(self.votes):
            self.votes.setChecked('votes' in self.session.state.extras)
        if index is None:
            self.weights.hide()
            self._forget()
            self.set_summary('none')
            return
        recipe = self._recipe(lanes[index])
        if recipe is not None:
            self.rule.set_items([RULE_WORDS[rule] for rule in RULES], RULE_WORDS[recipe.rule])
            self._show_weights(recipe)
        self.leave.setEnabled(model is not None and len(model.present) > 1)
        if self._found_for is not None and self._found_for != lanes[index]:
            self._forget()
        self.set_summary('' if model is None else model.spec.name)

    @property
    def lane(self) -> int | None:
        """The ensemble that is shown; None where there is none."""
        ours = [i for i, one in enumerate(self.session.state.lanes) if not one.given and is_ensemble(one.source)]
        return self.explorer.lane if self.explorer.lane in ours else next(iter(ours), None)

    def _model(self, index: int) -> Ensemble | None:
        """The ensemble as it takes the open case."""
        request = self.session.current
        walks = [] if request is None else [entry.now for entry in request.lanes if entry.index == index]
        if walks and walks[0].case is self.session.case:
            model = walks[0].model
        else:
            model = self.session.models.get(self.session.state.lanes[index].model_id)
        return model if isinstance(model, Ensemble) else None

    @staticmethod
    def _recipe(lane: Lane) -> EnsembleRecipe | None:
        try:
            return read_ensemble(lane.source)
        except SegrobustError:  # said when it was loaded
            return None

    # -- making one -----------------------------------------------------------------------------------------

    def _members(self) -> list[MemberRecipe]:
        lanes = [one for one in self.session.state.lanes if not one.given and not is_ensemble(one.source)]
        return [MemberRecipe(model=one.source, threshold=one.threshold, parameters=one.parameters) for one in lanes]

    def _make(self) -> None:
        lanes = self.session.state.lanes
        own = next((one.title for one in lanes if one.spec is not None), None)
        if own is not None:
            why = f'{own} has a spec of its own here, which an ensemble would not know'
            self.session.complain(str(ModelError('No ensemble of these', why, 'Save the spec beside its weights.')))
            return
        try:
            source = write_line(EnsembleRecipe(members=tuple(self._members())))
        except SegrobustError as error:
            self.session.complain(str(error))
            return
        self.session.state.lanes = (*lanes, Lane(source=source, context=Context(box=lanes[0].context.box)))
        self.commit()
        self.explorer.set_lane(len(lanes))

    def _set_rule(self, words: str) -> None:
        rule = next((rule for rule in RULES if RULE_WORDS[rule] == words), None)
        if rule is not None:
            self._rewrite(rule=rule)

    def _set_weight(self, _value: float) -> None:
        self._rewrite(weights=tuple(box.value() for box in self.boxes))

    def _rewrite(self, **changes: object) -> None:
        """Another rule, or other weights, of the same members; one that came from a file is a line from now on."""
        index = self.lane
        recipe = None if index is None else self._recipe(self.session.state.lanes[index])
        if index is None or recipe is None:
            return
        fields = recipe.model_dump() | changes
        if 'rule' in changes:
            fields['weights'] = (1.0,) * len(recipe.members) if changes['rule'] == 'weighted' else ()
        lane = self.session.state.lanes[index]
        threshold = recipe.threshold if lane.threshold is None and recipe.threshold != 0.5 else lane.threshold
        try:
            source = write_line(EnsembleRecipe.model_validate(fields))
        except SegrobustError as error:
            self.session.complain(str(error))
            return
        self.session.state.set_lane(index, source=source, threshold=threshold, post=lane.post or recipe.post)
        self.commit()

    def _show_weights(self, recipe: EnsembleRecipe) -> None:
        self.weights.setVisible(recipe.rule == 'weighted')
        if len(self.boxes) != len(recipe.weights):
            clear_grid(self._weights)
            self.boxes = []
            for row in range(len(recipe.weights)):
                box = named(FloatBox(0.01, 100.0, 0.1), f'Weight of member {row + 1}', 'Against the others')
                box.valueChanged.connect(self._set_weight)
                self._weights.addWidget(quiet(), row, 0)
                self._weights.addWidget(box, row, 1)
                self.boxes.append(box)
        for row, (box, weight, member) in enumerate(zip(self.boxes, recipe.weights, recipe.members, strict=False)):
            box.show_value(weight)
            self._weights.itemAtPosition(row, 0).widget().setText(member.model.rpartition('/')[2])

    # -- leaving out ----------------------------------------------------------------------------------------

    def leave_out(self) -> None:
        """Begin, in the compute thread."""
        index = self.lane
        if index is None:
            return
        self._forget()
        try:
            self._job = LeaveOutJob(self.session, index, self._take, self._fail)
        except SegrobustError as error:
            self._fail(str(error))
            return
        self._found_for = self.session.state.lanes[index]
        self.session.jobs.submit(self._job)

    def _show_state(self) -> None:
        if self._job is not None and self._job in self.session.jobs:
            self.state_words.setText('Leaving each out ...')
            self.state_words.show()

    def _forget(self) -> None:
        job, self._job, self._found_for, self._left = self._job, None, None, ()
        if job is not None and job in self.session.jobs:
            self.session.jobs.withdraw(job)
        clear_grid(self._found)
        self.found.hide()
        self.state_words.hide()

    def _fail(self, message: str) -> None:
        self._job = None
        self.state_words.setText(message)
        self.state_words.show()

    def _take(self, found: Sequence[LeftOut]) -> None:
        self._job = None
        stack = self.session.current
        severity = '' if stack is None or not stack.severity else f', severity {stack.severity:g}'
        self.state_words.setText(f'Whole volume{severity}; the member that moves it most first.')
        self.state_words.show()
        self._left = found
        self._show_found()

    def _show_found(self, *_: object) -> None:
        """A row for each member, in the order of the shown label."""
        label, found = self.session.state.label, self._left
        if not found:
            return
        clear_grid(self._found)
        columns = ('without', 'Dice to full', 'volume', 'Dice to reference')
        for column, words in enumerate(columns if any(left.reference_dice for left in found) else columns[:3]):
            self._cell(0, column, words)
        for row, left in enumerate(sorted(found, key=lambda one: -one.moved_in(label)), start=1):
            for column, words in enumerate(_words(left, label)):
                self._cell(row, column, words)
        self.found.show()

    def _cell(self, row: int, column: int, words: str) -> None:
        cell = QLabel(words)
        if row == 0 or column == 0:
            cell.setProperty('role', 'muted')
        cell.setWordWrap(row == 0)
        side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
        self._found.addWidget(cell, row, column, side | Qt.AlignmentFlag.AlignBottom)


def _words(left: LeftOut, label: int | None) -> list[str]:
    """A row for the shown label, for the mean over all where none is chosen."""
    chosen = [label] if label in left.dice else list(left.dice)

    def mean(values: Sequence[float | None]) -> str:
        known = [value for value in values if value is not None]
        return f'{sum(known) / len(known):.3f}' if known else 'undefined'

    change = sum(left.volume_change[value] for value in chosen)
    sign = MINUS if change < 0 else '+' if change > 0 else ''
    words = [left.name, mean([left.dice[value] for value in chosen]), f'{sign}{three_digits(abs(change))} {left.unit}']
    pairs = [left.reference_dice[value] for value in chosen if value in left.reference_dice]
    if pairs:
        words.append(f'{mean([before for before, _ in pairs])} \u2192 {mean([after for _, after in pairs])}')
    return words


def _grid(holder: QWidget) -> QGridLayout:
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(0, 1)
    holder.hide()
    return grid


PART = ModelPart(40, EnsembleSection)
