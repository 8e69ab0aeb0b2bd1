"""Lines of the form of a spec: a label, a control, what others use, and one line of what is wrong or known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint, QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from napari_segrobust.explore.spec_draft import NEEDED
from napari_segrobust.explore.spec_fields import INTENSITIES, INTENSITY_PRESETS
from napari_segrobust.ui.sections.base import quiet
from napari_segrobust.ui.widgets.controls import Combo, IconButton, buddy, clear_grid, named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_segrobust.explore.spec_draft import SpecDraft
    from napari_segrobust.explore.spec_fields import Preset, SpecField
    from napari_segrobust.segment.facts import Fact
    from napari_segrobust.ui.widgets.palette import Palette

#: Width of the labels, so that the form has a straight edge.
LABEL_WIDTH = 96
CHOOSE = 'choose ...'
_NUMBER_WIDTH = 62


class Note(QWidget):
    """One line below a control: what is wrong with it, else what the file says of it, with a button that takes it."""

    #: A person takes what the file says.
    taken = Signal(object)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._fact: Fact | None = None
        self.words = quiet()
        self.use = QPushButton()
        self.use.clicked.connect(lambda: self.taken.emit(None if self._fact is None else self._fact.value))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(LABEL_WIDTH // 2, 0, 0, 0)
        layout.setSpacing(4)
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.use)

    def show_note(self, fault: str, fact: Fact | None, wanted: bool) -> None:
        """Say a fault, else a fact while an answer is `wanted`; what is merely needed the control says itself."""
        self._fact = fact
        fault = '' if fault == NEEDED else fault
        said = f'The file: {fact.words}.' if fact is not None and (wanted or fault) else ''
        self.words.setText(said or (f'{fault[:1].upper()}{fault[1:]}.' if fault else ''))
        self.words.setToolTip('' if fact is None else f'{fact.words} ({fact.source})')
        self.words.setStyleSheet(f'color: {self._palette.ink(self._palette.error)};' if fault and not wanted else '')
        takes = bool(said) and fact is not None and fact.entry != 'classes'
        self.use.setVisible(takes)
        if takes and fact is not None:
            self.use.setText(f'take {fact.value}')
            named(self.use, f'Take {fact.value}', f'{fact.words}: {fact.source}')
        self.setVisible(bool(self.words.text()))

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette


class SpecLine(QWidget):
    """One entry of a spec.

    Parameters
    ----------
    line : SpecField
    palette : Palette
    """

    #: An answer: text, or whether a flag is set.
    answered = Signal(object)
    #: A preset, or what the file says, as TOML holds it.
    used = Signal(object)

    def __init__(self, line: SpecField, palette: Palette) -> None:
        super().__init__()
        self.line = line
        self.control = self._control()
        words = f'{line.title}, {line.unit}' if line.unit else line.title
        named(self.control, words, line.words)
        self.note = Note(palette)
        self.note.taken.connect(self.used)
        column = _column(self)
        row = QHBoxLayout()
        row.setSpacing(6)
        if line.kind == 'flag':
            row.addSpacing(LABEL_WIDTH + 6)
        else:
            label = buddy(line.title, self.control)
            label.setToolTip(line.words)
            label.setFixedWidth(LABEL_WIDTH)
            row.addWidget(label)
        row.addWidget(self.control, 1)
        if line.unit:
            row.addWidget(quiet_word(line.unit))
        if line.presets:
            row.addWidget(preset_button(line.title, line.presets, self.used.emit, palette, self))
        column.addLayout(row)
        column.addWidget(self.note)

    def show_draft(self, draft: SpecDraft, fault: str) -> None:
        """Show what a draft says, without emitting."""
        name = self.line.name
        with QSignalBlocker(self.control):
            if isinstance(self.control, QCheckBox):
                self.control.setChecked(draft.is_on(name))
            elif isinstance(self.control, Combo):
                text = draft.text(name)
                items = [words for words, _ in self.line.choices]
                open_ = [] if text or self.line.empty else [CHOOSE]
                self.control.set_items([*open_, *items], text or self.line.empty or CHOOSE)
            elif self.control.text() != draft.text(name):
                self.control.setText(draft.text(name))
        fact = next((fact for fact in draft.facts if fact.entry == name), None)
        self.note.show_note(fault, fact, draft.text(name) == '')

    def _control(self) -> QWidget:
        line = self.line
        if line.kind == 'flag':
            box = QCheckBox(line.title)
            box.toggled.connect(lambda on: self.answered.emit(on))
            return box
        if line.kind == 'choice':
            combo = Combo()
            combo.currentTextChanged.connect(self._choose)
            return combo
        field = QLineEdit()
        field.setPlaceholderText(line.empty or (f'such as: {line.example}' if line.example else 'needed'))
        field.editingFinished.connect(lambda: self.answered.emit(field.text()))
        return field

    def _choose(self, words: str) -> None:
        if words in dict(self.line.choices):
            self.answered.emit(words)


class IntensityLine(QWidget):
    """How intensities are brought to what the network wants, with the numbers that the chosen way needs."""

    chosen = Signal(str)
    #: Index and number; None where it is not readable.
    numbered = Signal(int, object)
    used = Signal(object)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.combo = named(Combo(), 'Intensities', 'What is done to the values of the image before the network')
        self.combo.currentTextChanged.connect(self._choose)
        self.note = Note(palette)
        self.fields: list[QLineEdit] = []
        self._way = ''
        label = buddy('intensities', self.combo)
        label.setFixedWidth(LABEL_WIDTH)
        column = _column(self)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(label)
        row.addWidget(self.combo, 1)
        row.addWidget(preset_button('intensities', INTENSITY_PRESETS, self.used.emit, palette, self))
        column.addLayout(row)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(LABEL_WIDTH + 6, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(5, 1)
        column.addLayout(self._grid)
        column.addWidget(self.note)

    def show_draft(self, draft: SpecDraft, fault: str) -> None:
        """Show the way of a draft and its numbers, without emitting."""
        way = draft.intensity
        titles = [one.title for one in INTENSITIES.values()]
        self.combo.set_items([*([] if way else [CHOOSE]), *titles], INTENSITIES[way].title if way else CHOOSE)
        self.combo.setToolTip(INTENSITIES[way].words if way else 'What is done to the values before the network')
        if way != self._way:
            self._rebuild(way)
        for field, number in zip(self.fields, draft.intensity_numbers, strict=True):
            text = '' if number is None else f'{number:g}'
            if field.text() != text:
                field.setText(text)
        self.note.show_note(fault, None, not way)

    def _rebuild(self, way: str) -> None:
        self._way = way
        clear_grid(self._grid)
        self.fields = []
        for index, (title, unit, _) in enumerate(INTENSITIES[way].numbers if way else ()):
            field = named(QLineEdit(), f'{title}, {unit}' if unit else title, INTENSITIES[way].words)
            field.setFixedWidth(_NUMBER_WIDTH)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.editingFinished.connect(partial(self._number, index))
            row, column = divmod(index, 2) if way != 'ct' else (index, 0)
            self._grid.addWidget(buddy(title, field), row, 3 * column)
            self._grid.addWidget(field, row, 3 * column + 1)
            if unit and (column == 1 or way == 'ct'):
                self._grid.addWidget(quiet_word(unit.replace(' or image units', '')), row, 3 * column + 2)
            self.fields.append(field)

    def _choose(self, title: str) -> None:
        name = next((name for name, way in INTENSITIES.items() if way.title == title), '')
        if name:
            self.chosen.emit(name)

    def _number(self, index: int) -> None:
        try:
            number: float | None = float(self.fields[index].text().replace(',', '.'))
        except ValueError:
            number = None
        self.numbered.emit(index, number)


def quiet_word(text: str) -> QWidget:
    """A unit after its number."""
    label = quiet(text)
    label.setWordWrap(False)
    return label


def preset_button(title: str, presets: Iterable[Preset], use: Any, palette: Palette, parent: QWidget) -> IconButton:
    """Button that opens the list of what others use."""
    button = IconButton('more', f'What others use: {title}', 'What others use', palette=palette)
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for preset in presets:
        action = menu.addAction(f'{preset.title}   ({preset.source})')
        action.setToolTip(preset.source)
        action.triggered.connect(partial(_use, use, preset.value))
    button.clicked.connect(lambda: menu.popup(button.mapToGlobal(QPoint(0, button.height()))))
    button.menu_ = menu
    return button


def _use(use: Any, value: Any, _checked: bool = False) -> None:
    use(value)


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(1)
    return column
