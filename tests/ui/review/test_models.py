"""Masks of the explorer's models beside those of raters: final ones, with what their image went through."""

from __future__ import annotations

import numpy as np

from napari_segrobust.ui.review.models import model_labels, model_of


def test_a_final_mask_is_taken_and_named(reviewed):
    (found,) = model_labels(reviewed).items()
    assert found[0] == 'threshold'
    np.testing.assert_array_equal(found[1], reviewed.session.volume.lanes[0].labels)
    mask, words = model_of(reviewed)
    np.testing.assert_array_equal(mask, found[1])
    assert words == 'threshold'


def test_what_its_image_went_through_is_told(reviewed, qtbot):
    state = reviewed.session.state
    state.stack = tuple(entry.model_copy(update={'severity': 3.0}) for entry in state.stack)
    before, _ = model_of(reviewed)
    # Until the next answer is whole, the old one goes by what it has seen.
    assert model_of(reviewed)[1] == 'threshold'
    qtbot.waitUntil(lambda: model_of(reviewed)[1] != 'threshold', timeout=30_000)
    after, words = model_of(reviewed)
    assert words.startswith('threshold, SIMULATED gaussian noise, severity 3')
    assert (after != before).any()


def test_an_old_answer_is_not(reviewed):
    state = reviewed.session.state
    state.stack = tuple(entry.model_copy(update={'seed': 99, 'severity': 3.0}) for entry in state.stack)
    assert model_labels(reviewed) == {}
    assert model_of(reviewed) is None
