"""Colours are given again only where they are others."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels

from napari_segrobust.ui.canvas.colors import label_colormap, one_label_colormap, recolor


@pytest.fixture
def layer():
    return Labels(np.zeros((4, 4), np.uint8), colormap=one_label_colormap(1, '#ff0000'))


def test_the_same_colours_are_not_given_again(layer):
    before, told = layer.colormap, []
    layer.events.colormap.connect(told.append)
    recolor(layer, one_label_colormap(1, '#ff0000'))
    assert layer.colormap is before
    assert not told


@pytest.mark.parametrize(
    'other',
    [
        one_label_colormap(1, '#00ff00'),
        one_label_colormap(2, '#ff0000'),
        label_colormap({1: (255, 0, 0), 2: None}),
    ],
)
def test_other_colours_are(layer, other):
    recolor(layer, other)
    assert layer.colormap is other


def test_a_layer_in_napari_s_own_colours_gets_ours():
    layer, ours = Labels(np.zeros((4, 4), np.uint8)), one_label_colormap(1, '#ff0000')
    recolor(layer, ours)
    assert layer.colormap is ours
