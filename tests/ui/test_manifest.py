"""What the manifest promises is there: every name resolves, every action of the panel is a command."""

from __future__ import annotations

from importlib import import_module

import pytest
from npe2 import PluginManifest

from napari_segrobust.cases import samples
from napari_segrobust.ui import commands
from napari_segrobust.ui.docks import PANEL_NAME, find_panel
from napari_segrobust.ui.inside.scene import SCENE
from napari_segrobust.ui.launch import PITFALLS

MANIFEST = PluginManifest.from_distribution('napari-segrobust')
COMMANDS = {command.id.partition('.')[2]: command for command in MANIFEST.contributions.commands}


@pytest.mark.parametrize('name', COMMANDS)
def test_every_command_names_something_callable(name):
    module, _, attribute = COMMANDS[name].python_name.partition(':')
    assert callable(getattr(import_module(module), attribute))


def test_every_function_of_the_commands_file_is_a_command():
    public = {n for n, f in vars(commands).items() if getattr(f, '__module__', '') == commands.__name__ and n[0] != '_'}
    promised = {c.python_name.partition(':')[2] for c in COMMANDS.values() if 'ui.commands' in c.python_name}
    assert public == promised


def test_every_sample_is_in_the_menu_under_its_title():
    shown = {entry.key: entry.display_name for entry in MANIFEST.contributions.sample_data}
    assert shown.pop(PITFALLS) == 'Metric pitfalls'
    assert shown.pop(SCENE).startswith('Inside the network')
    assert shown == {spec.name: spec.title for spec in samples().values()}


def test_the_dock_has_the_name_under_which_napari_toggles_it():
    widget = MANIFEST.contributions.widgets[0]
    assert f'{widget.display_name} ({MANIFEST.display_name})' == PANEL_NAME


def test_the_plugin_menu_makes_the_panel_of_the_current_viewer(make_napari_viewer):
    viewer = make_napari_viewer()
    _, widget = viewer.window.add_plugin_dock_widget('napari-segrobust')
    assert find_panel(viewer) is widget
    assert widget.explorer.viewer is viewer
    assert widget.explorer.shutdown()
