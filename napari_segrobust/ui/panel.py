"""The right dock: status above, the five sections below, in the order of the sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_segrobust.errors import ModelError
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.header import Header
from napari_segrobust.ui.inputs.model_files import dropped_models
from napari_segrobust.ui.sections.base import quiet
from napari_segrobust.ui.sections.case import CaseSection
from napari_segrobust.ui.sections.compare import CompareSection
from napari_segrobust.ui.sections.context import ContextSection
from napari_segrobust.ui.sections.model import ModelSection
from napari_segrobust.ui.sections.perturb import PerturbSection
from napari_segrobust.ui.widgets.palette import Palette, theme_tree
from napari_segrobust.ui.widgets.scroll import Column
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from qtpy.QtGui import QDragEnterEvent, QDropEvent

    from napari_segrobust.explore.status import Status
    from napari_segrobust.ui.app import Explorer

DISCLAIMER = 'Research use. Not a medical device.'


class Panel(QWidget):
    """Take this case, run this model, change this, through this window, compare with that.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.explorer = explorer
        self._links = Connections()
        palette = Palette.from_theme(explorer.theme)
        self.header = Header(explorer, palette)
        self.status = self.header.status
        self.case = CaseSection(explorer, palette)
        self.model = ModelSection(explorer, palette)
        self.perturb = PerturbSection(explorer, palette)
        self.context = ContextSection(explorer, palette)
        self.compare = CompareSection(explorer, palette)
        self.sections = (self.case, self.model, self.perturb, self.context, self.compare)
        self._column = column = Column()
        self._fitted = False
        for section in self.sections:
            column.add(section)
        self.failure = quiet()
        self.failure.hide()
        self.notice = quiet()
        self.notice.hide()
        self.disclaimer = QLabel(DISCLAIMER)
        self.disclaimer.setProperty('role', 'muted')
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(2)
        layout.addWidget(self.header)
        layout.addWidget(self.failure)
        layout.addWidget(column, 1)
        layout.addWidget(self.notice)
        layout.addWidget(self.disclaimer)
        self._links.add(explorer.session.volume_ready, self._fit)
        self._links.add(explorer.session.noticed, self._show_notice)
        self._links.add(explorer.session.status_changed, self._show_failure)
        self._links.add(explorer.session.case_changed, lambda _case: self._show_notice(''))
        self._links.add(explorer.theme_changed, self.apply_theme)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Follow the viewer's theme."""
        palette = Palette.from_theme(self.explorer.theme)
        self.setStyleSheet(style_sheet(palette))
        theme_tree(self, palette)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take models; leave anything else to napari."""
        if dropped_models(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the models that were dropped, each in a lane."""
        event.acceptProposedAction()
        session, paths = self.explorer.session, dropped_models(event.mimeData())
        if session.case is None:
            remedy = 'Drop an image on the window first, then the model here.'
            session.complain(str(ModelError(f'{paths[0].name} not opened', 'there is no image for it yet', remedy)))
            return
        self.model.open_models(paths)

    def shutdown(self) -> None:
        """Cut every connection; idempotent."""
        self._links.close()
        self.header.shutdown()
        for section in self.sections:
            section.shutdown()

    def _show_notice(self, words: str) -> None:
        """Say what was done about a difficulty, such as leaving a full GPU; it stays until another case comes."""
        self.notice.setText(words)
        self.notice.setVisible(bool(words))

    def _show_failure(self, status: Status) -> None:
        """Say a failure whole where the status line has no room for it."""
        words = self.status.text
        cut = words.fontMetrics().horizontalAdvance(words.text()) > words.width()
        self.failure.setText(status.text)
        self.failure.setVisible(status.kind == 'failed' and cut)

    def _fit(self, _update: object) -> None:
        """Fold once, when the first case is there, what a small window has no room for: it says itself in one line."""
        if self._fitted:
            return
        self._fitted = True
        for section in (self.case, self.context):
            if self._column.widget().sizeHint().height() > self._column.height():
                section.set_unfolded(False)
