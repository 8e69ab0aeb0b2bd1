"""The stage over the canvas: title, question, panes side by side, and their numbers below them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_segrobust.lab import SAME, OwnScene
from napari_segrobust.ui.canvas.overlays import RESEARCH
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.lab.cell import Cell
from napari_segrobust.ui.lab.chips import PaneLegend
from napari_segrobust.ui.lab.picture import Picture
from napari_segrobust.ui.lab.words import (
    hands_words,
    number_words,
    plane_words,
    question,
    same_words,
    size_words,
    verdict,
)
from napari_segrobust.ui.widgets.controls import clear_grid, named
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from napari_segrobust.lab import DrawnPane, Row, Scene
    from napari_segrobust.ui.lab.picture import Plane
    from napari_segrobust.ui.lab.state import Lab
    from napari_segrobust.ui.widgets.palette import Palette

#: Letters while presenting: larger by so many points, and so many lines on a screen.
_LARGER, _LINES = 5, 48
#: A pane is painted at least as large as this part of its cell.
_SMALLEST = 2.5
#: Width of the words at the left, in letters.
_WORDS_LETTERS = 20


class Slide(QWidget):
    """What a class looks at. It covers the canvas.

    Parameters
    ----------
    lab : Lab
    palette : Palette
    canvas : QWidget
        The widget that it covers.
    """

    def __init__(self, lab: Lab, palette: Palette, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.lab = lab
        self.presenting = False
        self._palette = palette
        self._scene: Scene | None = None
        self._dragging = False
        self.cells: list[Cell] = []
        self.buttons: dict[str, QPushButton] = {}
        self.numbers: dict[tuple[int, str], QLabel] = {}
        self._names: list[QLabel] = []
        self._lay_out()
        self._links = Connections()
        events = lab.game.events
        bench = lab.bench.events
        for signal in (bench.edits, bench.settings, bench.outer_contours):
            self._links.add(signal, self._show_count)
        for signal in (events.answered, events.hands, events.index, events.tally, lab.computed, lab.looked):
            self._links.add(signal, self.refresh)
        canvas.installEventFilter(self)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        # What happens here is not for the canvas below.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setObjectName('slide')
        self.setAccessibleName('Pitfall lab')
        self.apply_palette(palette)
        self.resize(canvas.size())
        self.refresh()
        self.show()
        self.raise_()

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def leave(self) -> None:
        """Uncover the canvas."""
        self.parentWidget().removeEventFilter(self)
        self.hide()
        self.deleteLater()

    def _lay_out(self) -> None:
        self.title, self.count = QLabel(), QLabel()
        self.question, self.verdict, self.explanation = _wrapped(), _wrapped(), _wrapped()
        # Over the image of a patient it stands here too.
        self.research = QLabel(RESEARCH)
        for label in (self.count, self.research):
            label.setProperty('role', 'muted')
        self.title.setObjectName('title')
        self.question.setObjectName('question')
        self.verdict.setObjectName('verdict')
        self.legend = PaneLegend(self._palette)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.count)
        self._stage = QWidget()
        self._grid = QGridLayout(self._stage)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 10)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.question)
        layout.addWidget(self._stage, 1)
        layout.addWidget(self.verdict)
        layout.addWidget(self.explanation)
        layout.addWidget(self.research)

    # -- showing --------------------------------------------------------------------------------------------

    def present(self, on: bool) -> None:
        """Write large, or as elsewhere."""
        self.presenting = on
        self.apply_palette(self._palette)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        points = palette.font_size + 1
        if self.presenting:
            points = max(palette.font_size + _LARGER, self.parentWidget().height() // _LINES)
        self.setStyleSheet(
            style_sheet(palette)
            + f"""
            QWidget#slide {{ background: {palette.background}; }}
            QLabel, QPushButton {{ font-size: {points}pt; }}
            QLabel#title {{ font-size: {points + 6}pt; font-weight: 600; }}
            QLabel#question, QLabel#verdict {{ font-size: {points + 2}pt; }}
            QLabel[role="open"], QLabel[role="best"], QLabel[role="name"] {{ font-weight: 600; }}
            """
        )
        self.legend.apply_palette(palette, points)
        self._grid.setColumnMinimumWidth(0, round(_WORDS_LETTERS * points * 0.62))

    def refresh(self, *_: object) -> None:
        """Show the moment."""
        lab, game = self.lab, self.lab.game
        scene, ask = lab.bench.scene, game.ask
        self.title.setText(scene.title)
        self._show_count()
        self.question.setText(question(game))
        self.verdict.setText(verdict(game))
        self.verdict.setVisible(bool(self.verdict.text()))
        self.explanation.setText(scene.explanation)
        self.explanation.setVisible(ask is None and bool(scene.explanation))
        self.question.setVisible(bool(self.question.text()))
        self.research.setVisible(isinstance(scene, OwnScene))
        found = lab.found
        if found is None or found.scene is not scene or not found.panes:
            return
        if self._scene is not scene:
            self._scene = scene
            self._build(found.panes, found.rows)
        self._show_panes(found.panes)
        self._show_buttons()
        self._show_numbers(found.rows)

    def _show_count(self, *_: object) -> None:
        lab, game = self.lab, self.lab.game
        tally = game.tally
        counted = f'{tally.right} right, {tally.wrong} wrong      ' if tally.right + tally.wrong else ''
        changed = ', changed' if lab.bench.changed else ''
        self.count.setText(
            f'{counted}{"scene" if game.asks else "label"} {game.index + 1} of {len(game.scenes)}{changed}'
        )

    def _build(self, panes: tuple[DrawnPane, ...], rows: tuple[Row, ...]) -> None:
        """Make the widgets of another scene: a column for each contestant, one cell for each of its cases."""
        clear_grid(self._grid)
        self.legend = PaneLegend(self._palette)
        names = list(dict.fromkeys(pane.name for pane in panes))
        for line in range(self._grid.rowCount()):
            self._grid.setRowStretch(line, 0)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        self.cells, self.buttons, self.numbers, self._names = [], {}, {}, []
        self._grid.addWidget(self.legend, 0, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.setRowStretch(0, 1)
        for column, name in enumerate(names, 1):
            self._grid.setColumnStretch(column, 1)
            self._grid.addWidget(self._case_column(name, panes), 0, column)
            caption = _wrapped(f'{name}{size_words(name, panes)}', Qt.AlignmentFlag.AlignHCenter)
            caption.setProperty('role', 'name')
            self._grid.addWidget(caption, 1, column)
            self._add_button(name, column, f'Answer {name}')
        self._add_button(SAME, 0, 'Answer that none is better')
        for line in range(len(rows)):
            title = QLabel()
            self._names.append(title)
            self._grid.addWidget(title, 3 + line, 0)
            for column, name in enumerate(names, 1):
                number = QLabel()
                number.setAlignment(Qt.AlignmentFlag.AlignHCenter)
                self.numbers[line, name] = number
                self._grid.addWidget(number, 3 + line, column)
        self.apply_palette(self._palette)

    def _add_button(self, answer: str, column: int, words: str) -> None:
        button = named(QPushButton(), words, f'{words} (key {column})')
        # Hands are written beside the words, and the columns stay as wide as they are.
        wide = QSizePolicy.Policy.Ignored if column else QSizePolicy.Policy.Minimum
        button.setSizePolicy(wide, QSizePolicy.Policy.Fixed)
        button.clicked.connect(partial(self._answer, answer))
        self.buttons[answer] = button
        self._grid.addWidget(button, 2, column)

    def _case_column(self, name: str, panes: tuple[DrawnPane, ...]) -> QWidget:
        """The cells of a contestant, side by side, each over the name of its case."""
        holder = QWidget()
        layout = QGridLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.setRowStretch(0, 1)
        for number, pane in enumerate(panes):
            if pane.name == name:
                cell = Cell(number)
                cell.dragged.connect(partial(self._drag, cell))
                cell.released.connect(partial(self._let_go, cell))
                cell.scrolled.connect(self._scroll)
                self.cells.append(cell)
                column = layout.columnCount()
                layout.addWidget(cell, 0, column)
                if pane.case:
                    layout.addWidget(_wrapped(pane.case, Qt.AlignmentFlag.AlignHCenter), 1, column)
        return holder

    def _show_panes(self, panes: tuple[DrawnPane, ...]) -> None:
        behind = self.lab.behind()
        pictures = [Picture.of(pane, self.lab.plane, behind) for pane in panes]
        # One scale for all of them: what is larger looks larger.
        extent = (max(p.size[0] for p in pictures), max(p.size[1] for p in pictures))
        for cell in self.cells:
            pane = panes[cell.number]
            picture = pictures[cell.number]
            # Unless that makes one too small to be seen.
            own = (min(extent[0], _SMALLEST * picture.size[0]), min(extent[1], _SMALLEST * picture.size[1]))
            cell.show_picture(picture, own, f'{pane.name} {pane.case}'.strip())
            # Which pane is changed is worth a frame once one is.
            cell.choose(cell.number == self.lab.chosen and bool(self.lab.bench.edits))
            cell.surface, cell.ink = self._palette.background, self._palette.text
            cell.sides = self.lab.view.sides
        self.legend.show_plane(plane_words(panes[0], self.lab.plane), pictures[0].grey is not None)

    def _show_buttons(self) -> None:
        game = self.lab.game
        asked = game.ask is not None and bool(game.ask.right)
        for number, (name, button) in enumerate(self.buttons.items(), 1):
            key = 0 if name == SAME else number
            words = same_words(self.lab.bench.scene) if name == SAME else 'This one'
            hands = game.hands.get(name, 0)
            button.setText(f'{words} ({key})' + (f'   {hands_words(hands)}' if hands else ''))
            button.setVisible(game.ask is not None)
            button.setEnabled(asked or self.lab.for_class)

    def _show_numbers(self, rows: tuple[Row, ...]) -> None:
        game = self.lab.game
        shown = {(row.spec.key, row.policy) for row in game.visible(rows)}
        next_one = None if game.ask is None or game.ask.row is None else (game.ask.row.spec.key, game.ask.row.policy)
        for line, row in enumerate(rows):
            key = (row.spec.key, row.policy)
            title = self._names[line]
            _set_role(title, 'open' if key == next_one else None)
            title.setText(('\u25b8 ' if key == next_one else '') + row.title)
            title.setToolTip('\n'.join(filter(None, (row.spec.summary, row.chip))))
            for name, value in row.values.items():
                label, best = self.numbers[line, name], key in shown and name in row.right
                _set_role(label, 'best' if best else None if key in shown else 'muted')
                label.setText((number_words(value) + ('  \u2713' if best else '')) if key in shown else '?')
                label.setToolTip((value.reason or row.chip) if key in shown else 'Guess first')

    # -- acting ---------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Be as large as the canvas."""
        if event.type() == QEvent.Type.Resize:
            self.resize(self.parentWidget().size())
            if self.presenting:
                self.apply_palette(self._palette)
        return super().eventFilter(watched, event)

    def _answer(self, name: str, _checked: bool = False) -> None:
        self.lab.answer(name)

    def _drag(self, cell: Cell, held: tuple[float, float], now: tuple[float, float]) -> None:
        self.lab.choose(cell.number)
        pane = self.lab.found.panes[cell.number]
        self.lab.drag(_in_space(held, pane, self.lab.plane), _in_space(now, pane, self.lab.plane), not self._dragging)
        self._dragging = True

    def _let_go(self, cell: Cell, _moved: bool) -> None:
        self._dragging = False
        self.lab.choose(cell.number)

    def _scroll(self, steps: int) -> None:
        plane, found = self.lab.plane, self.lab.found
        if plane.axis >= 0 and found is not None:
            last = min(pane.reference.shape[plane.axis] for pane in found.panes) - 1
            self.lab.look_at(replace(plane, index=min(max(plane.index + steps, 0), last)))


def _in_space(place: tuple[float, float], pane: DrawnPane, plane: Plane) -> tuple[float, ...]:
    """A place of a plane in array order: with the middle of the slice, where there are slices."""
    if plane.axis < 0:
        return place
    step = 1.0 if pane.spacing is None else pane.spacing[plane.axis]
    found = list(place)
    if plane.up:
        row = next(axis for axis in range(3) if axis != plane.axis)
        found[0] = pane.reference.shape[row] * (1.0 if pane.spacing is None else pane.spacing[row]) - found[0]
    found.insert(plane.axis, (plane.index + 0.5) * step)
    return tuple(found)


def _wrapped(text: str = '', alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setAlignment(alignment)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def _set_role(label: QLabel, role: str | None) -> None:
    """Give a label another voice; its style follows only when told."""
    if label.property('role') != role:
        label.setProperty('role', role)
        label.style().unpolish(label)
        label.style().polish(label)
