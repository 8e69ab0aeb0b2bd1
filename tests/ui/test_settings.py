"""Settings are declared in the manifest, read when an explorer starts, and written by napari."""

from __future__ import annotations

import pytest
from napari.settings import get_plugin_settings
from npe2 import PluginManifest

from napari_segrobust.explore.session import DEFAULT_METRICS
from napari_segrobust.ui.settings import GROUP, PLUGIN, Settings, read_settings


@pytest.fixture
def stored(npe2pm, plugin_settings):
    npe2pm.register(PluginManifest.from_distribution(PLUGIN))
    return getattr(get_plugin_settings(PLUGIN), GROUP)


def test_defaults_of_the_manifest_are_those_of_the_code(stored):
    assert read_settings() == Settings()


def test_what_was_stored_is_read(stored):
    stored.tolerance_mm = 3.5
    stored.metrics = 'hd95, dice, gone'
    stored.cache_mb = 64
    stored.device = 'cpu'
    settings = read_settings()
    assert settings.tolerance_mm == 3.5
    assert settings.metrics == ('hd95', 'dice')
    assert settings.cache_bytes == 64 << 20
    assert settings.device == 'cpu'


def test_no_known_metric_means_the_default_ones(stored):
    stored.metrics = 'nothing, of, this'
    assert read_settings().metrics == DEFAULT_METRICS


def test_a_star_is_kept_on_disk(stored):
    settings = read_settings()
    settings.set_favourite('hd95', True)
    settings.set_favourite('dice', False)
    assert settings.favourites == ('nsd', 'hd95')
    assert read_settings().favourites == ('nsd', 'hd95')
    assert 'nsd, hd95' in get_plugin_settings(PLUGIN).config_path.read_text()


def test_the_floor_of_the_list_is_kept_on_disk(stored):
    settings = read_settings()
    settings.set_error_floor(0.25)
    assert read_settings().error_floor_ml == 0.25
    assert 'error_floor_ml: 0.25' in get_plugin_settings(PLUGIN).config_path.read_text()


def test_a_plugin_that_napari_does_not_know_has_defaults(npe2pm, plugin_settings):
    assert read_settings() == Settings()
    Settings().set_favourite('hd95', True)


def test_an_explorer_starts_with_them(stored, make_napari_viewer):
    from napari_segrobust.ui.app import Explorer

    stored.tolerance_mm, stored.map_opacity, stored.metrics = 1.5, 0.4, 'dice, nsd'
    stored.error_floor_ml = 0.5
    explorer = Explorer.of(make_napari_viewer())
    assert explorer.session.state.tolerance_mm == 1.5
    assert explorer.painter.map_opacity == 0.4
    assert explorer.navigator.floor_ml == 0.5
    assert explorer.session.metrics == ('dice', 'nsd')
    assert not explorer.session.history.can_undo
    assert explorer.shutdown()
