"""The window lab of one explorer: dots and table of all windows at the left, what else is known at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QFrame, QLabel, QScrollArea, QSplitter, QVBoxLayout, QWidget

from napari_segrobust.digits import on_screen
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.sections.base import line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named
from napari_segrobust.ui.widgets.dot_plot import DotPlot, Dots
from napari_segrobust.ui.widgets.number_table import NumberTable
from napari_segrobust.ui.widgets.palette import Palette, theme_tree
from napari_segrobust.ui.widgets.style import style_sheet
from napari_segrobust.ui.windows.band_section import BandSection
from napari_segrobust.ui.windows.columns import columns_of, typical
from napari_segrobust.ui.windows.curve_section import CurveSection
from napari_segrobust.ui.windows.edge_section import EdgeSection
from napari_segrobust.ui.windows.sampling_section import SamplingSection

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.windows import WindowTable

DICE, FP, FN, ALONE = 'Dice', 'FP', 'FN', 'Dice of the window alone'
RESEARCH = 'Research use. Not a medical device.'


class WindowsPanel(QWidget):
    """Shows the `windows` of an explorer; a click on a dot or a row goes to that window.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self.explorer, self.lab = explorer, explorer.windows
        #: From what the columns were made, and the dots painted.
        self._of: tuple[object, ...] | None = None
        self._painted: tuple[object, ...] | None = None
        palette = Palette.from_theme(explorer.theme)
        self.title = QLabel()
        self.title.setProperty('role', 'title')
        self.title.setWordWrap(True)
        self.number = named(Combo(), 'Number', 'What the dots show of each window')
        words = 'Of the reference, or of the prediction, which is a proxy for it'
        self.fraction = named(Combo(), 'Fraction', words)
        words = 'Foreground over background voxels, in words and table'
        self.odds = named(QCheckBox('odds'), 'Odds', words)
        self.canvas = named(QCheckBox('window grid'), 'Window grid on the canvas', 'Draw the windows on the canvas')
        self.dots = DotPlot('Windows: number against share of foreground', palette=palette, words=self.lab.words)
        self.said = quiet()
        self.table = NumberTable('Windows')
        self.edges = EdgeSection(explorer, palette)
        self.band = BandSection(explorer, palette)
        self.sampling = SamplingSection(explorer, palette)
        self.curve = CurveSection(explorer, palette)
        self.note = quiet(RESEARCH)
        self._lay_out()
        self._connect()
        self.apply_theme()
        self.sync()

    @property
    def sections(self) -> tuple[EdgeSection | BandSection | SamplingSection | CurveSection, ...]:
        """The right column, from its top."""
        return self.edges, self.sampling, self.band, self.curve

    def _lay_out(self) -> None:
        left, right = QWidget(), QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(
            line(
                buddy('number', self.number),
                (self.number, 2),
                buddy('over', self.fraction),
                (self.fraction, 2),
                self.odds,
                self.canvas,
            )
        )
        column.addWidget(self.dots, 3)
        column.addWidget(self.said)
        column.addWidget(self.table, 2)
        stack = QVBoxLayout(right)
        stack.setContentsMargins(4, 0, 4, 0)
        stack.setSpacing(2)
        for section in self.sections:
            stack.addWidget(section)
        stack.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(right)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(scroll)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([640, 440])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(3)
        layout.addWidget(self.title)
        layout.addWidget(split, 1)
        layout.addWidget(self.note)

    def _connect(self) -> None:
        lab, explorer = self.lab, self.explorer
        self.number.currentTextChanged.connect(self._plot)
        self.fraction.currentTextChanged.connect(self._plot)
        self.odds.toggled.connect(self._show_odds)
        self.canvas.toggled.connect(explorer.window_grid.set_on)
        self.dots.clicked.connect(lab.go_to)
        self.dots.hovered.connect(lambda index: lab.hover(None if index < 0 else index))
        self.table.chosen.connect(lab.go_to)
        self.sampling.band_asked.connect(self.band.take)
        self.band.changed.connect(self.sync)
        self._links = Connections()
        self._links.add(lab.changed, self.sync)
        self._links.add(explorer.looking.changed, self._on_looked)
        for signal in (lab.selected_changed, lab.hovered_changed, explorer.window_alone.changed):
            self._links.add(signal, self._show_meant)
        self._links.add(explorer.theme_changed, self.apply_theme)

    def _on_looked(self) -> None:
        """Single windows have their numbers once all were asked, and lose them with the state."""
        looked = self.explorer.looking.looked
        if looked is None or looked.whole is not None:
            self.sync()

    # -- what is shown --------------------------------------------------------------------------------------------

    def sync(self, *_: object) -> None:
        """Show what is known of the windows."""
        if not self.isVisible():
            return
        self.canvas.blockSignals(True)
        self.canvas.setChecked(self.explorer.window_grid.is_on)
        self.canvas.blockSignals(False)
        self.title.setText(self._title())
        table = self._table()
        odds, band = self.odds.isChecked(), self.band.band
        of = None if table is None else (self.lab.found, self._alone(), band, odds)
        if of is not None and self._of is not None and all(a is b for a, b in zip(of, self._of, strict=True)):
            self._plot()
            return
        self._of = of
        if table is None:
            self.table.set_columns(())
        else:
            numbers = [DICE, FP, FN] if table.reference_voxels is not None else []
            if self._alone() is not None:
                numbers.append(ALONE)
            numbers = numbers or ['none: no reference']
            shown = self.number.currentText()
            self.number.set_items(numbers, shown if shown in numbers else numbers[0])
            fractions = ['foreground of the prediction (proxy)']
            if not table.is_proxy:
                fractions.insert(0, 'foreground of the reference')
            shown = self.fraction.currentText()
            self.fraction.set_items(fractions, shown if shown in fractions else fractions[0])
            self.table.set_columns(columns_of(*of[:3], with_odds=odds))
        self._plot()
        self._show_meant()

    def _table(self) -> WindowTable | None:
        return None if self.lab.why or not self.lab.is_laid else self.lab.found.table

    def _alone(self) -> np.ndarray | None:
        looked = self.explorer.looking.looked
        whole = looked is not None and looked.whole is not None
        return looked.dice if whole and np.isfinite(looked.dice).any() else None

    def _title(self) -> str:
        walk, lab, session = self.lab.walk, self.lab, self.explorer.session
        if walk is None or lab.layout is None:
            return lab.why or 'Windows'
        size = ' x '.join(str(n) for n in lab.layout.plan.size)
        label = session.state.label
        name = 'all labels' if label is None else session.case.label_name(label)
        pending = ', numbers pending' if lab.is_pending else ''
        return f'{len(lab.layout):,} windows of {walk.model_name}, {size} voxels, {name}{pending}'

    def _plot(self, *_: object) -> None:
        table = self._table()
        if table is None:
            self._painted = None
            self.dots.set_dots(None, self.lab.why or 'Dots appear when the whole volume is final.')
            return
        number = self.number.currentText()
        unit = on_screen(table.unit)
        values = {
            DICE: (table.dice, DICE, True),
            FP: (table.extra, f'FP ({unit})', False),
            FN: (table.missed, f'FN ({unit})', False),
            ALONE: (self._alone(), ALONE, True),
        }.get(number, (None, '', True))
        proxy = self.fraction.currentText().endswith('(proxy)')
        fraction = table.prediction_fraction if proxy else table.reference_fraction
        if values[0] is None or fraction is None:
            self._painted = None
            self.dots.set_dots(None, 'Without a reference a window has no Dice; its foreground is in the table.')
            return
        band, bands, words = self.band.band, (), ''
        painted = (values[0], fraction, band, self.lab.is_pending)
        if self._painted is not None and all(a is b for a, b in zip(painted, self._painted, strict=True)):
            return
        self._painted = painted
        comparable = typical(table)
        if band is not None:
            bands, words = (band.published_range, band.central), 'shaded: training band'
        course = self.band.course if values[2] else None
        if course is not None:
            words += '; dashed: Dice of whole volumes, other data'
        points = () if course is None else tuple(zip(course.x, course.y, strict=True))
        title = 'foreground of the prediction, a proxy (%)' if proxy else 'foreground of the reference (%)'
        dots = Dots(fraction, values[0], comparable, title, values[1], values[2], bands, words, points)
        self.dots.set_dots(dots, muted=self.lab.is_pending)

    def _show_meant(self, *_: object) -> None:
        lab = self.lab
        self.dots.set_meant(lab.selected, lab.hovered)
        self.table.set_current(lab.selected)
        meant = lab.selected if lab.hovered is None else lab.hovered
        table = self._table()
        words = '' if meant is None else lab.words(meant)
        if not words and table is not None:
            rings = int((~typical(table)).sum())
            words = f'Rings: {rings:,} windows of another size, not to be compared.' if rings else 'Point at a dot.'
        self.said.setText(words)

    def _show_odds(self, on: bool) -> None:
        self.lab.with_odds = on
        self.sync()

    def apply_theme(self) -> None:
        """Follow the viewer's theme."""
        palette = Palette.from_theme(self.explorer.theme)
        self.setStyleSheet(style_sheet(palette))
        theme_tree(self, palette)

    def showEvent(self, event: object) -> None:
        """Keep the numbers up from now on."""
        super().showEvent(event)
        self.lab.watch('dock')
        self.sync()

    def hideEvent(self, event: object) -> None:
        """Nobody looks any more."""
        self.lab.watch('dock', on=False)
        super().hideEvent(event)

    def shutdown(self) -> None:
        """Cut every connection. Idempotent."""
        self._links.close()
        for section in self.sections:
            section.shutdown()
