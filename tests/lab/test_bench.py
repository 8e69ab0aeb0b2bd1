"""A scene under the hands of a person: edits apply to the original, numbers follow, reset brings all back."""

import numpy as np
import pytest

from napari_segrobust.errors import CompareError
from napari_segrobust.lab import Bench, Game, MaskEdit, rows, scenes


@pytest.fixture
def bench():
    return Bench(scene=scenes()['alignment'])


def dice(bench):
    return [value.value for value in bench.rows[0].values.values()]


def test_nothing_done_is_the_scene(bench):
    assert not bench.changed
    assert dice(bench) == [0.5, 0.5]
    for pane, drawn in zip(bench.panes, bench.scene.draw(), strict=True):
        np.testing.assert_array_equal(pane.prediction, drawn.prediction)


def test_numbers_follow_an_edit_and_come_back(bench):
    index = bench.add(1, MaskEdit(name='shift', amount=0, offset=(0, -1)))
    assert not bench.changed
    found = []
    for amount in (0, 1, 2, 3, 0):
        bench.change(1, index, amount=amount)
        found.append(dice(bench)[1])
    assert found == pytest.approx([1 / 2, 2 / 3, 5 / 6, 1, 1 / 2])
    assert dice(bench)[0] == 0.5


def test_edits_follow_one_another_and_are_taken_away(bench):
    bench.add(0, MaskEdit(name='dilate', amount=2))
    bench.add(0, MaskEdit(name='empty', amount=1))
    assert dice(bench)[0] == 0
    bench.remove(0, 1)
    assert dice(bench)[0] > 0.5
    bench.reset()
    assert (bench.edits, bench.changed) == ({}, False)


def test_settings_and_outer_contours():
    bench = Bench(scene=scenes()['over_under'])
    bench.settings = {'beta': 1.0}
    table = {row.spec.key: row for row in bench.rows}
    small, large = table['f_beta'].values.values()
    assert (small.value, large.value) == pytest.approx((0.4, 0.615), abs=1e-3)
    bench.settings = {'beta': -1.0}
    with pytest.raises(CompareError, match='Beta unusable'):
        bench.rows  # noqa: B018  # computing it is what fails
    bench.open(scenes()['holes'])
    assert bench.settings == {}
    bench.outer_contours = True
    assert bench.rows[0].values['a hole inside'].value == 0


def test_every_change_is_told_once(bench):
    heard = []
    bench.events.connect(lambda info: heard.append(info.signal.name))
    bench.add(0, MaskEdit(name='erode', amount=1))
    bench.change(0, 0, amount=2)
    bench.outer_contours = True
    assert heard == ['edits', 'edits', 'outer_contours']


def test_hidden_numbers_stay_hidden_after_an_edit(bench):
    game = Game.of([bench.scene])
    bench.add(0, MaskEdit(name='erode', amount=1))
    assert game.visible(bench.rows) == ()
    game.guess('same')
    assert [row.spec.key for row in game.visible(bench.rows)] == ['dice']


def test_a_scene_keeps_its_own_numbers(bench):
    bench.add(0, MaskEdit(name='fill_all', amount=1))
    before = [dict(row.values) for row in rows(bench.scene)]
    bench.reset()
    assert [dict(row.values) for row in bench.rows] == before
