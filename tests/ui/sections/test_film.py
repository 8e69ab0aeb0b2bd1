"""A preset as a film strip in a real window: its frames, played, paused, made anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from qtpy.QtCore import Qt

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb.presets import preset_levels


def names(explorer):
    return [entry.name for entry in explorer.session.state.stack]


def test_film_strip(explorer, perturb, qtbot, settle):
    film, state = perturb.film, explorer.session.state
    assert not film.isVisibleTo(perturb)
    action = next(action for action in perturb.presets.actions() if action.text() == 'Kamath 2025')
    action.trigger()
    assert film.isVisibleTo(perturb)
    qtbot.waitUntil(lambda: explorer.session.jobs.is_idle, timeout=30_000)
    frames = film.strip.frames
    assert frames._titles == ('easiest', 'easier', 'clean', 'harder', 'hardest')
    values = frames.values()
    assert None not in values
    assert values[4] < values[2]
    place = frames.box(4).center().toPoint()
    qtbot.mouseClick(frames, Qt.MouseButton.LeftButton, pos=place)
    levels = preset_levels('kamath-2025', 'texture', explorer.session.case.geometry.spacing_mm)
    assert state.stack == levels[4][1]
    assert frames.current == 4
    settle()
    assert explorer.session.plane.lanes[0].accuracy.metrics[1]['dice'].value == values[4]
    explorer.session.history.undo()
    assert names(explorer) == ['gaussian_noise', 'bias_field']
    assert frames.current is None
    film.close_.click()
    assert state.film is None
    assert not film.isVisibleTo(perturb)


def test_film_plays_and_is_one_step_of_undo(explorer, perturb, qtbot):
    film, seen = perturb.film, []
    film.strip.timer.setInterval(1)
    explorer.session.state.film = ('kamath-2025', 'texture')
    qtbot.waitUntil(lambda: explorer.session.jobs.is_idle, timeout=30_000)
    film.strip.chosen.connect(seen.append)
    film.strip.play.setChecked(True)
    qtbot.waitUntil(lambda: len(seen) >= 6, timeout=30_000)
    film.strip.play.setChecked(False)
    assert seen[:6] == [0, 1, 2, 3, 4, 3]
    explorer.session.history.undo()
    assert names(explorer) == ['gaussian_noise', 'bias_field']


def test_frames_that_are_played_fill_and_another_case_pauses(explorer, perturb, qtbot, ball_case, monkeypatch):
    film, frames = perturb.film, perturb.film.strip.frames
    monkeypatch.setattr(explorer.session.jobs, 'submit', lambda _job: None)  # as busy as it is while a film plays
    film.strip.timer.setInterval(1)
    explorer.session.state.film = ('kamath-2025', 'texture')
    assert frames.is_empty(0)
    film.strip.play.setChecked(True)
    qtbot.waitUntil(lambda: not any(frames.is_empty(number) for number in range(5)), timeout=30_000)
    assert None not in frames.values()
    other = replace(ball_case, name='another', image=ball_case.image + 1)
    explorer.open_case(other, [Lane(source='threshold')])
    assert not film.strip.is_playing()
    assert explorer.session.state.film is not None


def test_film_is_made_anew_for_another_slice(explorer, perturb, qtbot):
    explorer.session.state.film = ('kamath-2025', 'texture')
    qtbot.waitUntil(lambda: explorer.session.jobs.is_idle, timeout=30_000)
    made = []
    perturb.film.strip.frames.set_frame = lambda number, *_: made.append(number)
    index = explorer.session.state.plane.index
    explorer.viewer.dims.set_current_step(0, index + 1)
    qtbot.waitUntil(lambda: sorted(made) == [0, 1, 2, 3, 4], timeout=30_000)


def test_why_a_preset_cannot_be_used_is_said(explorer, perturb, ball_case, settle):
    wide = replace(ball_case.geometry, affine=ball_case.geometry.affine @ np.diag([1, 1, 3, 1]))
    explorer.open_case(replace(ball_case, geometry=wide), [Lane(source='threshold')])
    explorer.session.state.film = ('kamath-2025', 'texture')
    assert 'square pixels' in perturb.film.note.text()
    assert perturb.film.strip.frames.count() == 0
    settle()
