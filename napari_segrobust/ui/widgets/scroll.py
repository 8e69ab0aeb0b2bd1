"""A column of sections that scrolls up and down and never sideways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.section import Section

#: Smallest width of a panel, in pixels.
MINIMUM_WIDTH = 300


class Column(QScrollArea):
    """Vertical scroll area that is at least as wide as its content needs, so that nothing is cut off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName('Sections')
        self.setMinimumWidth(MINIMUM_WIDTH)
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(4, 2, 4, 2)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        self.setWidget(content)
        content.installEventFilter(self)

    def add(self, widget: Section | QWidget) -> None:
        """Put `widget` below the ones already there."""
        self._column.insertWidget(self._column.count() - 1, widget)

    def sizeHint(self) -> QSize:
        """Return the content's size, so that the dock opens without a scroll bar where there is room."""
        content = self.widget().sizeHint()
        return QSize(max(MINIMUM_WIDTH, content.width() + self._bar()), content.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the smallest width of the content."""
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            needed = self.widget().minimumSizeHint().width() + self._bar()
            self.setMinimumWidth(max(MINIMUM_WIDTH, needed))
        return super().eventFilter(watched, event)

    def _bar(self) -> int:
        return self.verticalScrollBar().sizeHint().width()
