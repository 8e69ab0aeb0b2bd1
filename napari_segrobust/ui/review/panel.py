"""The review of raters: one line on who is reviewed, and a tab for each question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QTabWidget, QVBoxLayout, QWidget

from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.exports import ReviewExport
from napari_segrobust.ui.review.page import page_specs
from napari_segrobust.ui.sections.base import line, quiet
from napari_segrobust.ui.widgets.palette import Palette, theme_tree
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.review.page import ReviewPage

RESEARCH = 'Research use. Not a medical device.'
#: Of what stands behind a tab, in pixels.
_LEAST_HEIGHT = 40


class ReviewPanel(QWidget):
    """Shows the `review` of an explorer, while it is seen.

    Parameters
    ----------
    explorer : Explorer

    Attributes
    ----------
    is_seen : bool
        Whether it is in front.
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self.explorer, self.review = explorer, explorer.review
        palette = Palette.from_theme(explorer.theme)
        self.title = QLabel()
        self.title.setProperty('role', 'title')
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.note = quiet(RESEARCH)
        self.export = ReviewExport(explorer, palette)
        self.refusal = quiet()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.pages: dict[str, ReviewPage] = {}
        for spec in page_specs():
            page = self.pages[spec.title] = spec.make(explorer, palette)
            self.tabs.setTabToolTip(self.tabs.addTab(_scrolled(page), spec.title), spec.tooltip)
        self._seen: ReviewPage | None = None
        self.is_seen = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(2)
        self.note.setWordWrap(False)
        layout.addWidget(line((self.title, 1), self.note, self.export))
        layout.addWidget(self.refusal)
        layout.addWidget(self.tabs, 1)
        self._links = Connections()
        self._links.add(self.review.changed, self.sync)
        self._links.add(explorer.theme_changed, self.apply_theme)
        self.tabs.currentChanged.connect(self._on_tab)
        self.apply_theme()
        self.sync()

    def show_page(self, title: str) -> ReviewPage:
        """Bring a page to the front."""
        page = self.pages[title]
        self.tabs.setCurrentIndex(list(self.pages).index(title))
        return page

    def sync(self, *_: object) -> None:
        """Show who is reviewed, and the page that is seen."""
        if not self.is_seen:
            return
        review = self.review
        self.title.setText(self._title())
        self.title.setToolTip(self.title.text())
        self.refusal.setVisible(review.refusal is not None)
        self.refusal.setText('' if review.refusal is None else str(review.refusal))
        if self._seen is not None:
            self._seen.sync()

    def _title(self) -> str:
        review, case = self.review, self.review.case
        if case is None:
            return 'Open a case with masks of several raters.'
        unit = 'mm' if case.geometry.has_spacing else 'voxels' if case.ndim == 3 else 'px'
        count = len({review.settings.sessions.get(name, name) for name in review.names})
        words = f'{count} rater{"" if count == 1 else "s"} of {case.name}, {case.label_name(review.label)}'
        tolerance = f'tolerance {self.explorer.session.state.tolerance_mm:g} {unit}'
        return f'{words}, {tolerance}{", pending" if review.is_pending else ""}'

    def _on_tab(self, *_: object) -> None:
        page = list(self.pages.values())[self.tabs.currentIndex()] if self.is_seen else None
        if page is self._seen:
            return
        if self._seen is not None:
            self._seen.hidden()
        self._seen = page
        if self._seen is not None:
            self._seen.sync()

    def set_seen(self, on: bool) -> None:
        """Measure and draw from now on, or no longer: another tab covers the dock, or it is closed."""
        if on != self.is_seen:
            self.is_seen = on
            self.review.watch('panel', on)
            self._on_tab()
            self.sync()

    def apply_theme(self, *_: object) -> None:
        """Follow the viewer's theme."""
        palette = Palette.from_theme(self.explorer.theme)
        self.setStyleSheet(style_sheet(palette))
        theme_tree(self, palette)

    def shutdown(self) -> None:
        """Cut every connection. Idempotent."""
        self._links.close()
        self.review.watch('panel', False)
        for page in self.pages.values():
            page.shutdown()


def _scrolled(page: QWidget) -> QScrollArea:
    """A page that scrolls where there is no room: the tallest page never makes the window higher than a screen."""
    scroll = QScrollArea()
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidgetResizable(True)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(page)
    scroll.setMinimumHeight(_LEAST_HEIGHT)
    return scroll
