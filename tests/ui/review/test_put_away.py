"""What the explorer draws itself gives way to what the review draws, and comes back."""

from __future__ import annotations

import pytest

from napari_segrobust.ui.review.put_away import PutAway


@pytest.fixture
def painter(reviewed):
    reviewed.painter.show_map('errors')
    reviewed.painter.show_masks('both')
    return reviewed.painter


@pytest.fixture
def put_away(painter):
    return PutAway(painter)


def seen(painter):
    return painter.map, painter.masks


def test_it_comes_back_when_nobody_asks_any_more(painter, put_away):
    put_away.ask('a')
    put_away.ask('a')
    put_away.ask('b')
    assert seen(painter) == ('none', 'none')
    put_away.ask('a', False)
    assert seen(painter) == ('none', 'none')
    put_away.ask('b', False)
    assert seen(painter) == ('errors', 'both')
    painter.show_map('change')
    put_away.ask('b', False)
    assert seen(painter) == ('change', 'both')


def test_what_a_person_chose_meanwhile_stays(painter, put_away):
    put_away.ask('a')
    painter.show_map('change')
    put_away.ask('a', False)
    assert seen(painter) == ('change', 'none')


def test_who_asks_later_hides_that_too(painter, put_away):
    put_away.ask('a')
    painter.show_masks('reference')
    put_away.ask('b')
    assert seen(painter) == ('none', 'none')
    put_away.ask('a', False)
    put_away.ask('b', False)
    assert seen(painter) == ('none', 'reference')
