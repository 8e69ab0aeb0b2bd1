"""Words about raters, without a window."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.ui.review.rater_rows import EVERYWHERE, box_of, looked_words, spans_of
from napari_segrobust.ui.review.settings import ReviewSettings


def test_where_somebody_looked_in_words():
    shape = (10, 6, 4)
    assert looked_words(None) == looked_words(np.ones(shape, bool)) == EVERYWHERE
    assert looked_words(box_of(((3, 7), (0, 5), (0, 3)), shape)) == 'z 3 to 7'
    assert looked_words(box_of(((3, 7), (0, 4), (0, 3)), shape)) == 'z 3 to 7, y 0 to 4'
    holed = box_of(((0, 4), (0, 5), (0, 3)), shape)
    holed[0, 0, 0] = False
    assert looked_words(holed) == '50% of the voxels'
    assert looked_words(np.zeros(shape, bool)) == '0% of the voxels'
    assert looked_words(box_of(((1, 2), (0, 5)), (4, 6))) == 'y 1 to 2'


@pytest.mark.parametrize('spans', [((3, 7), (0, 5), (0, 3)), ((0, 0), (2, 2), (3, 3))])
def test_a_box_is_found_again(spans):
    assert spans_of(box_of(spans, (10, 6, 4))) == spans


def test_a_name_changes_in_everything_that_was_said():
    said = ReviewSettings(
        left_out=frozenset('a'), labels={'a': 2}, sessions={'b': 'a', 'a': 'c'}, allow=frozenset('ab'), looked={'a': 1}
    )
    other = said.renamed({'a': 'z'})
    assert (other.left_out, other.labels, other.looked) == ({'z'}, {'z': 2}, {'z': 1})
    assert other.sessions == {'b': 'z', 'z': 'c'}
    assert other.allow == {'z', 'b'}
    assert other.margin == said.margin
