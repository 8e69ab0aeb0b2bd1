"""The dock in a real window: a voxel is clicked, its field drawn, a layer's maps shown, altered lanes added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from qtpy.QtCore import QPoint, Qt

from napari_segrobust.context import Context
from napari_segrobust.explore.state import Lane
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui import commands
from napari_segrobust.ui.docks import RESULTS_NAME
from napari_segrobust.ui.inside.field_layers import EFFECTIVE, OUTLINE
from napari_segrobust.ui.inside.field_words import NOBODY
from napari_segrobust.ui.inside.map_layer import NAME
from napari_segrobust.ui.inside.room import show_inside
from napari_segrobust.ui.windows.room import toggle_windows


def unet(name: str = 'UNet') -> TorchSegmenter:
    torch.manual_seed(len(name))
    architecture = {'name': name, 'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2}
    network = build_network({**architecture, 'channels': [4, 8, 8], 'strides': [2, 2], 'norm': 'batch'})
    return TorchSegmenter(network, ModelSpec(name=name, dimensions=2, classes=('background', 'object')), name)


@pytest.fixture
def explorer(kept_explorer):
    """In a window that is seen: a dock that is not measures nothing."""
    return kept_explorer


@pytest.fixture
def staged(qtbot, explorer, panel, ball_case):
    """Two networks on the ball, and the dock, opened by its button."""
    session = explorer.session
    image = np.random.default_rng(0).normal(size=ball_case.image.shape).astype(np.float32)
    session.models.update({'UNet': unet(), 'NoSkipUNet': unet('NoSkipUNet')})
    explorer.open_case(replace(ball_case, image=image), [Lane(source='UNet'), Lane(source='NoSkipUNet')])
    panel.model.inside.click()
    dock = show_inside(explorer.viewer)
    qtbot.waitUntil(lambda: session.settled and session.jobs.is_idle, timeout=60_000)
    return dock


def test_it_shares_the_place_of_the_results_also_where_another_dock_floats(explorer):
    toggle_windows(explorer.viewer)
    dock = show_inside(explorer.viewer).parentWidget()
    tabs = dock.parentWidget().tabifiedDockWidgets(dock)
    assert [other.windowTitle() for other in tabs] == [RESULTS_NAME]


def settle(qtbot, dock):
    qtbot.waitUntil(lambda: dock.session.settled and dock.session.jobs.is_idle, timeout=60_000)


def test_curves_come_by_themselves_and_follow_the_slider(qtbot, staged):
    assert [pane.title for pane in staged.chart.panes] == ['UNet', 'NoSkipUNet']
    assert all(len(pane.change.severities) == 11 for pane in staged.chart.panes)
    assert staged.note.text() == 'gaussian noise, slice 6 of axis 0'
    kinds = {point.kind for point in staged.chart.panes[1].change.points}
    assert kinds == {'encoder', 'bottleneck', 'decoder'}
    staged.session.state.set_perturbation(0, severity=2.0)
    settle(qtbot, staged)
    assert staged.chart.severity == 2.0
    staged.session.state.stack = ()
    settle(qtbot, staged)
    assert staged.chart.panes[0].words == 'Add a perturbation first.'


def test_a_voxel_is_clicked_on_the_canvas(qtbot, explorer, staged, drawn_on):
    assert staged.field.text() == NOBODY
    staged.pick.click()
    assert staged.voxel_pick.is_on
    canvas = drawn_on(explorer.viewer)
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    settle(qtbot, staged)
    assert staged.watch.voxel is not None
    assert staged.watch.voxel[0] == 6
    assert all(abs(v - 12) <= 1 for v in staged.watch.voxel[1:])
    # A drag moves the picture and picks nothing.
    before = staged.watch.voxel
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(20, 10))
    qtbot.mouseMove(canvas, middle + QPoint(60, 40))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 40))
    assert staged.watch.voxel == before
    commands.pick_voxel()
    assert not staged.voxel_pick.is_on
    assert not staged.pick.isChecked()


def test_the_field_is_drawn_and_never_stale(qtbot, staged, explorer):
    viewer, session = explorer.viewer, explorer.session
    staged.watch.pick((6, 10, 12))
    assert 'pending' in staged.field.text()
    settle(qtbot, staged)
    field = staged.watch.field
    assert 'can see' in staged.field.text()
    np.testing.assert_array_equal(viewer.layers[EFFECTIVE].data, field.effective)
    outline = viewer.layers[OUTLINE]
    box = np.concatenate(
        [data for data, kind in zip(outline.data, outline.shape_type, strict=True) if kind == 'rectangle']
    )
    assert (box[:, 0] == 6).all()
    for axis in (1, 2):
        assert (box[:, axis].min(), box[:, axis].max()) == field.box[axis]
    # Another severity: until its own field is there nothing old is seen.
    session.state.set_perturbation(0, severity=4.0)
    assert viewer.layers[EFFECTIVE].opacity == 0
    assert 'rectangle' in outline.shape_type, 'what can be seen is the same at each severity'
    settle(qtbot, staged)
    assert viewer.layers[EFFECTIVE].opacity == 1
    assert staged.watch.field is not field
    # Another network: its box is another one, perhaps.
    staged.lane.setCurrentIndex(1)
    assert 'rectangle' not in outline.shape_type
    settle(qtbot, staged)
    assert 'rectangle' in outline.shape_type
    assert 'pending' not in staged.field.text()
    # Another slice: the field of a network that sees one slice is not on it.
    viewer.dims.set_current_step(0, 3)
    assert len(outline.data) == 0
    viewer.dims.set_current_step(0, 6)
    assert len(outline.data) > 0
    # Who deletes the outline wants the field no more.
    viewer.layers.remove(OUTLINE)
    assert staged.watch.voxel is None
    assert EFFECTIVE not in viewer.layers


def test_what_a_context_box_cuts_off_is_hatched(qtbot, staged, explorer):
    session = explorer.session
    lines = []
    for box in (None, ((0, 12), (8, 24), (0, 24))):
        for index in range(2):
            session.state.set_lane(index, context=Context(box=box))
        staged.watch.pick((6, 10, 12))
        settle(qtbot, staged)
        kinds = list(explorer.viewer.layers[OUTLINE].shape_type)
        lines.append(kinds.count('line') - 2)
    assert lines[0] == 0 or staged.watch.field.cut_off > 0
    assert lines[1] > lines[0]
    assert 'cut off' in staged.field.text()


def test_a_layer_is_chosen_and_its_maps_follow(qtbot, staged, explorer):
    viewer, session = explorer.viewer, explorer.session
    session.state.set_perturbation(0, severity=3.0)
    settle(qtbot, staged)
    change = staged.watch.change(0)
    row = next(i for i, point in enumerate(change.points) if point.kind == 'decoder' and point.level == 0)
    at = staged.chart.place(0, 5.0, float(change.values[row, -1])).toPoint()
    qtbot.mouseClick(staged.chart, Qt.MouseButton.LeftButton, pos=at)
    settle(qtbot, staged)
    assert staged.watch.chosen is not None
    assert staged.maps_title.text() == f'{staged.watch.chosen[1].title} of UNet'
    maps = staged.watch.maps
    assert staged.channel.maximum() == len(maps.channels) - 1
    staged.on_canvas.setChecked(True)
    shown = next(layer for layer in viewer.layers if layer.name.startswith(NAME))
    np.testing.assert_array_equal(shown.data, maps.perturbed[0])
    staged.channel.setValue(1)
    shown = next(layer for layer in viewer.layers if layer.name.startswith(NAME))
    assert shown.name.endswith(f'channel {maps.channels[1]}')
    session.state.set_perturbation(0, severity=1.0)
    assert not any(layer.name.startswith(NAME) for layer in viewer.layers), 'it belongs to severity 3'
    settle(qtbot, staged)
    assert any(layer.name.startswith(NAME) for layer in viewer.layers)
    staged.on_canvas.setChecked(False)
    assert not any(layer.name.startswith(NAME) for layer in viewer.layers)


def test_altered_networks_are_lanes_like_others(qtbot, explorer, panel, ball_case):
    session = explorer.session
    image = np.random.default_rng(0).normal(size=ball_case.image.shape).astype(np.float32)
    explorer.open_case(replace(ball_case, image=image), [Lane(source='brain-unet')])
    dock = show_inside(explorer.viewer)
    qtbot.waitUntil(lambda: session.settled and not session.loader.loading, timeout=60_000)
    dock.add.click()
    words = [action.text() for action in dock.menu.actions() if action.text()]
    assert words[0] == 'reflect padding'
    dock.menu.actions()[0].trigger()
    next(action for action in dock.menu.actions() if action.text().startswith('skip gain 0.5')).trigger()
    dock.menu.close()
    qtbot.waitUntil(lambda: session.settled and len(dock.watch.networks) == 3, timeout=60_000)
    assert [lane.title for lane in session.state.lanes] == [
        'brain-unet',
        'brain-unet with reflect padding',
        'brain-unet with skip gain 0.5',
    ]
    base, padded, _ = (session.models[lane.model_id] for lane in session.state.lanes)
    assert base.module is not padded.module
    shared = zip(base.module.parameters(), padded.module.parameters(), strict=True)
    assert all(one.data_ptr() == other.data_ptr() for one, other in shared)
    assert len({session.models[lane.model_id].key for lane in session.state.lanes}) == 3
    # The slider of a lane that has a gain moves it, and the old model goes.
    assert dock._gain_line.isHidden()
    dock.lane.setCurrentIndex(2)
    assert not dock._gain_line.isHidden()
    assert dock.gain.value() == 0.5
    dock.gain.box.setValue(0.0)
    qtbot.waitUntil(lambda: session.settled and 'brain-unet with skip gain 0' in session.models, timeout=60_000)
    assert session.state.lanes[2].source == 'brain-unet with skip gain 0'
    assert 'brain-unet with skip gain 0.5' not in session.models
    assert 'A probe, not a replication' in ' '.join(session.loader.notes['brain-unet with skip gain 0'])


def test_lanes_and_cases_go_while_it_is_open(qtbot, staged, explorer, ball_case):
    session = explorer.session
    session.state.lanes = session.state.lanes[:1]
    settle(qtbot, staged)
    assert [pane.title for pane in staged.chart.panes] == ['UNet']
    explorer.open_case(replace(ball_case, name='other'), [])
    settle(qtbot, staged)
    assert not staged.chart.panes
    assert not staged.pick.isEnabled()


def test_hidden_it_measures_nothing(qtbot, staged, explorer):
    commands.inside_network()
    assert not staged.isVisible()
    explorer.viewer.dims.set_current_step(0, 4)
    qtbot.waitUntil(lambda: explorer.session.settled, timeout=60_000)
    assert explorer.session.jobs.is_idle
    commands.inside_network()
    assert show_inside(explorer.viewer) is staged
    settle(qtbot, staged)
    assert staged.note.text().endswith('slice 4 of axis 0')
