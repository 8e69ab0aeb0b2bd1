"""Dice per slice agrees with Dice of the slice."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.compare import compare
from napari_segrobust.explore.slices import slice_dice


@pytest.fixture
def masks():
    rng = np.random.default_rng(3)
    reference, prediction = (rng.integers(0, 3, (5, 8, 8)).astype(np.uint8) for _ in range(2))
    reference[0] = prediction[0] = 0
    prediction[1] = 0
    return reference, prediction


@pytest.mark.parametrize('label', [1, 2])
def test_dice_of_a_slice_is_that_of_the_slice(masks, label):
    reference, prediction = masks
    found = slice_dice(compare(reference, prediction, metrics=['dice']), label)
    assert np.isnan(found[0])
    assert found[1] == 0
    for z in range(2, 5):
        alone = compare(reference[z], prediction[z], labels=[label], metrics=['dice']).metrics[label]['dice']
        assert found[z] == pytest.approx(alone.value)


def test_all_labels_are_pooled(masks):
    found = slice_dice(compare(*masks, metrics=['dice']))
    both = sum(np.count_nonzero((masks[0][3] == label) & (masks[1][3] == label)) for label in (1, 2))
    assert found[3] == pytest.approx(2 * both / (np.count_nonzero(masks[0][3]) + np.count_nonzero(masks[1][3])))
