"""Dots of raters and of a model: where they are, what is said of them."""

from __future__ import annotations

import pytest
from qtpy.QtGui import QColor

from napari_segrobust.review.marks import color_of
from napari_segrobust.ui.review.rater_dots import DotRow, RaterDots
from napari_segrobust.ui.widgets.palette import Palette

ROW = DotRow('Dice', '', (0.6, 0.9, None), (0.3, 0.5), 0.4, 'worse than all', 'more is better')


@pytest.fixture
def dots(qtbot):
    made = RaterDots(palette=Palette.from_theme('dark'))
    qtbot.addWidget(made)
    made.set_rows([ROW, DotRow('HD95', 'mm', (2.0, 2.0), (), None)], ['anna', 'ben', 'carla'])
    made.resize(made.sizeHint())
    return made


def test_a_dot_lies_where_its_value_is(dots):
    image = dots.grab().toImage()
    for i, value in enumerate(ROW.raters[:2]):
        place = dots.place(0, value)
        # Beside the letter, inside of the dot.
        assert image.pixelColor(int(place.x() - 5), int(place.y())) == QColor(color_of(i))
    palette = Palette.from_theme('dark')
    assert image.pixelColor(dots.place(0, 0.4).toPoint()) == QColor(palette.text)
    between = dots.place(0, 0.7)
    assert image.pixelColor(int(between.x()), int(between.y() - 8)) == QColor(palette.primary)
    assert dots.place(0, 0.3).x() < dots.place(0, 0.6).x() < dots.place(0, 0.9).x()


def test_it_is_said_in_words(dots):
    assert dots.accessibleDescription() == (
        'Dice: anna 0.600, ben 0.900, carla undefined; model 0.400 worse than all. HD95: anna 2.00 mm, ben 2.00 mm.'
    )


def test_limits():
    assert ROW.limits == (0.6, 0.9)
    assert DotRow('Dice', '', (0.5,), (), None).limits is None
    assert DotRow('Dice', '', (), (0.5, 0.6), 0.55).limits is None


def test_nothing_to_show(dots):
    dots.set_rows([DotRow('Dice', '', (None, None), (), None)], ['a', 'b'])
    dots.grab()
    dots.set_rows([], [])
    dots.grab()
    assert dots.accessibleDescription() == ''
