"""Stacks from files and presets in a real window: recipes, the film strip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from napari.layers import Labels
from qtpy.QtCore import Qt

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb.presets import preset_levels


def test_recipe_round_trip(explorer, perturb, qtbot, tmp_path, settle):
    state, path = explorer.session.state, tmp_path / 'liver.json'
    mask = np.zeros(explorer.session.case.shape, np.uint8)
    mask[:, :, :10] = 1
    explorer.viewer.add_layer(Labels(mask, name='mine'))
    perturb.rows[0].region.setCurrentText('layer: mine')
    perturb.rows[0].region.textActivated.emit('layer: mine')  # as a hand does
    qtbot.waitUntil(lambda: state.stack[0].region.kind == 'mask', timeout=20_000)
    perturb.one_seed.setChecked(True)
    before = state.stack
    first = before[:1]
    perturb.save_recipe(path)
    qtbot.waitUntil(path.exists, timeout=20_000)
    perturb.one_seed.setChecked(False)
    state.set_stack(first)
    explorer.session.history.commit()
    perturb.load_recipe(path)
    qtbot.waitUntil(lambda: len(state.stack) == 2, timeout=20_000)
    same = [entry.model_copy(update={'version': None}) for entry in state.stack]
    assert same == [entry.model_copy(update={'version': None}) for entry in before]
    assert state.seed == 7
    settle()
    explorer.session.history.undo()
    assert state.stack == first


def test_a_bad_recipe_is_one_line(explorer, perturb, qtbot, tmp_path):
    path = tmp_path / 'no.json'
    path.write_text('nothing')
    before = explorer.session.state.stack
    perturb.load_recipe(path)
    qtbot.waitUntil(lambda: explorer.session.status.kind == 'failed', timeout=20_000)
    assert 'no.json is no recipe' in explorer.session.status.text
    assert explorer.session.state.stack == before


# -- film strip -----------------------------------------------------------------------------------------------------


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
    assert [entry.name for entry in explorer.session.state.stack] == ['gaussian_noise', 'bias_field']
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
    assert [entry.name for entry in explorer.session.state.stack] == ['gaussian_noise', 'bias_field']


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
