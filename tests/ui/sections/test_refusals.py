"""What is found, what is refused, and what a refusal leaves on the screen."""

from __future__ import annotations

from dataclasses import replace

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation, perturbations
from napari_segrobust.ui.sections.catalogue_picker import NO_REFERENCE
from napari_segrobust.ui.sections.other_words import OTHER_WORDS

WORDS = {
    'poisson': 'shot_noise',
    'dilate': 'over_segmentation',
    'kspace': 'rigid_motion',
    'k-space': 'spike',
    'n4': 'bias_correction',
    'fog': 'haze',
    'dropout': 'cut_out',
}


def test_an_entry_is_found_by_what_others_call_it(perturb):
    perturb.picker.set_choices(perturb.picker.choices(perturb.session.case))
    for words, name in WORDS.items():
        perturb.picker.search.setText(words)
        assert name in perturb.picker.shown(), words


def test_other_words_are_of_entries_that_there_are():
    assert set(OTHER_WORDS) <= set(perturbations())


def test_a_new_entry_takes_the_keys_and_a_failure_leaves_nothing_stale(explorer, perturb, panel, qtbot, settle):
    qtbot.waitUntil(lambda: perturb.change.isVisibleTo(perturb), timeout=30_000)
    perturb.add_entry('ct_dose_noise')
    assert perturb.rows[-1].severity.slider is perturb.rows[-1].severity.slider.window().focusWidget()
    explorer.session.state.set_perturbation(2, severity=3.0)
    qtbot.waitUntil(lambda: explorer.session.status.kind == 'failed', timeout=30_000)
    assert not perturb.change.isVisibleTo(perturb)
    assert not perturb.texture.isVisibleTo(perturb)
    panel.status.text.setFixedWidth(100)
    panel._show_failure(explorer.session.status)
    assert panel.failure.isVisibleTo(panel)
    assert panel.failure.text() == explorer.session.status.text
    explorer.session.history.undo()
    explorer.session.history.undo()
    settle()
    assert not panel.failure.isVisibleTo(panel)


def test_without_a_reference_nothing_is_said_to_be_redrawn(explorer, perturb, ball_case, settle):
    bare = replace(ball_case, references={}, name='bare')
    explorer.open_case(bare, [Lane(source='threshold')])
    assert {c.key: c.why_not for c in perturb.picker.choices(bare)}['virtual_rater'] == NO_REFERENCE
    perturb.add_entry('virtual_rater')
    explorer.session.state.set_stack((Perturbation(name='virtual_rater', severity=3.0),))
    settle()
    assert explorer.overlays.text == ''
    assert perturb.still.text() == NO_REFERENCE
    assert perturb.still.isVisibleTo(perturb)
