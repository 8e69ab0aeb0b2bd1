"""Both palettes, so that every widget is driven in both themes."""

import pytest

from napari_segrobust.ui.widgets.palette import Palette


@pytest.fixture(params=['dark', 'light'])
def palette(request, qapp):
    return Palette.from_theme(request.param)
