"""Perturb a layer: the widget of the Plugins menu, with real layers."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.perturb.single import perturb
from napari_segrobust.ui.inputs.perturb_layer import RECORD_KEY

DISPLAY = 'Perturb a layer'


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).normal(100, 20, (6, 24, 24)).astype(np.float32)


@pytest.fixture
def perturbed(make_napari_viewer, qtbot):
    """Open the widget from the plugin, set it, press the button, and give back the new layer."""
    viewer = make_napari_viewer()

    def press(data, severity=2.0, name='gaussian_noise', **options):
        layer = viewer.add_image(data, **options)
        before = np.array(layer.data)
        _, widget = viewer.window.add_plugin_dock_widget('napari-segrobust', DISPLAY)
        widget.image.value, widget.perturbation.value, widget.severity.value = layer, name, severity
        widget.call_button.native.click()
        qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=20_000)
        np.testing.assert_array_equal(layer.data, before)
        return viewer.layers[1]

    return press


def test_severity_0_is_the_image_itself(perturbed, image):
    np.testing.assert_array_equal(perturbed(image, severity=0.0).data, image)


def test_it_is_what_the_api_gives(perturbed, image):
    layer = perturbed(image, scale=(3.0, 1.0, 1.0), units=('mm',) * 3)
    np.testing.assert_array_equal(layer.data, perturb(image, 'gaussian_noise', 2.0, 7, spacing=(3.0, 1.0, 1.0)))
    np.testing.assert_allclose(layer.scale, (3.0, 1.0, 1.0))
    assert 'SIMULATED gaussian noise, severity 2' in layer.name
    assert layer.metadata[RECORD_KEY]['seed'] == 7


def test_colours_stay_colours(perturbed):
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    layer = perturbed(picture, name='gaussian_blur', rgb=True)
    assert layer.rgb
    assert layer.data.dtype == np.uint8
    assert (layer.data != picture).any()


def test_an_image_that_cannot_be_perturbed_is_refused_in_words(make_napari_viewer, qtbot):
    from napari.utils.notifications import notification_manager

    viewer = make_napari_viewer()
    viewer.add_image(np.zeros((2, 2, 6, 8, 8), np.float32))
    _, widget = viewer.window.add_plugin_dock_widget('napari-segrobust', DISPLAY)
    widget.call_button.native.click()
    qtbot.waitUntil(lambda: any('Image unusable' in n.message for n in notification_manager.records), timeout=20_000)
    assert len(viewer.layers) == 1
