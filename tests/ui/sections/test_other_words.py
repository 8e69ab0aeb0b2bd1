"""Entries are found by the words of other libraries."""

from __future__ import annotations

import pytest

from napari_segrobust.perturb import perturbations
from napari_segrobust.ui.sections.other_words import OTHER_WORDS


@pytest.mark.parametrize(
    ('words', 'name'),
    [
        ('poisson', 'shot_noise'),
        ('dilate', 'over_segmentation'),
        ('kspace', 'rigid_motion'),
        ('k-space', 'spike'),
        ('n4', 'bias_correction'),
        ('fog', 'haze'),
        ('dropout', 'cut_out'),
    ],
)
def test_an_entry_is_found_by_what_others_call_it(perturb, words, name):
    perturb.picker.set_choices(perturb.picker.choices(perturb.session.case))
    perturb.picker.search.setText(words)
    assert name in perturb.picker.shown()


def test_other_words_are_of_entries_that_there_are():
    assert set(OTHER_WORDS) <= set(perturbations())
