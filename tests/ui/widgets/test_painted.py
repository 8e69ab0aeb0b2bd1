"""What all painted widgets share: colours and letters of the palette."""

import pytest
from qtpy.QtGui import QColor, QPainter

from napari_segrobust.ui.widgets.painted import Painted
from napari_segrobust.ui.widgets.palette import Palette


class Patch(Painted):
    def paintEvent(self, event):
        QPainter(self).fillRect(self.rect(), QColor(self._palette.background))


class Small(Patch):
    smaller = 2


@pytest.mark.parametrize('kind', [Patch, Small])
def test_it_is_painted_as_the_theme_says_and_follows_it(qtbot, kind):
    dark, light = Palette.from_theme('dark'), Palette.from_theme('light')
    patch = kind(dark)
    qtbot.addWidget(patch)
    for palette in (dark, light):
        patch.apply_palette(palette)
        assert patch.grab().toImage().pixelColor(1, 1) == QColor(palette.background)
        assert patch.font().pointSize() == palette.font_size - kind.smaller
