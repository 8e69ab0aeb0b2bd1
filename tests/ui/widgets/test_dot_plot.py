"""Dots: where they lie, and what a hand does with them."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_segrobust.ui.widgets.dot_plot import Corner, DotPlot, Dots, Level

X = np.array([0.0, 0.1, 0.2, 0.4, np.nan])
Y = np.array([0.5, 0.9, np.nan, 0.2, 0.4])


@pytest.fixture
def plot(qtbot, palette):
    plot = DotPlot('Windows', palette=palette, words=lambda index: f'window {index}')
    qtbot.addWidget(plot)
    plot.resize(420, 300)
    plot.set_dots(Dots(X, Y, np.array([True, True, True, False, True]), 'foreground (%)', 'Dice', True))
    plot.show()
    return plot


def at(plot, index):
    return plot.position(index).toPoint()


def test_axes_hold_every_dot(plot):
    rect = plot.plot_rect()
    assert all(rect.adjusted(-1, -1, 1, 1).contains(plot.position(index)) for index in (0, 1, 3))
    assert plot.position(1).y() < plot.position(0).y() < plot.position(3).y()
    assert plot.position(0).x() == pytest.approx(rect.left())
    assert '3 windows' in plot.accessibleDescription()


def test_a_click_goes_to_the_nearest_dot_and_nowhere_else(qtbot, plot):
    with qtbot.waitSignal(plot.clicked) as clicked:
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at(plot, 3) + QPoint(2, -1))
    assert clicked.args == [3]
    with qtbot.assertNotEmitted(plot.clicked):
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at(plot, 3) + QPoint(-60, -60))


def test_the_pointer_and_the_keys_point_at_dots(qtbot, plot):
    seen = []
    plot.hovered.connect(seen.append)
    plot.hovered.connect(lambda index: plot.set_meant(None, None if index < 0 else index))
    qtbot.mouseMove(plot, at(plot, 0) - QPoint(0, 120))
    qtbot.mouseMove(plot, at(plot, 1))
    qtbot.waitUntil(lambda: seen[-1:] == [1])
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert seen[-1] == 3, 'what is undefined has no dot'
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert seen[-1] == 1
    with qtbot.waitSignal(plot.clicked) as clicked:
        qtbot.keyClick(plot, Qt.Key.Key_Return)
    assert clicked.args == [1]


def test_a_dot_is_painted_where_it_lies(plot):
    image, ratio = plot.grab().toImage(), plot.devicePixelRatioF()
    background = image.pixelColor(round(ratio * 210), round(ratio * (plot.plot_rect().top() + 3)))
    place = at(plot, 1) * ratio
    assert image.pixelColor(place) != background


def test_hundreds_of_thousands_are_drawn(plot):
    draw = np.random.default_rng(0)
    x, y = draw.random(400_000), draw.random(400_000)
    plot.set_dots(Dots(x, y, np.ones(len(x), bool), 'x', 'y', True, ((0.2, 0.4),), 'a band'), muted=True)
    assert not plot.grab().isNull()
    plot.set_dots(None, 'nothing yet')
    assert plot.accessibleDescription() == 'nothing yet'
    assert not plot.grab().isNull()


def test_axes_hold_levels_and_corner_and_say_their_words(plot):
    levels = (Level(-0.4, 'bias -0.4', (-0.6, -0.2)), Level(1.4, 'upper limit 1.4', dashed=True))
    dots = Dots(
        X, Y, np.ones(5, bool), 'x', 'y', noun='cases', levels=levels, corner=Corner(0.6, -0.8, 'here'), zero=False
    )
    plot.set_dots(dots)
    assert plot._y.low <= -0.8
    assert plot._y.high >= 1.4
    assert plot._x.high >= 0.6
    assert plot.accessibleDescription() == '3 cases. y over x. bias -0.4. upper limit 1.4.'
    plain = plot.grab().toImage()
    plot.set_dots(Dots(X, Y, np.ones(5, bool), 'x', 'y', noun='cases', levels=levels, zero=False))
    assert plot.grab().toImage() != plain
