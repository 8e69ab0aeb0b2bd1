"""The form of a model's spec: asks for what is missing, and changes what is there while one looks at the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSize, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QColorDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from napari_segrobust.explore.spec_fields import FIELDS
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.sections.spec_lines import LABEL_WIDTH, IntensityLine, SpecLine
from napari_segrobust.ui.widgets.controls import IconButton, named
from napari_segrobust.ui.widgets.section import Section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_segrobust.explore.spec_draft import SpecDraft
    from napari_segrobust.ui.widgets.palette import Palette

_SWATCH = 14
#: Colours of classes that have none of their own: Okabe-Ito, as for lanes; the background is grey.
DEFAULT_COLOURS = ('#808080', '#E69F00', '#56B4E9', '#009E73', '#F0E442', '#0072B2', '#D55E00', '#CC79A7')


class SpecForm(QWidget):
    """Form of one spec.

    Parameters
    ----------
    draft : SpecDraft
    title : str
        Name of the model.
    palette : Palette
    live : bool
        Whether every change is used at once, so that the prediction follows; else ``Use`` does it.
    """

    #: A `ModelSpec` to run with, and one to keep beside the model.
    used = Signal(object)
    kept = Signal(object)
    closed = Signal()

    def __init__(self, draft: SpecDraft, title: str, palette: Palette, *, live: bool = False) -> None:
        super().__init__()
        self.draft = draft
        self.live = live
        self.head = QLabel(f'How {title} sees' if live else f'What {title} needs to know')
        self.head.setProperty('role', 'title')
        self.message = quiet()
        self.message.hide()
        self.intensity = IntensityLine(palette)
        self.lines = {one.name: SpecLine(one, palette) for one in FIELDS}
        self.more = Section('More', palette=palette, unfolded=False)
        self.swatches = QWidget()
        self._swatch_row = QHBoxLayout(self.swatches)
        self._swatch_row.setContentsMargins(LABEL_WIDTH + 6, 0, 0, 0)
        self._swatch_row.setSpacing(3)
        self.close_ = IconButton(
            'close', 'Close the form', 'Close the form; nothing is lost that runs', palette=palette
        )
        self.use = button('Use', 'Run it with these answers', self._use)
        self.keep = button(
            'Save beside the model', 'Write these answers into a TOML file beside it, for the next time', self._keep
        )
        self._lay_out()
        self._connect()
        self.show_draft(draft)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 4)
        column.setSpacing(3)
        column.addWidget(line((self.head, 1), self.close_))
        column.addWidget(self.message)
        self._first = first = self.draft.first
        for name, entry in self.lines.items():
            if name == 'architecture' and name not in first:
                entry.hide()
                continue
            (column if name in first else self.more.body).addWidget(entry)
            if name == 'classes':
                column.addWidget(self.swatches)
            if name == 'activation':
                column.addWidget(self.intensity)
        self.more.body.setContentsMargins(0, 0, 0, 0)
        self.more.body.setSpacing(3)
        column.addWidget(self.more)
        column.addWidget(line((self.use, 1), (self.keep, 1)))
        self.use.setVisible(not self.live)

    def _connect(self) -> None:
        for name, entry in self.lines.items():
            entry.answered.connect(lambda answer, name=name: self._take(self.draft.take(name, answer)))
            entry.used.connect(lambda value, name=name: self._take(self.draft.use(name, value)))
        self.intensity.chosen.connect(lambda way: self._take(self.draft.choose_intensity(way)))
        self.intensity.numbered.connect(
            lambda index, number: self._take(self.draft.set_intensity_number(index, number))
        )
        self.intensity.used.connect(lambda value: self._take(self.draft.use('intensity', value)))
        self.close_.clicked.connect(lambda: self.closed.emit())

    def show_draft(self, draft: SpecDraft) -> None:
        """Show a draft with what is wrong with it, without emitting."""
        self.draft = draft
        faults = draft.faults()
        for name, entry in self.lines.items():
            entry.show_draft(draft, faults.get(name, ''))
        self.intensity.show_draft(draft, faults.get('intensity', ''))
        self._show_swatches(draft)
        self.use.setEnabled(not faults)
        self.keep.setEnabled(not faults)
        waiting = f'{len(faults)} answer{"" if len(faults) == 1 else "s"} to go'
        self.use.setText(f'Use ({waiting})' if faults else 'Use')
        self.more.set_summary(', '.join(draft.unusual) or 'usual settings')
        if any(name in self.lines and name not in self._first for name in faults):
            self.more.set_unfolded(True)
        if faults.get(''):
            self.show_message(faults[''])

    def show_message(self, words: str, busy: bool = False) -> None:
        """Say what came of it: a failure, or that it is being read."""
        self.message.setText(words)
        self.message.setVisible(bool(words))
        self.use.setEnabled(not busy and not self.draft.faults())

    def _show_swatches(self, draft: SpecDraft) -> None:
        names, colours = list(draft.values.get('classes') or ()), self._colours(draft)
        self.swatches.setVisible(bool(names))
        while (item := self._swatch_row.takeAt(0)) is not None:
            if item.widget() is not None:
                item.widget().hide()
                item.widget().deleteLater()
        for index, (name, colour) in enumerate(zip(names, colours, strict=True)):
            swatch = named(QToolButton(), f'Colour of {name}', f'Colour of {name}: {colour}')
            swatch.setIcon(_icon(colour))
            swatch.setIconSize(QSize(_SWATCH, _SWATCH))
            swatch.setAutoRaise(True)
            swatch.clicked.connect(lambda _checked=False, index=index: self._ask_colour(index))
            self._swatch_row.addWidget(swatch)
        self._swatch_row.addStretch(1)

    def _colours(self, draft: SpecDraft) -> list[str]:
        names = draft.values.get('classes') or ()
        own = draft.values.get('colours') or ()
        return list(own) if len(own) == len(names) else list(_defaults(names))

    def _ask_colour(self, index: int) -> None:
        colours = self._colours(self.draft)
        chosen = QColorDialog.getColor(QColor(colours[index]), self, 'Colour of a class')
        if chosen.isValid():
            self._take(self.draft.set_colour(index, chosen.name(), colours))

    def _take(self, draft: SpecDraft) -> None:
        if draft == self.draft:
            return
        self.show_message('')
        self.show_draft(draft)
        if self.live and not draft.faults():
            self._use()

    def _use(self) -> None:
        self.used.emit(self.draft.spec())

    def _keep(self) -> None:
        self.kept.emit(self.draft.spec())


def _defaults(names: Iterable[Any]) -> Iterable[str]:
    count = len(DEFAULT_COLOURS) - 1
    return (DEFAULT_COLOURS[0 if k == 0 else 1 + (k - 1) % count] for k, _ in enumerate(names))


def _icon(colour: str) -> QIcon:
    pixmap = QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(QColor(colour))
    return QIcon(pixmap)
