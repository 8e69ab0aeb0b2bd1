"""How far the raters agree: each pair, all together, each alone, and slice by slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout

from napari_segrobust.digits import three_digits
from napari_segrobust.errors import SegrobustError
from napari_segrobust.ui.review.matrix import MatrixView
from napari_segrobust.ui.review.matrix_data import METRICS, matrix_of
from napari_segrobust.ui.review.numbers import FULL_ARRAY, Measured, Number, measured, numbers_of, region_words
from napari_segrobust.ui.review.page import PageSpec, ReviewPage
from napari_segrobust.ui.review.pair_on_canvas import PairOnCanvas
from napari_segrobust.ui.review.places import show_slice
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.card import DefinitionCard
from napari_segrobust.ui.widgets.controls import Combo, IntBox, buddy, named
from napari_segrobust.ui.widgets.number_table import Column, NumberTable
from napari_segrobust.ui.widgets.panes import Pane, Panes

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

_LARGEST_MARGIN = 20
_ASK = 'Click a cell to see where the two differ.'
_NO_MASK = 'no mask'
_REGION = f'The box of everything that any rater drew, grown by the margin, as far as the image goes. {FULL_ARRAY}'
#: Of matrix and tables, in pixels.
_LOWEST = 26


class AgreementPage(ReviewPage):
    """Matrix of pairs at the left, numbers of all in the middle, raters and slices at the right.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__(explorer, palette)
        self.pair = PairOnCanvas(explorer)
        self._shown: Measured | None = None
        self._lines: list[Number] = []
        self.metrics = named(Combo(), 'Metric', 'What the matrix shows of each pair; a row is the reference')
        self.metrics.addItems(list(METRICS.values()))
        words = 'Half of the distances between the borders of two raters lie below it: their own tolerance'
        self.use = button('Use as tolerance', words, self._use_distance)
        self.matrix = MatrixView(palette=palette)
        words = 'How far the region reaches beyond the box of all raters, in voxels; none leaves it out'
        self.margin = named(IntBox(-1, _LARGEST_MARGIN), 'Margin of the region', words)
        self.margin.setSpecialValueText('none')
        self.region = quiet()
        self.numbers = NumberTable('Numbers of all raters', sorts=False)
        self.raters = NumberTable('Volumes of the raters')
        self.slices = NumberTable('Slices by difficulty')
        self.said = quiet(_ASK)
        self.card = DefinitionCard(palette=palette, parent=self)
        self._lay_out()
        self.metrics.currentIndexChanged.connect(lambda _index: self._show_matrix())
        self.matrix.opened.connect(self._toggle)
        self.margin.valueChanged.connect(lambda value: self.review.change(margin=None if value < 0 else value))
        self.margin.setKeyboardTracking(False)
        self.numbers.chosen.connect(self._define)
        self.slices.chosen.connect(self._go_to_slice)

    def _lay_out(self) -> None:
        field = QScrollArea()
        field.setFrameShape(QFrame.Shape.NoFrame)
        field.setWidgetResizable(True)
        field.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        field.setWidget(self.matrix)
        for widget in (field, self.numbers, self.raters, self.slices):
            widget.setMinimumHeight(_LOWEST)
        for label in (self.region, self.said):
            label.setWordWrap(False)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        panes = (
            Pane('Pairs', field, 380, 12, controls=line(buddy('&Pairs', self.metrics), (self.metrics, 1), self.use)),
            Pane(
                'Numbers',
                self.numbers,
                290,
                9,
                controls=line(buddy('&Margin', self.margin), self.margin, (self.region, 1)),
            ),
            Pane('Volumes', self.raters, 240, 10, heading=buddy('&Volumes', self.raters)),
            Pane('Slices', self.slices, 210, 7, heading=buddy('&Slices, hardest first', self.slices)),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 3, 2, 1)
        column.setSpacing(2)
        self.panes = Panes(panes)
        column.addWidget(self.panes, 1)
        column.addWidget(self.said)

    def sizeHint(self) -> QSize:
        """Return room for five raters; where there is less, everything scrolls."""
        return QSize(super().sizeHint().width(), 190)

    # -- what is shown --------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """Show the agreement as far as it is measured."""
        review = self.review
        found = review.ask('numbers', measured)
        pending = found is None or isinstance(found, SegrobustError)
        self.matrix.set_pending(pending)
        for widget in (self.numbers, self.raters, self.slices, self.use):
            widget.setEnabled(not pending)
        margin = review.settings.margin
        self.margin.show_value(-1 if margin is None else margin)
        self.pair.follow()
        if not pending:
            self._shown = found
        elif not review.is_pending and review.agreement is None:
            self._shown = None
        self._show_matrix()
        self._show_numbers()
        self._show_raters()

    def hidden(self) -> None:
        """Take the map of the pair away."""
        self.pair.show(None)

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        super().shutdown()
        self.pair.close()

    def _show_matrix(self) -> None:
        if self._shown is None:
            self.matrix.show_matrix(None, 'Pending' if self.review.is_pending else 'No numbers yet.')
        else:
            key = list(METRICS)[self.metrics.currentIndex()]
            self.matrix.show_matrix(matrix_of(self._shown.agreement, key, self.review.title))
        self.matrix.set_open(self.pair.pair)
        made = self.pair.found
        words = _ASK if self.pair.pair is None else 'Pending' if made is None else made.line(self.review.short)
        self.said.setText(words)
        self.said.setToolTip(words)

    def _show_numbers(self) -> None:
        found = self._shown
        if found is None:
            self._lines = []
            self.numbers.set_columns(())
            self.region.clear()
            self.use.hide()
            return
        pair, made = self.pair.pair, self.pair.found
        titles = None if pair is None else (self.review.short(pair[0]), self.review.short(pair[1]))
        self._lines = numbers_of(found, None if made is None else made.cohen, titles)
        places = np.arange(len(self._lines))
        tips = [f'{one.definition.words}\n{one.reasons}\nClick for the definition.' for one in self._lines]
        self.numbers.set_columns(
            [
                Column('number', '', places, words=[one.title for one in self._lines], tips=tips, is_text=True),
                Column('region', 'On the region', places, words=[one.region for one in self._lines], tips=tips),
                Column('full array', FULL_ARRAY, places, words=[one.full for one in self._lines], tips=tips),
            ]
        )
        self.region.setText(region_words(found))
        self.region.setToolTip(_REGION)
        usual = found.agreement.pairwise.usual_distance
        self.use.setVisible(bool(usual) and round(usual, 3) != self.session.state.tolerance_mm)
        if usual:
            self.use.setText(f'Tolerance {three_digits(usual)} {found.agreement.votes.length_unit}')
        width = self.fontMetrics().horizontalAdvance('full array') + 16
        for column in (1, 2):
            # What spans both does not make them wider.
            self.numbers.horizontalHeader().resizeSection(column, width)
        self.numbers.clearSpans()
        for row, one in enumerate(self._lines):
            if not one.full:
                self.numbers.setSpan(row, 1, 1, 2)

    def _show_raters(self) -> None:
        found = self._shown
        if found is None:
            self.raters.set_columns(())
            self.slices.set_columns(())
            return
        agreement, votes = found.agreement, found.votes
        names, unit = list(agreement.volumes), votes['unit']
        missing = [np.nan] * len(agreement.volumes_ml)
        titles, shorts = [self.review.title(name) for name in names], [self.review.short(name) for name in names]
        alone = {key: np.array([*votes[key], *missing]) for key in ('only_in', 'only_out')}
        heading = self.review.common or 'rater'
        self.raters.set_columns(
            [
                Column(heading, '', np.arange(len(names)), words=shorts, tips=titles, is_text=True),
                Column('volume', f'In {unit}', np.array(list(agreement.volumes.values()))),
                Column('only in', f'In {unit}: nobody else is in', alone['only_in'], absent=_NO_MASK),
                Column('only out', f'In {unit}: everybody else is in', alone['only_out'], absent=_NO_MASK),
            ]
        )
        slices = agreement.slices
        numbers = {
            key: np.array([np.nan if (value := getattr(item, key)) is None else value for item in slices])
            for key in ('mean_dice', 'volume_cv', 'disputed')
        }
        self.slices.set_columns(
            [
                Column('Dice', 'Mean Dice of all pairs on the slice', numbers['mean_dice']),
                Column('CV %', 'Coefficient of variation of the areas', numbers['volume_cv'], 100.0),
                Column(unit, 'Disputed: some are in and some are out', numbers['disputed']),
                Column('slice', 'Along the first axis', np.array([item.index for item in slices], np.intp)),
            ]
        )

    # -- hands ----------------------------------------------------------------------------------------------------

    def _toggle(self, reference: str, other: str) -> None:
        self.pair.toggle((reference, other))
        self.sync()

    def _define(self, index: int) -> None:
        place = self.numbers.visualRect(self.numbers.model().index(index, 1)).topRight()
        self.card.show_definition(
            self._lines[index].definition, self.numbers.viewport().mapToGlobal(place + QPoint(8, 0))
        )

    def _go_to_slice(self, index: int) -> None:
        if self._shown is not None:
            show_slice(self.explorer, 0, self._shown.agreement.slices[index].index)

    def _use_distance(self) -> None:
        """Take the raters' own distance as the tolerance of everything."""
        if self._shown is not None and self._shown.agreement.pairwise.usual_distance:
            self.session.state.tolerance_mm = round(self._shown.agreement.pairwise.usual_distance, 3)
            self.session.history.commit()


PAGE = PageSpec(20, 'Agreement', 'How far the raters agree: pairs, all together, slice by slice', AgreementPage)
