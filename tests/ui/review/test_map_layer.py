"""A map of a page on the canvas: once, in its place, gone when it is no longer wanted."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.ui.canvas.colors import SKY, Chip, code_colormap
from napari_segrobust.ui.review.map_layer import MapLayer

CHIP = Chip(SKY, 'one', '■')


@pytest.fixture
def made(reviewed):
    layer = MapLayer(reviewed, 'map')
    yield layer
    layer.close()


def shown(layer, codes):
    layer.show_codes(codes, code_colormap({1: SKY}), {0: 'none', 1: 'one'}, (CHIP,))


def test_it_lies_over_the_image_and_stays_one(reviewed, made):
    codes = np.zeros(reviewed.session.case.shape, np.uint8)
    shown(made, codes)
    layers = reviewed.viewer.layers
    assert layers.index('[sr] map') == layers.index('[sr] image') + 1
    np.testing.assert_array_equal(layers['[sr] map'].scale, layers['[sr] image'].scale)
    other = codes.copy()
    other[3] = 1
    shown(made, other)
    assert [layer.name for layer in layers].count('[sr] map') == 1
    np.testing.assert_array_equal(layers['[sr] map'].data, other)


def test_values_take_the_place_of_codes(reviewed, made):
    codes = np.zeros(reviewed.session.case.shape, np.uint8)
    shown(made, codes)
    values = np.full(codes.shape, np.nan, np.float32)
    values[0] = 0.5
    made.show_values(values, 'viridis', (0.0, 1.0))
    layer = reviewed.viewer.layers['[sr] map']
    assert layer.contrast_limits == [0.0, 1.0]
    assert not np.isnan(layer.data).any()


def test_it_goes_with_the_case_and_with_its_page(reviewed, raters_case, made):
    codes = np.zeros(reviewed.session.case.shape, np.uint8)
    shown(made, codes)
    reviewed.open_case(raters_case)
    assert '[sr] map' not in reviewed.viewer.layers
    shown(made, codes)
    made.hide()
    assert '[sr] map' not in reviewed.viewer.layers


def test_who_deletes_it_wants_it_no_more(reviewed, made):
    codes = np.zeros(reviewed.session.case.shape, np.uint8)
    shown(made, codes)
    reviewed.viewer.layers.remove('[sr] map')
    assert not made.is_shown
    shown(made, codes)
    assert made.is_shown


def test_nothing_of_the_model_lies_over_it(reviewed, made):
    painter = reviewed.painter
    painter.show_map('change')
    painter.show_masks('reference')
    codes = np.zeros(reviewed.session.case.shape, np.uint8)
    shown(made, codes)
    assert (painter.map, painter.masks) == ('none', 'none')
    made.hide()
    assert (painter.map, painter.masks) == ('change', 'reference')
    shown(made, codes)
    painter.show_map('errors')
    made.hide()
    assert (painter.map, painter.masks) == ('errors', 'none'), 'what a person chose meanwhile stays'
