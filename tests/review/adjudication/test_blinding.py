"""Letters stand for raters in an order that is drawn, and can be drawn again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.review.adjudication.blinding import Blinding

NAMES = st.lists(st.text('abcdef', min_size=1, max_size=4), min_size=2, max_size=32, unique=True)


def test_by_name_the_order_stays():
    assert Blinding.drawn(['b', 'a'], blinded=False).order == ('b', 'a')


@given(NAMES, st.integers(0, 2**32 - 1))
def test_each_rater_has_a_letter_of_its_own(names, seed):
    blinding = Blinding.drawn(names, seed=seed)
    assert sorted(blinding.order) == sorted(names)
    assert [blinding.rater(blinding.letter(name)) for name in names] == names
    assert Blinding.drawn(names[::-1], seed=seed) == blinding


def test_every_order_occurs():
    orders = {Blinding.drawn('abc', seed=seed).order for seed in range(100)}
    assert len(orders) == 6


def test_without_a_seed_one_is_drawn_and_kept():
    blinding = Blinding.drawn('abcdefgh')
    assert Blinding.drawn('abcdefgh', seed=blinding.seed) == blinding
    assert len({Blinding.drawn('abcdefgh').seed for _ in range(5)}) > 1
