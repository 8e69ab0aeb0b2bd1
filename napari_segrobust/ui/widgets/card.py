"""The definition of a number, one click away from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, QSignalBlocker, Qt, Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QCheckBox, QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_segrobust.ui.widgets.controls import IconButton, clear_grid
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.palette import Palette

_WIDTH = 360


@dataclass(frozen=True, slots=True)
class Definition:
    """What a number means; empty lines are not shown."""

    title: str
    words: str
    formula: str = ''
    unit: str = ''
    range: str = ''
    blind_spot: str = ''
    source: str = ''
    #: Further lines: a word, and what there is to say of it.
    lines: tuple[tuple[str, str], ...] = ()
    #: Words of a switch at the bottom, and whether it is on; without words there is none.
    switch: str = ''
    is_on: bool = False


class DefinitionCard(QDialog):
    """Small window beside the number; Esc, or a click elsewhere, closes it.

    Parameters
    ----------
    palette : Palette
    """

    #: Whether what the definition can show is to be shown.
    switched = Signal(bool)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setModal(False)
        self.setFixedWidth(_WIDTH)
        self.title = QLabel()
        self.title.setProperty('role', 'title')
        self.words = _text()
        self.formula = _text()
        self.formula.setObjectName('formula')
        self.switch = QCheckBox()
        self.switch.toggled.connect(self.switched)
        close = IconButton('close', 'Close the card', 'Close (Esc)', palette=palette)
        close.clicked.connect(self.reject)
        self._close = close
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(4)
        self._facts.setColumnStretch(1, 1)

        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 14)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.words)
        layout.addWidget(self.formula)
        layout.addLayout(self._facts)
        layout.addWidget(self.switch)
        self.apply_palette(palette)

    def show_definition(self, definition: Definition, at: QPoint) -> None:
        """Show `definition` with its corner at the screen point `at`, moved inside the screen."""
        self.setWindowTitle(definition.title)
        self.setAccessibleName(f'Definition of {definition.title}')
        self.setAccessibleDescription(definition.words)
        self.title.setText(definition.title)
        self.words.setText(definition.words)
        self.formula.setText(definition.formula)
        self.formula.setVisible(bool(definition.formula))
        self.switch.setText(definition.switch)
        self.switch.setVisible(bool(definition.switch))
        with QSignalBlocker(self.switch):
            self.switch.setChecked(definition.is_on)
        clear_grid(self._facts)
        facts = {
            'unit': definition.unit,
            'range': definition.range,
            'blind spot': definition.blind_spot,
            'source': definition.source,
            **dict(definition.lines),
        }
        for line, (word, fact) in enumerate(facts.items()):
            if fact:
                label, text = QLabel(word), _text(fact)
                label.setProperty('role', 'muted')
                label.setAlignment(Qt.AlignmentFlag.AlignTop)
                self._facts.addWidget(label, line, 0)
                self._facts.addWidget(text, line, 1)
        self.ensurePolished()
        self.layout().activate()
        self.resize(_WIDTH, self.layout().totalHeightForWidth(_WIDTH))
        self.move(self._inside(at))
        self.show()
        self.raise_()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._close.apply_palette(palette)
        self.setStyleSheet(
            style_sheet(palette)
            + f"""
            QDialog {{ background: {palette.foreground}; border: 1px solid {palette.secondary}; }}
            QLabel#formula {{ background: {palette.background}; padding: 6px; font-family: monospace; }}
            """
        )

    def _inside(self, at: QPoint) -> QPoint:
        screen = QGuiApplication.screenAt(at) or QGuiApplication.primaryScreen()
        free = screen.availableGeometry()
        x = max(free.left(), min(at.x(), free.right() - self.width()))
        y = max(free.top(), min(at.y(), free.bottom() - self.height()))
        return QPoint(x, y)


def _text(words: str = '') -> QLabel:
    label = QLabel(words)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
