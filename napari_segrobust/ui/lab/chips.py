"""What the colours of a pane mean, beside the panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_segrobust.compare import ErrorCode
from napari_segrobust.compare.maps import ERROR_NAMES
from napari_segrobust.ui.canvas.colors import BLUE, ORANGE, PREDICTION_COLOR, REFERENCE_COLOR
from napari_segrobust.ui.lab.cell import BOTH
from napari_segrobust.ui.widgets.legend import Legend, LegendItem

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.palette import Palette

_CORRECT = LegendItem(ERROR_NAMES[ErrorCode.TRUE_POSITIVE], BOTH)
_ITEMS = (
    LegendItem('reference', REFERENCE_COLOR, 'outline'),
    LegendItem('prediction', PREDICTION_COLOR, 'outline'),
    _CORRECT,
    LegendItem(f'{ERROR_NAMES[ErrorCode.FALSE_POSITIVE]} (FP)', ORANGE, 'hatch'),
    LegendItem(f'{ERROR_NAMES[ErrorCode.FALSE_NEGATIVE]} (FN)', BLUE),
)


class PaneLegend(QWidget):
    """One line for each colour, and below them which slice is shown.

    Parameters
    ----------
    palette : Palette
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.legends = [Legend(palette=palette) for _ in _ITEMS]
        self.plane = QLabel()
        self.plane.setWordWrap(True)
        self.plane.setToolTip('The wheel goes through the slices')
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        for legend, item in zip(self.legends, _ITEMS, strict=True):
            legend.set_items([item])
            layout.addWidget(legend)
        layout.addWidget(self.plane)

    def show_plane(self, words: str, over_image: bool) -> None:
        """Say which slice is shown; over an image what is correct is not painted."""
        self.legends[_ITEMS.index(_CORRECT)].setVisible(not over_image)
        self.plane.setText(words)
        self.plane.setVisible(bool(words))

    def apply_palette(self, palette: Palette, points: int = 0) -> None:
        """Take the colours of `palette`, and letters of so many points."""
        for legend in self.legends:
            legend.apply_palette(palette)
            font = legend.font()
            font.setPointSize(points or palette.font_size)
            legend.setFont(font)
            legend.setMinimumHeight(legend.fontMetrics().height() + 3)
            legend.updateGeometry()
