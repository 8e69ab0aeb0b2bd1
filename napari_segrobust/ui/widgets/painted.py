"""A widget that paints itself, in the colours and with the letters of a palette."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.palette import Palette


class Painted(QWidget):
    """Keeps the palette that `paintEvent` of a subclass paints with.

    Parameters
    ----------
    palette : Palette
    parent : QWidget, optional
    """

    #: Points by which its letters are smaller than those of the window.
    smaller: ClassVar[int] = 0

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette = palette

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        font = self.font()
        font.setPointSize(palette.font_size - self.smaller)
        self.setFont(font)
        self.update()
