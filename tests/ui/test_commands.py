"""Commands act on the current viewer, as the palette calls them."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog, QLabel

from napari_segrobust.explore.state import Lane
from napari_segrobust.ui import commands
from napari_segrobust.ui.docks import find_panel


@pytest.fixture
def opened(qtbot, explorer, panel, ball_case):
    explorer.open_case(ball_case, [Lane(source='threshold')])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=60_000)
    return explorer


def severity(explorer):
    return explorer.session.state.stack[0].severity


def drag(explorer, value):
    explorer.session.state.set_perturbation(0, severity=value)
    explorer.session.history.commit()


def test_undo_and_redo_follow_the_history(qtbot, opened, panel):
    header = panel.header
    assert not header.undo.isEnabled()
    drag(opened, 2.0)
    assert header.undo.isEnabled()
    assert not header.redo.isEnabled()
    commands.undo()
    assert severity(opened) == 0.0
    assert not header.undo.isEnabled()
    assert header.redo.isEnabled()
    qtbot.mouseClick(header.redo, Qt.MouseButton.LeftButton)
    assert severity(opened) == 2.0


def test_reset_sets_severities_to_zero(opened):
    drag(opened, 2.0)
    commands.reset()
    assert severity(opened) == 0.0


def test_pin_and_unpin(opened):
    commands.pin()
    assert opened.session.state.pin is not None
    commands.pin()
    assert opened.session.state.pin is None


def test_view_commands(opened):
    commands.cycle_masks()
    assert opened.painter.masks == 'none'
    commands.show_clean()
    assert opened.painter.is_held
    commands.show_clean()
    assert not opened.painter.is_held
    commands.side_by_side()
    assert opened.layout.arrangement == 'clean'
    commands.side_by_side()
    assert opened.layout.arrangement == 'single'


def test_commands_without_anything_to_do_say_so(explorer, panel):
    for command in (commands.next_error, commands.previous_error, commands.worst_slice, commands.use_layers):
        command()
    commands.cancel()
    commands.copy_command()


def test_diagnostics_reach_the_clipboard(opened):
    commands.copy_diagnostics()
    assert 'gl vendor:' in QGuiApplication.clipboard().text()


def test_an_export_asks_where(opened, monkeypatch, tmp_path):
    asked = []

    def answer(_parent, title, proposed, types):
        asked.append((title, proposed, types))
        return str(tmp_path / 'table'), types

    monkeypatch.setattr('napari_segrobust.ui.header.QFileDialog.getSaveFileName', answer)
    commands.export_table()
    assert asked[0][1] == 'ball_table.csv'
    assert (tmp_path / 'table.csv').exists()


def test_the_keys_are_listed(panel):
    commands.show_keys()
    card = panel.header.card
    assert card.isVisible()
    assert 'next error' in [label.text() for label in card.findChildren(QLabel)]
    card.reject()


def test_a_command_opens_the_panel_where_there_is_none(make_napari_viewer):
    viewer = make_napari_viewer()
    assert find_panel(viewer) is None
    commands.open_panel()
    panel = find_panel(viewer)
    commands.open_panel()
    assert find_panel(viewer) is panel
    assert panel.explorer.shutdown()


def test_menu_offers_every_export_and_copy(panel):
    titles = [action.text() for action in panel.header.menu.actions()]
    assert titles[:6] == [f'{words} ...' for words, *_ in panel.header.export.kinds.values()]
    assert titles[-1] == 'Copy'


def test_commands_of_the_stack(opened, panel):
    commands.add_perturbation()
    assert panel.perturb.picker.isVisible()
    panel.perturb.picker.reject()
    panel.perturb.add_entry('bias_field')
    commands.physical_order()
    assert [entry.name for entry in opened.session.state.stack] == ['bias_field', 'gaussian_noise']
    commands.network_view()
    assert 'network' in opened.session.state.extras
    commands.network_view()
    assert 'network' not in opened.session.state.extras


def test_recipes_ask_for_a_file(opened, panel, monkeypatch, tmp_path, qtbot):
    path = tmp_path / 'stack.json'
    monkeypatch.setattr(QFileDialog, 'getSaveFileName', lambda *_: (str(path), ''))
    monkeypatch.setattr(QFileDialog, 'getOpenFileName', lambda *_: (str(path), ''))
    drag(opened, 2.0)
    commands.save_recipe()
    qtbot.waitUntil(path.exists, timeout=20_000)
    drag(opened, 1.0)
    commands.load_recipe()
    qtbot.waitUntil(lambda: severity(opened) == 2.0, timeout=20_000)
    monkeypatch.setattr(QFileDialog, 'getSaveFileName', lambda *_: ('', ''))
    assert not panel.perturb.ask_to_save()
