"""Panes side by side; where there is no room for all, the last ones share a place and tabs say which is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, QSize
from qtpy.QtWidgets import QHBoxLayout, QLayout, QTabBar, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QResizeEvent, QShowEvent


@dataclass(frozen=True)
class Pane:
    """What stands in one place.

    Attributes
    ----------
    title : str
        On its tab.
    body : QWidget
    least : int
        Width below which it cannot be read, in pixels.
    share : int
        Of the width that is left.
    heading : QWidget or None
        Over the body; tabs take its place.
    controls : QWidget or None
        Beside the heading or the tabs.
    """

    title: str
    body: QWidget
    least: int
    share: int
    heading: QWidget | None = None
    controls: QWidget | None = None


class Panes(QWidget):
    """As many panes side by side as can be read; the first one always stands alone.

    Parameters
    ----------
    panes : sequence of Pane
    spacing : int
        Between two panes, in pixels.
    """

    def __init__(self, panes: Sequence[Pane], spacing: int = 12) -> None:
        super().__init__()
        self._panes, self._spacing = tuple(panes), spacing
        #: The pane that is seen in the shared place.
        self._chosen = len(self._panes) - 1
        self._alone = len(self._panes)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(spacing)
        # Only what stands alone now is in the layout's own minimum.
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._places = [_Place(pane) for pane in self._panes]
        for place, pane in zip(self._places, self._panes, strict=True):
            layout.addWidget(place, pane.share)
            place.tabs.currentChanged.connect(lambda tab: self.choose(self._alone + tab))
        self._arrange()

    @property
    def shared(self) -> tuple[str, ...]:
        """Titles of the panes that share the last place; none where all stand side by side."""
        return tuple(pane.title for pane in self._panes[self._alone :])

    def choose(self, index: int) -> None:
        """Show a pane in the shared place."""
        had_focus = self._places[self._chosen].tabs.hasFocus()
        self._chosen = index
        self._arrange()
        if had_focus:
            self._places[index].tabs.setFocus()

    def minimumSizeHint(self) -> QSize:
        """Return room for the first pane and the widest other one."""
        rest = max((pane.least for pane in self._panes[1:]), default=0)
        return QSize(self._panes[0].least + self._spacing + rest, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let as many stand alone as there is room for."""
        super().resizeEvent(event)
        before, self._alone = self._alone, self._fitting(event.size().width())
        if self._alone != before:
            # Whoever shares a place for the first time is seen before those behind it.
            if before == len(self._panes) or self._chosen < self._alone:
                self._chosen = min(self._alone, len(self._panes) - 1)
            self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure heads anew: only now they have their style."""
        super().showEvent(event)
        self._align()

    def _fitting(self, width: int) -> int:
        """How many stand alone; all, or at most all but two."""
        least = [pane.least for pane in self._panes]
        if sum(least) + self._spacing * (len(least) - 1) <= width:
            return len(least)
        fitting = (
            n for n in range(len(least) - 2, 1, -1) if sum(least[:n]) + max(least[n:]) + self._spacing * n <= width
        )
        return next(fitting, 1)

    def _arrange(self) -> None:
        shared = self.shared
        for index, place in enumerate(self._places):
            place.setVisible(index < self._alone or index == self._chosen)
            place.show_tabs(shared if index >= self._alone else (), index - self._alone)
        self._align()

    def _align(self) -> None:
        """Have all bodies begin at one height."""
        height = max(place.head_height() for place in self._places)
        for place in self._places:
            place.head.setFixedHeight(height)


class _Place(QWidget):
    """A pane, with the tabs of those that share its place."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self._pane = pane
        self.head, self.tabs = QWidget(), QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName('What is shown here')
        row = QHBoxLayout(self.head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for part, stretch in ((pane.heading, 0), (self.tabs, 0), (pane.controls, 1)):
            if part is not None:
                row.addWidget(part, stretch)
        if pane.controls is None:
            row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.head)
        column.addWidget(pane.body, 1)

    def show_tabs(self, titles: Sequence[str], current: int) -> None:
        """Show tabs in place of the heading; without titles the heading."""
        with QSignalBlocker(self.tabs):
            if [self.tabs.tabText(tab) for tab in range(self.tabs.count())] != list(titles):
                while self.tabs.count():
                    self.tabs.removeTab(0)
                for title in titles:
                    self.tabs.addTab(title)
            if titles:
                self.tabs.setCurrentIndex(current)
        self.tabs.setVisible(bool(titles))
        if self._pane.heading is not None:
            self._pane.heading.setVisible(not titles)
        self.head.setVisible(bool(titles) or self._pane.heading is not None or self._pane.controls is not None)

    def head_height(self) -> int:
        """Height that the head wants."""
        parts = (self._pane.heading, self.tabs, self._pane.controls)
        return max((part.sizeHint().height() for part in parts if part is not None and not part.isHidden()), default=0)
