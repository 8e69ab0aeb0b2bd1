"""What is called as published, otherwise and open: by the signs of the seeds alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.papers.findings import (
    NONE,
    Finding,
    compare_difference,
    compare_order,
    compare_with_several,
    tell_findings,
    weaker,
)
from napari_segrobust.papers.page import Page


@pytest.mark.parametrize(
    ('ours', 'published', 'kind'),
    [
        ([0.2, 0.3], 0.1, 'as published'),
        ([-0.2, -0.3], -0.1, 'as published'),
        ([-0.2, -0.3], 0.1, 'otherwise'),
        ([0.0, 0.005], 0.1, 'otherwise'),
        ([0.2, -0.3], 0.1, 'open'),
        ([0.2, 0.0], 0.1, 'open'),
        ([0.2, 0.3], 0.005, 'open'),
        ([0.2], 0.1, 'as published'),
    ],
)
def test_a_difference_is_judged_by_its_sign(ours, published, kind):
    found = compare_difference('Dice', 'A', 'B', ours, published)
    assert found.kind == kind
    assert found.what == 'Dice: A minus B'
    assert bool(found.note) == (kind == 'open')


@given(
    ours=st.lists(st.floats(-1, 1), min_size=1, max_size=4), published=st.floats(-1, 1), scale=st.sampled_from([1, -1])
)
def test_exchanging_the_two_changes_no_judgement(ours, published, scale):
    one = compare_difference('', 'A', 'B', ours, published)
    other = compare_difference('', 'A', 'B', [scale * value for value in ours], scale * published)
    assert one.kind == other.kind


def test_numbers_of_a_finding_are_those_of_the_seeds():
    found = compare_difference('Dice', 'A', 'B', [0.1, 0.2, 0.6], 0.25)
    assert found.here == '+0.300 (+0.100 to +0.600)'
    assert found.published == '+0.250'
    assert compare_difference('', 'A', 'B', [0.1], -0.2).here == '+0.100'


def test_several_data_sets_decide_when_all_but_one_agree():
    most = {'heart': -0.3, 'spleen': -0.4, 'busi': -0.1, 'glas': 0.02}
    assert compare_with_several('', 'A', 'B', [-0.2, -0.1], most).kind == 'as published'
    assert compare_with_several('', 'A', 'B', [0.2, 0.1], most).kind == 'otherwise'
    split = {**most, 'busi': NONE / 2}
    found = compare_with_several('', 'A', 'B', [-0.2, -0.1], split)
    assert (found.kind, found.note) == ('open', 'the data sets disagree')
    assert found.published == 'heart -0.300, spleen -0.400, busi +0.005, glas +0.020'
    assert compare_with_several('', 'A', 'B', [-0.2, 0.1], most).note == 'the seeds disagree'


def test_an_order_must_be_that_of_every_seed():
    published = {'A': 0.9, 'B': 0.5}
    assert compare_order('', {'A': [0.8, 0.7], 'B': [0.1, 0.2]}, published).kind == 'as published'
    assert compare_order('', {'A': [0.1, 0.2], 'B': [0.8, 0.7]}, published).kind == 'otherwise'
    found = compare_order('Dice', {'A': [0.8, 0.2], 'B': [0.1, 0.7]}, published)
    assert (found.kind, found.note) == ('open', '1 of 2 seeds have the published order')
    assert (found.here, found.published) == ('A 0.500, B 0.400', 'A 0.900, B 0.500')


def test_weak_networks_are_named_and_doubted():
    assert weaker({'A': [0.5, 0.7], 'B': [0.9]}, {'A': 0.9, 'B': 0.95}) == ['A: 0.600 here, 0.900 published.']
    doubted = Finding('as published', 'what', '1', '2').doubted('weak')
    assert (doubted.kind, doubted.note) == ('open', 'weak')
    assert Finding('open', 'what', '1', '2', 'seeds').doubted('weak').note == 'seeds; weak'


def test_a_page_tells_each_kind_under_its_head():
    page = Page('t')
    tell_findings(page, [Finding('otherwise', 'first', '+1', '-1'), Finding('open', 'second', '+1', '0')], ['A: weak'])
    parts = page.markdown().split('## ')
    by_head = {part.splitlines()[0]: part for part in parts}
    assert '| first | +1 | -1 |' in by_head['What came out otherwise']
    assert 'Nothing that was compared' in by_head['What came out as published']
    assert 'second' in by_head['What stays open']
    assert '- A: weak' in by_head['Weak or fragile']
