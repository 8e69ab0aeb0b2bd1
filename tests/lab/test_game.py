"""Guess first: nothing is shown before it was guessed; hands are counted; scenes come one after another."""

import pytest

from napari_segrobust.errors import LabError
from napari_segrobust.lab import SAME, Game, rows, scenes


@pytest.fixture
def game():
    return Game.of([scenes()[name] for name in ('structure_size', 'shape', 'alignment')])


def test_numbers_are_hidden_until_guessed(game):
    assert game.revealed == ()
    assert game.ask.text == game.scene.question.text
    assert game.answers == ('large', 'small', SAME)
    assert game.guess('large')
    assert [row.spec.key for row in game.revealed] == ['dice']
    assert game.last.right == ('large',)
    assert 'boundary' in game.ask.text.lower()
    assert not game.guess('small')
    assert game.guess(SAME)
    assert [row.spec.key for row in game.revealed] == ['dice', 'boundary_iou', 'hd']
    assert (game.tally.right, game.tally.wrong) == (2, 1)
    game.reveal()
    assert game.ask is None
    assert len(game.revealed) == len(game.scene.metrics)
    game.reveal()
    assert game.answered == len(game.asks)


def test_a_question_that_is_about_no_metric_comes_before_all_of_them(game):
    game.next_scene()
    assert game.guess('all branches, thin')
    assert game.revealed == ()
    assert len(game.asks) == 1 + len(game.scene.metrics)


def test_a_class_raises_hands(game):
    game.raise_hands('large', 12)
    game.raise_hands('small', 7)
    game.raise_hands(SAME, 3)
    game.raise_hands(SAME, 0)
    assert game.hands == {'large': 12, 'small': 7}
    game.reveal()
    assert game.hands == {}
    assert game.closed == ({'large': 12, 'small': 7},)
    assert (game.tally.right, game.tally.wrong) == (12, 7)


def test_a_number_revealed_without_a_guess_is_not_counted(game):
    game.reveal()
    game.reveal_all()
    assert game.ask is None
    assert (game.tally.right, game.tally.wrong) == (0, 0)


def test_scenes_come_one_after_another_and_hidden_again(game):
    game.guess('large')
    game.next_scene()
    assert (game.index, game.revealed, game.closed) == (1, (), ())
    game.previous_scene()
    assert game.revealed == ()
    game.previous_scene()
    assert game.index == 2
    game.guess(SAME)
    game.reset()
    assert game.revealed == ()
    assert game.tally.right == 2
    game.reset_tally()
    assert game.tally.right == 0


def test_a_wrong_word_is_no_answer(game):
    with pytest.raises(LabError, match='Choose one of large, small, same'):
        game.guess('medium')
    assert game.revealed == ()


def test_every_change_is_told_and_the_number_last(game):
    heard = []
    game.events.connect(lambda info: heard.append(info.signal.name))
    game.guess('large')
    assert heard[-1] == 'answered'
    assert set(heard) == {'hands', 'tally', 'closed', 'answered'}


def test_a_number_that_cannot_be_compared_is_only_shown():
    game = Game.of([scenes()['empty_maps']])
    assert game.guess('nothing there, nothing found')
    by_metric = {ask.row.spec.key: ask.right for ask in game.asks if ask.row is not None}
    assert by_metric['dice'] == ()
    assert by_metric['detection'] == ()
    before = game.tally
    game.guess('lesion missed')
    assert game.tally == before


def test_several_winners_are_all_right():
    table = {row.spec.key: row.right for row in rows(scenes()['single_voxels'])}
    assert table['hd95'] == ('large, one missing', 'large, two missing')
