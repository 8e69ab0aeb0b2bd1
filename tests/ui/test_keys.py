"""Every key does what the list of keys says, and is given back."""

from __future__ import annotations

import pytest
from napari.layers import Image, Labels, Points, Shapes
from qtpy.QtCore import Qt

from napari_segrobust.ui.canvas.context_box import ContextBox
from napari_segrobust.ui.canvas.layout import Layout
from napari_segrobust.ui.canvas.navigate import Navigator
from napari_segrobust.ui.keys import KEYS, Keys


def make_tools(canvas):
    kinds = (Layout, Navigator, ContextBox)
    return [kind(canvas.viewer, canvas.session, canvas.painter) for kind in kinds]


@pytest.fixture
def tools(qapp, canvas):
    made = make_tools(canvas)
    keys = Keys(canvas.viewer, canvas.session, canvas.painter, *made)
    yield made
    keys.close()
    for tool in made:
        tool.close()


def press(canvas, key: str):
    """Call what is bound to a key; a generator is what happens at press and release."""
    bound = next(action for name, action in canvas.viewer.keymap.items() if str(name) == key.replace('-', '+'))
    return bound(canvas.viewer)


def test_the_list_names_every_bound_key(canvas, tools):
    assert {str(key) for key in canvas.viewer.keymap} == {key.key.replace('-', '+') for key in KEYS}
    assert all(key.words for key in KEYS)


@pytest.mark.parametrize('layer_type', [Image, Labels, Points, Shapes], ids=lambda kind: kind.__name__)
def test_no_layer_takes_a_key_of_ours(layer_type):
    ours = {key.key.replace('-', '+') for key in KEYS}
    assert not ours & {str(key) for key in layer_type.class_keymap}


def test_hold_lasts_as_long_as_the_key(canvas, tools):
    held = press(canvas, 'H')
    next(held)
    assert canvas.painter.is_held
    with pytest.raises(StopIteration):
        next(held)
    assert not canvas.painter.is_held


def test_masks_go_round(canvas, tools):
    press(canvas, 'U')
    assert canvas.painter.masks == 'none'


def test_side_by_side(canvas, tools):
    press(canvas, 'G')
    assert tools[0].arrangement == 'clean'
    press(canvas, 'G')
    assert tools[0].arrangement == 'single'


def test_pin_and_unpin(canvas, tools):
    press(canvas, 'K')
    assert canvas.session.state.pin is not None
    assert canvas.session.history.can_undo
    press(canvas, 'K')
    assert canvas.session.state.pin is None


def test_errors_and_slices(canvas, tools):
    canvas.session.state.set_perturbation(0, severity=5.0)
    canvas.settle()
    assert press(canvas, 'N') == tools[1].items[0]
    assert press(canvas, 'Shift-N') == tools[1].items[-1]
    assert isinstance(press(canvas, 'J'), int)


def test_context_box(canvas, tools):
    press(canvas, 'W')
    assert canvas.viewer.layers.selection.active.mode == 'add_rectangle'


def test_keys_are_given_back(qapp, canvas):
    viewer = canvas.viewer
    before = dict(viewer.keymap)
    tools = make_tools(canvas)
    keys = Keys(viewer, canvas.session, canvas.painter, *tools)
    keys.close()
    keys.close()
    assert dict(viewer.keymap) == before
    for tool in tools:
        tool.close()


def test_real_keys_in_a_real_window(window, qtbot):
    canvas, widget = window
    tools = make_tools(canvas)
    keys = Keys(canvas.viewer, canvas.session, canvas.painter, *tools)
    qtbot.keyPress(widget, Qt.Key.Key_H)
    assert canvas.painter.is_held
    qtbot.keyRelease(widget, Qt.Key.Key_H)
    assert not canvas.painter.is_held
    qtbot.keyClick(widget, Qt.Key.Key_U)
    assert canvas.painter.masks == 'none'
    qtbot.keyClick(widget, Qt.Key.Key_G)
    assert canvas.viewer.canvas.grid.enabled
    qtbot.keyClick(widget, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    for tool in (keys, *tools):
        tool.close()
