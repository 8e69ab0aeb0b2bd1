"""A section that shows a part of the state and changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.widgets.controls import named
from napari_segrobust.ui.widgets.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette


class BoundSection(Section):
    """A section of one explorer.

    Parameters
    ----------
    title : str
    explorer : Explorer
    palette : Palette

    Notes
    -----
    Widgets set the state; the state's events set the widgets, without emitting. Logic never reads a widget.
    """

    def __init__(self, title: str, explorer: Explorer, palette: Palette, *, unfolded: bool = True) -> None:
        super().__init__(title, palette=palette, unfolded=unfolded)
        self.explorer = explorer
        self.session = explorer.session
        self.links = Connections()

    def shutdown(self) -> None:
        """Cut the connections to the session."""
        self.links.close()

    def commit(self, dragging: bool = False) -> None:
        """End a gesture, so that it can be undone as one; does nothing while a slider is being dragged."""
        if not dragging:
            self.session.history.commit()


def line(*parts: QWidget | tuple[QWidget, int]) -> QWidget:
    """Widgets side by side, each with an optional stretch."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for part in parts:
        widget, stretch = part if isinstance(part, tuple) else (part, 0)
        layout.addWidget(widget, stretch)
    return row


def column(*parts: QWidget, spacing: int = 2) -> QWidget:
    """Widgets below each other."""
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for part in parts:
        layout.addWidget(part)
    return holder


def button(text: str, tooltip: str, clicked: Callable[[], object]) -> QPushButton:
    """Push button with a tooltip and an accessible name."""
    made = named(QPushButton(text), text, tooltip)
    made.clicked.connect(lambda _checked=False: clicked())
    return made


def quiet(text: str = '') -> QLabel:
    """One line of explanation, muted, wrapped."""
    label = QLabel(text)
    label.setProperty('role', 'muted')
    label.setWordWrap(True)
    return label
