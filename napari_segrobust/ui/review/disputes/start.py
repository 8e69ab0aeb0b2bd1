"""Who adjudicates, blinded or not, and in which file: asked once, before the first decision."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QWidget

from napari_segrobust.ui.sections.base import button
from napari_segrobust.ui.widgets.controls import buddy, named

_BLINDED = """Raters are A, B, C in a random order that the log keeps. Names, and the model's row, are shown when the
adjudication is closed."""
_LOGS = 'Adjudication logs (*.jsonl)'


class StartBar(QWidget):
    """Asks what an adjudication needs to know."""

    #: Path of the log, adjudicator, blinded.
    begun = Signal(object, str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.name = named(QLineEdit(), 'Adjudicator', 'Who decides: it stands in the log beside each decision')
        self.name.setPlaceholderText('your name')
        self.name.setMaximumWidth(150)
        self.blinded = named(QCheckBox('blinded'), 'Blinded', ' '.join(_BLINDED.split()))
        self.blinded.setChecked(True)
        self.file = named(QLineEdit(), 'Log', 'Every decision is a line of this file, on disk before the next is shown')
        self.browse = button('...', 'Choose the file of the log', self._browse)
        self.start = button('Start', 'Begin to settle the disputes, or go on with what is in the file', self._begin)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(buddy('Adjudicator', self.name))
        layout.addWidget(self.name)
        layout.addWidget(self.blinded)
        layout.addWidget(buddy('log', self.file))
        layout.addWidget(self.file, 1)
        layout.addWidget(self.browse)
        layout.addWidget(self.start)
        self._proposed = Path()
        self.name.returnPressed.connect(self._begin)
        self.file.textChanged.connect(self._say_what_start_does)

    def propose(self, path: Path) -> None:
        """Offer the place of the log, unless another one was said for this case."""
        if path != self._proposed:
            self._proposed = path
            with QSignalBlocker(self.file):
                self.file.setText(str(path))
        self._say_what_start_does()

    def _say_what_start_does(self, *_: object) -> None:
        path = Path(self.file.text())
        resumes = path.is_file() and path.stat().st_size > 0
        self.start.setText('Resume' if resumes else 'Start')
        # The log that is there says itself whether it is blinded.
        self.blinded.setEnabled(not resumes)

    def _browse(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, 'Log of the adjudication', self.file.text(), _LOGS, options=QFileDialog.Option.DontConfirmOverwrite
        )
        if path:
            self.file.setText(path)

    def _begin(self) -> None:
        if self.name.text().strip():
            self.begun.emit(Path(self.file.text()), self.name.text(), self.blinded.isChecked())
        else:
            self.name.setFocus()
