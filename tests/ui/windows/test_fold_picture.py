"""Errors by place in the window: pictures on one scale, empty where nothing was counted."""

import numpy as np
import pytest
from qtpy.QtGui import QColor

from napari_segrobust.ui.windows.fold_picture import FoldPicture


@pytest.fixture
def picture(qtbot, palette):
    picture = FoldPicture(palette=palette)
    qtbot.addWidget(picture)
    picture.apply_palette(palette)
    picture.resize(320, 160)
    return picture


def test_pictures_share_one_scale_and_say_it(picture, palette):
    alone, together = np.array([[0.0, 0.04], [0.02, np.nan]]), np.full((2, 2), 0.01)
    picture.set_folds([('alone', alone), ('together', together)])
    assert picture.most == 0.04
    assert picture.scale_words().endswith('0 to 4.00 %')
    image = picture._image(alone)
    assert image.pixelColor(0, 0) == QColor(palette.foreground)
    assert image.pixelColor(1, 0) == QColor('#E69F00')
    assert image.pixelColor(1, 1).alpha() == 0
    assert not picture.grab().isNull()


def test_without_an_error_everything_is_background(picture, palette):
    picture.set_folds([('alone', np.zeros((3, 2)))])
    assert picture._image(np.zeros((3, 2))).pixelColor(1, 2) == QColor(palette.foreground)
    assert picture.scale_words().endswith('0 to 0 %')


def test_without_pictures_it_is_not_there(picture):
    picture.set_folds([])
    assert picture.isHidden()
