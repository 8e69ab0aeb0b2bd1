"""Labels by name: numbers follow the names, and one number under two names is refused."""

from __future__ import annotations

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.errors import ReviewError
from napari_segrobust.review.meaning import differing, labels_of, values_of

NAMES = {'A': {1: 'Left lung', 2: 'liver'}, 'B': {1: 'liver', 2: 'left-lung'}}


def test_a_name_stands_for_a_number_of_each_rater():
    assert values_of('left_lung', ['A', 'B'], NAMES) == {'A': 1, 'B': 2}
    # Who has no names means what all others mean.
    assert values_of('liver', ['A', 'C'], NAMES) == {'A': 2, 'C': 2}
    with pytest.raises(ReviewError, match='no names of labels with C'):
        values_of('liver', ['A', 'B', 'C'], NAMES)
    with pytest.raises(ReviewError, match='No label of that name: A has 1 Left lung, 2 liver'):
        values_of('spleen', ['A'], NAMES)
    with pytest.raises(ReviewError, match='no names of labels with A'):
        values_of('liver', ['A'], {})


def test_names_that_are_written_differently_are_the_same():
    assert differing({'A': 1, 'B': 2}, NAMES) is None
    assert differing({'A': 1, 'B': 1}, NAMES) == '1 is Left lung for A, 1 is liver for B'
    assert differing({'A': 1, 'C': 1}, NAMES) is None


def test_a_number_of_two_names_is_refused_until_someone_has_looked(disc):
    masks = {'A': disc(6), 'B': disc(7)}
    with pytest.raises(ReviewError, match='A label of several names: 1 is Left lung for A, 1 is liver for B'):
        sr.agree(masks, meanings=NAMES)
    found = sr.agree(masks, meanings=NAMES, strict=False)
    assert [(d.kind, d.raters, d.allowed) for d in found.admitted.doubts] == [('meaning', ('A', 'B'), False)]
    assert sr.agree(masks, meanings=NAMES, allow=['B']).admitted.doubts[0].allowed
    swapped = {'A': disc(6), 'B': disc(7) * 2}
    assert sr.agree(swapped, label='left lung', meanings=NAMES).label == {'A': 1, 'B': 2}
    named = {'A': {1: 'liver'}, 'B': {1: 'Liver'}, 'model': {4: 'liver'}}
    by_name = sr.agree(masks, label='liver', meanings=named, model=4 * disc(5))
    assert by_name.label == {'A': 1, 'B': 1, 'model': 4}


def test_labels_are_all_values_but_the_background():
    assert labels_of([np.array([[0, 3]]), np.array([[1, 3]])]) == [1, 3]
    assert labels_of([np.zeros((2, 2), int)]) == []
