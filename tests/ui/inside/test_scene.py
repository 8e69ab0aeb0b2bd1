"""The scene for a lecture: two networks with and without skip connections, under noise, side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.ui.docks import find_panel, open_docks
from napari_segrobust.ui.inside import scene
from napari_segrobust.ui.inside.room import show_inside
from napari_segrobust.ui.inside.scene import NETWORKS, NOISE, open_scene


@pytest.fixture
def explorer(make_napari_viewer):
    """In a window that is seen: a dock that is not measures nothing."""
    made, _, _ = open_docks(make_napari_viewer(show=True))
    yield made
    assert made.shutdown()


@pytest.fixture
def small_sample(monkeypatch, ball_case):
    """The scene in seconds: noise in place of the brain."""
    image = np.random.default_rng(0).normal(size=ball_case.image.shape).astype(np.float32)
    monkeypatch.setattr(scene, 'load_sample', lambda _name: replace(ball_case, image=image))


def test_it_opens_from_the_menu_of_samples(qtbot, make_napari_viewer, small_sample):
    viewer = make_napari_viewer(show=True)
    for data, options, kind in open_scene():
        getattr(viewer, f'add_{kind}')(data, **options)
    qtbot.waitUntil(lambda: find_panel(viewer) is not None, timeout=60_000)
    explorer = find_panel(viewer).explorer
    dock = show_inside(viewer)
    session = explorer.session
    qtbot.waitUntil(lambda: session.settled and session.jobs.is_idle, timeout=120_000)
    assert [lane.source for lane in session.state.lanes] == list(NETWORKS)
    assert session.state.stack == (NOISE,)
    assert explorer.layout.arrangement == 'lanes'
    assert [pane.title for pane in dock.chart.panes] == list(NETWORKS)
    assert all(len(pane.change.severities) == 11 for pane in dock.chart.panes)
    assert explorer.shutdown()


def test_it_opens_by_the_command_line(qtbot, explorer, small_sample):
    scene.show_scene(explorer)
    session = explorer.session
    qtbot.waitUntil(lambda: session.case is not None and len(session.models) == 2, timeout=60_000)
    dock = show_inside(explorer.viewer)
    qtbot.waitUntil(lambda: session.settled and session.jobs.is_idle, timeout=60_000)
    assert [pane.title for pane in dock.chart.panes] == list(NETWORKS)
    assert dock.chart.severity == NOISE.severity
