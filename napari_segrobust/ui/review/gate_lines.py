"""What stands above every number: findings of the gate, each with what a person can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_segrobust.ui.sections.base import button
from napari_segrobust.ui.sections.checks import Sign
from napari_segrobust.ui.widgets.controls import named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_segrobust.ui.widgets.palette import Palette

_ORDER = ('problem', 'warning', 'note')


@dataclass(frozen=True)
class Action:
    """A button: its word, its tooltip, and what it does."""

    word: str
    tooltip: str
    do: Callable[[], object]


@dataclass(frozen=True)
class GateLine:
    """One finding.

    Attributes
    ----------
    level : {'problem', 'warning', 'note'}
    words : str
    remedy : str
        For the tooltip.
    actions : tuple of Action
    """

    level: str
    words: str
    remedy: str = ''
    actions: tuple[Action, ...] = ()

    @property
    def seen(self) -> tuple[object, ...]:
        """What is on screen of it."""
        return self.level, self.words, self.remedy, tuple(action.word for action in self.actions)


class GateLines(QWidget):
    """One line per finding: sign, words, buttons; problems first."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self.lines: tuple[GateLine, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette` for lines that are made later."""
        self._palette = palette

    def set_lines(self, lines: Sequence[GateLine]) -> None:
        """Show `lines`; those that look the same stay, so that a focused button keeps the focus."""
        ordered = tuple(sorted(lines, key=lambda line: _ORDER.index(line.level)))
        same = [line.seen for line in ordered] == [line.seen for line in self.lines]
        self.lines = ordered
        self.setVisible(bool(ordered))
        if same:
            return
        while (item := self._column.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        for index, line in enumerate(ordered):
            self._column.addWidget(self._row(index, line))

    def press(self, words: str, action: str) -> None:
        """Do what a button of the line that begins with `words` does."""
        line = next(line for line in self.lines if line.words.startswith(words))
        next(one for one in line.actions if one.word == action).do()

    def _row(self, index: int, line: GateLine) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        words = QElidingLabel(line.words)
        words.setMinimumWidth(80)
        words.setProperty('role', 'muted' if line.level == 'note' else '')
        named(row, f'{line.level}: {line.words}', '\n'.join(filter(None, [line.words, line.remedy])))
        layout.addWidget(Sign(line.level, self._palette))
        layout.addWidget(words, 1)
        for place, action in enumerate(line.actions):
            # By its place: the line may have been replaced by one that looks the same.
            def do(index: int = index, place: int = place) -> None:
                self.lines[index].actions[place].do()

            layout.addWidget(button(action.word, action.tooltip, do))
        return row
