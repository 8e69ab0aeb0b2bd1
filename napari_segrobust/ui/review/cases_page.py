"""Several cases by the same raters: what one case cannot say, and which case to look at first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QSize
from qtpy.QtWidgets import QFileDialog, QSizePolicy, QVBoxLayout, QWidget

from napari_segrobust.digits import three_digits
from napari_segrobust.review.marks import told_apart
from napari_segrobust.ui.review.cases_data import (
    CORNER_IS,
    MEASURES,
    columns_of,
    difficulty_dots,
    lines_of,
    volume_dots,
)
from napari_segrobust.ui.review.cases_run import CasesRun, HowMeasured
from napari_segrobust.ui.review.page import PageSpec, ReviewPage
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.dot_plot import DotPlot
from napari_segrobust.ui.widgets.number_table import Column, NumberTable
from napari_segrobust.ui.widgets.panes import Pane, Panes

if TYPE_CHECKING:
    from napari_segrobust.cases import Case
    from napari_segrobust.review import CasesAgreement
    from napari_segrobust.review.difficulty import Difficulty
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

ONE_CASE = 'ICC, Bland-Altman and intervals need several cases: a table with the columns case, rater, path.'
_NO_MODEL = 'No model in the table: give its masks the rater "model".'
_HIDDEN = 'Hidden until the adjudication closes.'
#: Of tables and plots, in pixels.
_LOWEST = 26


class CasesPage(ReviewPage):
    """List of cases, numbers over all of them, difficulty against the model, and volumes of two raters.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__(explorer, palette)
        self.run = CasesRun(self.session)
        self._shown: tuple[object, ...] | None = None
        #: Case under the hand.
        self._meant: int | None = None
        #: Key of a case that was opened from the table, until it is there, and what its rows say of the masks.
        self._opening: tuple[str, dict[str, Any]] | None = None
        words = 'CSV with the columns case, rater, path, and volume_ml for raters without a mask'
        self.open = button('Open table ...', words, self._ask)
        self.again = button('Measure again', 'With the present label, tolerance and margin', self._again)
        self.cancel = button('Cancel', 'Give up what is being measured', self.run.cancel)
        self.said = quiet()
        self.said.setWordWrap(False)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.cases = NumberTable('Cases')
        self.numbers = NumberTable('Numbers over all cases', sorts=False)
        self.measure = named(Combo(), 'Difficulty', f'How hard a case is for people. {CORNER_IS}')
        self.measure.addItems([words for words, _ in MEASURES.values()])
        self.pair = named(Combo(), 'Pair of raters', 'Whose volumes are compared; the difference is second minus first')
        self.scatter = DotPlot('Model against difficulty for people', palette=palette, words=self._say_difficulty)
        self.volumes = DotPlot('Volumes of two raters, Bland and Altman', palette=palette, words=self._say_volumes)
        self._body = self._lay_out()
        self.links.add(self.run.changed, self.sync)
        self.links.add(self.session.case_changed, self._on_case)
        self.cases.chosen.connect(self._mean)
        self.cases.opened.connect(self._open_case)
        for plot in (self.scatter, self.volumes):
            plot.clicked.connect(self._mean)
            plot.hovered.connect(lambda index, plot=plot: plot.set_meant(self._meant, None if index < 0 else index))
        self.measure.currentIndexChanged.connect(lambda _index: self._show_difficulty())
        self.pair.currentIndexChanged.connect(lambda _index: self._show_volumes())

    def _lay_out(self) -> QWidget:
        for widget in (self.cases, self.numbers, self.scatter, self.volumes):
            widget.setMinimumHeight(_LOWEST)
        difficulty, pair = buddy('&Difficulty', self.measure), buddy('&Volumes', self.pair)
        body = Panes(
            (
                Pane('Cases', self.cases, 340, 12, heading=buddy('&List, double-click opens', self.cases)),
                Pane('Numbers', self.numbers, 360, 13, heading=buddy('Over all cases', self.numbers)),
                Pane('Difficulty', self.scatter, 250, 9, heading=difficulty, controls=self.measure),
                Pane('Volumes', self.volumes, 250, 9, heading=pair, controls=self.pair),
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 3, 2, 1)
        column.setSpacing(2)
        column.addWidget(line(self.open, self.again, self.cancel, (self.said, 1)))
        column.addWidget(body, 1)
        column.addStretch()
        return body

    def sizeHint(self) -> QSize:
        """Return room for two plots."""
        return QSize(super().sizeHint().width(), 190)

    # -- what is shown --------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show how far the run is, or what came of it."""
        run, how = self.run, self._how()
        result = run.result
        self.cancel.setVisible(run.is_running)
        self.again.setVisible(not run.is_running and run.path is not None and run.how != how)
        self._body.setVisible(result is not None)
        words = self._words()
        self.said.setText(words)
        self.said.setToolTip('\n'.join([words, *(f'{name}: {why}' for name, why in run.refused.items())]))
        key = (result, self.review.model_hidden, tuple(map(self.review.title, self.review.names)))
        if result is None or key == self._shown:
            return
        self._shown, self._meant = key, None
        self.cases.set_columns(columns_of(self._items(), with_model=self._has_model()))
        lines = lines_of(result, with_model=self._has_model())
        places, tips = np.arange(len(lines)), [one.tip for one in lines]
        self.numbers.set_columns(
            [
                Column('number', '', places, words=[one.title for one in lines], tips=tips, is_text=True),
                Column('mean', 'Over the cases', places, words=[one.value for one in lines], tips=tips),
                Column('95 % interval', 'Over the cases', places, words=[one.interval for one in lines], tips=tips),
            ]
        )
        names = [' and '.join(map(self._short, pair.pair)) for pair in result.bland_altman]
        self.pair.set_items(names, names[0] if names else '')
        self._show_difficulty()
        self._show_volumes()

    def _words(self) -> str:
        run = self.run
        if run.path is None:
            return ONE_CASE
        if run.result is None or run.how is None:
            return f'{run.path.name}: {run.words}'
        left_out = f', {len(run.refused)} refused' if run.refused else ''
        verdict = run.result.verdict if self._has_model() else None
        words = f'{run.path.name}: {len(run.found)} cases{left_out}, {len(run.result.raters)} raters; {run.how.words}'
        return f'{words}; model: {verdict}' if verdict else words

    def _items(self) -> tuple[Difficulty, ...]:
        """Cases of the run; without the model's score while it is hidden."""
        found = () if self.run.result is None else self.run.result.difficulties
        return tuple(replace(item, model_score=None) for item in found) if self.review.model_hidden else found

    def _has_model(self) -> bool:
        return any(item.model_score is not None for item in self._items())

    def _show_difficulty(self) -> None:
        dots = difficulty_dots(self._items(), list(MEASURES)[self.measure.currentIndex()])
        words = _HIDDEN if self.review.model_hidden else _NO_MODEL
        self.scatter.set_dots(dots if self._has_model() else None, words)
        self.scatter.set_meant(self._meant, None)

    def _show_volumes(self) -> None:
        result, index = self.run.result, self.pair.currentIndex()
        if result is None or index < 0 or not result.bland_altman:
            self.volumes.set_dots(None, 'It needs two raters.')
            return
        dots = volume_dots(result, result.bland_altman[index], self._short)
        self.volumes.set_dots(dots, 'No case has volumes of both.')
        self.volumes.set_meant(self._meant, None)

    def _short(self, name: str) -> str:
        """A rater of the table, without what the names of all of them begin with."""
        names = () if self.run.result is None else self.run.result.raters
        return dict(zip(names, told_apart([*map(self.review.title, names)])[1], strict=True))[name]

    def _say_difficulty(self, index: int) -> str:
        item = self._items()[index]
        parts = [item.name]
        if item.mean_dice is not None:
            parts.append(f'people {three_digits(item.mean_dice)}')
        if item.model_score is not None:
            parts.append(f'model {three_digits(item.model_score)}')
        return ', '.join(parts)

    def _say_volumes(self, index: int) -> str:
        result: CasesAgreement | None = self.run.result
        if result is None:
            return ''
        volumes = zip(result.raters, result.volumes[index], strict=True)
        words = (f'{self.review.title(name)} {three_digits(v)}' for name, v in volumes if not np.isnan(v))
        return f'{list(result.cases)[index]}: {", ".join(words)} {result.unit}'

    # -- hands ----------------------------------------------------------------------------------------------------

    def open_table(self, path: Path | str) -> None:
        """Measure the cases of a table under the present settings."""
        self.run.start(Path(path), self._how())

    def shutdown(self) -> None:
        """Give up the run and cut the connections. Idempotent."""
        super().shutdown()
        self.run.close()

    def _how(self) -> HowMeasured:
        review = self.review
        return HowMeasured(review.label, self.session.state.tolerance_mm, review.settings.margin)

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, 'Table of cases', '', 'CSV (*.csv *.txt)')
        if path:
            self.open_table(path)

    def _again(self) -> None:
        if self.run.path is not None:
            self.open_table(self.run.path)

    def _mean(self, index: int) -> None:
        """Emphasise a case wherever it is."""
        self._meant = index
        self.cases.set_current(index)
        for plot in (self.scatter, self.volumes):
            plot.set_meant(index, None)

    def _open_case(self, index: int) -> None:
        """Show a case with its raters in the viewer."""
        rows = self.run.cases[self._items()[index].name]

        def load() -> Case:
            case = rows.load()
            shown = case.with_masks(references={name: case.references[name] for name in case.raters})
            said = {'sessions': rows.sessions, 'labels': rows.meant(case), 'volumes_ml': rows.volumes_ml}
            self._opening = shown.key, {**said, 'looked': rows.looked_at(case)}
            return shown

        self.explorer.opener.open_made(load)

    def _on_case(self, case: Case) -> None:
        """Read the masks as the rows of the table say."""
        opening, self._opening = self._opening, None
        if opening is not None and opening[0] == case.key:
            self.review.change(**opening[1])


PAGE = PageSpec(60, 'Cases', 'Several cases: intervals, volumes, and where people agree and the model fails', CasesPage)
