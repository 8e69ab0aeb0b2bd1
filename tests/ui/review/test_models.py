"""Masks of the explorer's models beside those of raters: final ones, with what their image went through."""

from __future__ import annotations

import numpy as np

from napari_segrobust.ui.review.models import model_masks, model_of


def test_a_final_mask_is_taken_and_named(reviewed):
    (found,) = model_masks(reviewed, 1).items()
    assert found[0] == 'threshold'
    np.testing.assert_array_equal(found[1], reviewed.session.volume.lanes[0].labels == 1)
    mask, words = model_of(reviewed, 1)
    np.testing.assert_array_equal(mask, found[1])
    assert words == 'threshold'


def test_what_its_image_went_through_is_told(reviewed, qtbot):
    state = reviewed.session.state
    state.stack = tuple(entry.model_copy(update={'severity': 3.0}) for entry in state.stack)
    qtbot.waitUntil(lambda: model_of(reviewed, 1) is not None, timeout=30_000)
    assert model_of(reviewed, 1)[1].startswith('threshold, SIMULATED gaussian noise 3')


def test_an_old_answer_is_not(reviewed):
    state = reviewed.session.state
    state.stack = tuple(entry.model_copy(update={'seed': 99, 'severity': 3.0}) for entry in state.stack)
    assert model_masks(reviewed, 1) == {}
    assert model_of(reviewed, 1) is None
