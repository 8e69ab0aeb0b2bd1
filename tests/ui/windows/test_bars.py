"""The histogram: its bars are the shares, and it says why there are none."""

from __future__ import annotations

import pytest

from napari_segrobust.ui.windows.bars import Bars


@pytest.fixture
def bars(qtbot, palette):
    bars = Bars(palette=palette)
    qtbot.addWidget(bars)
    bars.resize(360, 120)
    bars.show()
    return bars


def test_heights_are_shares(bars):
    bars.set_bars([0.0, 0.1, 0.2], [0.3, 0.1], 0.6)
    empty, first, second = (box.height() for box, _, _ in bars._boxes())
    assert (first / empty, second / empty) == (pytest.approx(0.5), pytest.approx(1 / 6))
    assert bars.accessibleDescription() == '60.0 % of the windows are empty'
    assert not bars.grab().isNull()


def test_words_take_the_place_of_bars(bars):
    bars.set_words('A reference is needed')
    assert bars.accessibleDescription() == 'A reference is needed'
    assert not bars.grab().isNull()
