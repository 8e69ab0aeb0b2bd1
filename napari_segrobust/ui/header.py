"""The line above the sections: what the program is doing, undo and redo, what can be taken away, the keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QWidget

from napari_segrobust.cases.stored import stem
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.keys import KEYS
from napari_segrobust.ui.widgets.card import Definition, DefinitionCard
from napari_segrobust.ui.widgets.controls import IconButton
from napari_segrobust.ui.widgets.status import StatusLine

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Status
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.outputs.export import Export
    from napari_segrobust.ui.widgets.palette import Palette


class Header(QWidget):
    """Status line and quiet buttons.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__()
        self.explorer = explorer
        self._session = explorer.session
        self.export: Export | None = None
        self.status = StatusLine(palette=palette)
        what = 'Undo the last change of models, perturbations or context'
        self.undo = IconButton('undo', 'Undo', what, palette=palette)
        self.redo = IconButton('redo', 'Redo', 'Redo what was undone', palette=palette)
        self.take = IconButton('export', 'Export and copy', 'Save or copy results', palette=palette)
        self.help = IconButton('help', 'Keys', 'Which keys do what', palette=palette)
        self.menu = QMenu(self)
        self.card = DefinitionCard(palette=palette, parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 0)
        layout.setSpacing(2)
        layout.addWidget(self.status, 1)
        for button in (self.undo, self.redo, self.take, self.help):
            layout.addWidget(button)
        self._connect()
        self.sync()
        self._show_status(self._session.status)

    def _connect(self) -> None:
        self.status.cancelled.connect(self._session.cancel)
        self.undo.clicked.connect(self._undo)
        self.redo.clicked.connect(self._redo)
        self.take.clicked.connect(self.open_menu)
        self.help.clicked.connect(self.show_keys)
        self._links = Connections()
        self._links.add(self._session.status_changed, self._show_status)
        # A request follows each change of state, and a change may be undone from its first moment on.
        self._links.add(self._session.requested, self.sync)
        self._links.add(self._session.case_changed, self.sync)

    def shutdown(self) -> None:
        """Cut every connection; idempotent."""
        self._links.close()

    def sync(self, *_: object) -> None:
        """Enable what can be done."""
        history = self._session.history
        self.undo.setEnabled(history.can_undo)
        self.redo.setEnabled(history.can_redo)

    def set_export(self, export: Export) -> None:
        """Offer what `export` can do."""
        self.export = export
        self.menu.clear()
        for kind, (words, *_) in export.kinds.items():
            self.menu.addAction(f'{words} ...').triggered.connect(partial(self._ask, kind))
        self.menu.addSeparator()
        copies = self.menu.addMenu('Copy')
        for kind, (words, _) in export.copies.items():
            copies.addAction(words).triggered.connect(partial(self._copy, kind))

    def open_menu(self) -> None:
        """Open the menu below its button."""
        self.menu.popup(self.take.mapToGlobal(QPoint(0, self.take.height())))

    def ask(self, kind: str) -> bool:
        """Ask for a file and export to it; False when nobody gave one."""
        if self.export is None:
            return False
        words, types, ending, _ = self.export.kinds[kind]
        case = self._session.case
        proposed = kind + ending if case is None else f'{stem(Path(case.name))}_{kind}{ending}'
        path, _ = QFileDialog.getSaveFileName(self, f'Export: {words.lower()}', proposed, types)
        return bool(path) and self.export.save(kind, path if Path(path).suffix else path + ending)

    def show_keys(self) -> None:
        """List the keys beside the button."""
        keys = tuple((key.key, key.words) for key in KEYS)
        words = 'They work while the canvas has the focus. All are commands too, in the command palette.'
        corner = self.help.mapToGlobal(QPoint(0, self.help.height()))
        self.card.show_definition(Definition('Keys', words, lines=keys), corner)

    def _ask(self, kind: str, _checked: bool = False) -> None:
        self.ask(kind)

    def _copy(self, kind: str, _checked: bool = False) -> None:
        if self.export is not None:
            self.export.copy(kind)

    def _undo(self) -> None:
        self._session.history.undo()
        self.sync()

    def _redo(self) -> None:
        self._session.history.redo()
        self.sync()

    def _show_status(self, status: Status) -> None:
        self.status.set_status(status.kind, status.text)
        self.status.set_progress(status.done, status.total)
