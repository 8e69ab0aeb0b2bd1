"""Where a case is looked at first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_segrobust.explore.first_view import first_label, first_slice


def test_without_masks_it_is_the_middle(ball_case):
    bare = replace(ball_case, references={}, predictions={})
    assert first_label(bare) is None
    assert first_slice(bare, None) == 6


def test_the_largest_label_on_its_largest_slice(ball_case):
    mask = np.zeros(ball_case.shape, np.uint8)
    mask[2, :4, :4] = 1
    mask[9, :8, :8] = 3
    case = replace(ball_case, references={'expert': mask})
    assert first_label(case) == 3
    assert first_slice(case, 3) == 9
    assert first_slice(case, 1) == 2


def test_an_empty_reference_has_no_label(ball_case):
    case = replace(ball_case, references={'expert': np.zeros(ball_case.shape, np.uint8)})
    assert first_label(case) is None
