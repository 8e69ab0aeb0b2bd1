"""A consensus as a reference: ties out, raters stay raters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.errors import ReviewError
from napari_segrobust.review import agree
from napari_segrobust.review.made import SOFT, make_consensus
from napari_segrobust.ui.review import consensus_use
from napari_segrobust.ui.review.consensus_use import reference_name, with_consensus


@pytest.fixture
def made(raters_case):
    def make(rule):
        return make_consensus(agree(dict(raters_case.references)), rule, raters_case.references)

    return make


def test_ties_are_out_and_the_name_and_the_note_say_so(raters_case, made):
    found = made('majority')
    case = with_consensus(raters_case, found, 1, raters_case.raters, 'region')
    name = 'consensus: strict majority of 4 raters (ties out)'
    assert reference_name(found) == name
    np.testing.assert_array_equal(case.references[name], found.array == 1)
    assert f'{found.ties:,} tied voxels are out' in case.notes[-1]
    assert case.provenance['references'][name]['consensus']['tied_voxels'] == found.ties > 0


def test_it_is_no_rater_also_where_nobody_had_the_role(raters_case, made):
    case = with_consensus(replace(raters_case, raters=()), made('union'), 1, tuple(raters_case.references), 'region')
    assert case.raters == tuple(raters_case.references)
    assert set(case.references) - set(case.raters) == {'consensus: union of 4 raters'}


def test_a_second_time_it_takes_its_own_place(raters_case, made):
    once = with_consensus(raters_case, made('majority'), 1, raters_case.raters, 'region')
    twice = with_consensus(once, made('majority'), 1, once.raters, 'whole array')
    assert list(twice.references) == list(once.references)
    assert len(twice.notes) == len(once.notes)


def test_the_soft_label_is_a_soft_reference(raters_case, made):
    case = with_consensus(raters_case, made(SOFT), 2, raters_case.raters, 'region')
    (name,) = case.soft_references
    channels = case.soft_references[name]
    mean = np.mean([mask > 0 for mask in raters_case.references.values()], axis=0)
    np.testing.assert_allclose(channels[2], mean, atol=1e-6)
    np.testing.assert_allclose(channels.sum(axis=0), 1)
    np.testing.assert_array_equal(case.references[name], 2 * (mean > 0.5))


def test_a_soft_reference_that_is_too_large_is_refused(raters_case, made, monkeypatch):
    monkeypatch.setattr(consensus_use, '_MOST_BYTES', 1000)
    with pytest.raises(ReviewError, match='channels of the whole image'):
        with_consensus(raters_case, made(SOFT), 1, raters_case.raters, 'region')
