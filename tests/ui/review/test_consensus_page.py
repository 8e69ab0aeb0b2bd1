"""The page on consensus in a real window."""

from __future__ import annotations

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.review.made import ALL_RULES, SOFT
from napari_segrobust.review.soft import soft_numbers
from napari_segrobust.ui.review.consensus_maps import HATCH
from napari_segrobust.ui.review.consensus_page import ALONE, CONSENSUS, ENTROPY, NO_MAP, VOTES, WHOLE
from napari_segrobust.ui.review.rule_words import RULE_WORDS
from napari_segrobust.ui.review.soft_model import HIDDEN, MOVED, SoftFound
from napari_segrobust.ui.sections.compare import MAPS, CompareSection

MAP, LINES = '[sr] consensus', '[sr] contours'


@pytest.fixture
def page(review_panel, qtbot):
    made = review_panel.show_page('Consensus')
    qtbot.waitUntil(lambda: MAP in made.explorer.viewer.layers and made.rules.rowCount() > 0, timeout=30_000)
    return made


def shown(page, qtbot, rule):
    """What is made by a rule, once its rows are there too."""
    page.choose(rule)
    qtbot.waitUntil(lambda: page._made() is not None and not page.raters.isHidden(), timeout=30_000)
    return page._made()


def test_ties_are_hatched_on_the_canvas_and_said_in_the_legend(page, qtbot):
    made = shown(page, qtbot, 'majority')
    layers = page.explorer.viewer.layers
    qtbot.waitUntil(lambda: MAP in layers)
    np.testing.assert_array_equal(layers[MAP].data >= HATCH, made.array == 2)
    assert any(', hatched' in chip.word for chip in page.explorer.overlays._legend())


def test_every_rule_has_its_words_and_its_rows(page, qtbot):
    for rule in ALL_RULES:
        shown(page, qtbot, rule)
        assert page.rule.currentText() == RULE_WORDS[rule].title
        assert page.meaning.text() == RULE_WORDS[rule].meaning
        assert page.weakness.text().endswith(RULE_WORDS[rule].weakness)
        assert page.raters.rowCount() == 4
        assert page.raters.item(0, 0).text() == 'A  anna'


def test_a_row_of_the_table_chooses_its_rule(page, qtbot):
    page.rules.setCurrentCell(2, 0)
    assert page.rule.currentText() == 'union'
    page.rule.setCurrentText('STAPLE')
    assert page.rules.currentRow() == 4
    qtbot.waitUntil(lambda: 'iterations' in page.said.text(), timeout=30_000)
    page.where.setCurrentText(WHOLE)
    qtbot.waitUntil(lambda: page._made() is not None, timeout=30_000)


def test_other_maps_have_the_consensus_as_a_line(page, qtbot):
    layers = page.explorer.viewer.layers
    for kind in (VOTES, ENTROPY, ALONE):
        page.map.setCurrentText(kind)
        qtbot.waitUntil(lambda: MAP in layers and LINES in layers, timeout=30_000)
        assert page.rater.isVisible() == (kind == ALONE)
    page.map.setCurrentText(NO_MAP)
    assert MAP not in layers
    assert LINES not in layers
    page.map.setCurrentText(CONSENSUS)
    qtbot.waitUntil(lambda: MAP in layers, timeout=30_000)


def test_contours_of_all_raters(page, qtbot):
    page.contours.setChecked(True)
    layers = page.explorer.viewer.layers
    qtbot.waitUntil(lambda: LINES in layers, timeout=30_000)
    assert list(layers[f'{LINES} letters'].text.values) == ['A', 'B', 'C', 'D']
    page.contours.setChecked(False)
    assert LINES not in layers


def test_errors_and_outlines_come_back_with_another_page(page):
    painter = page.explorer.painter
    assert (painter.map, painter.masks) == ('none', 'none')
    page.hidden()
    assert (painter.map, painter.masks) == ('errors', 'both')
    assert MAP not in page.explorer.viewer.layers


def test_what_was_chosen_meanwhile_stays(page):
    painter = page.explorer.painter
    painter.show_map('change')
    page.hidden()
    assert painter.map == 'change'


def test_as_reference_it_is_compared_with_and_raters_stay(page, qtbot):
    explorer, session = page.explorer, page.explorer.session
    before = explorer.review.agreement
    page.review.change(allow=frozenset({'ben'}))
    qtbot.waitUntil(lambda: explorer.review.agreement is not None and explorer.review.agreement is not before)
    made = shown(page, qtbot, 'majority')
    page.use.click()
    name = 'consensus: strict majority of 4 raters (ties out)'
    qtbot.waitUntil(lambda: session.state.reference == name, timeout=30_000)
    np.testing.assert_array_equal(session.case.references[name] > 0, made.array == 1)
    assert explorer.review.names == ('anna', 'ben', 'carla', 'dora')
    assert explorer.review.settings.allow == {'ben'}
    qtbot.waitUntil(lambda: session.settled and session.volume is not None, timeout=30_000)
    session.history.undo()
    assert session.state.reference is None
    assert name in session.case.references


def test_it_is_no_rater_where_nobody_has_the_role(page, raters_case, qtbot):
    explorer = page.explorer
    explorer.open_case(replace(raters_case, raters=()), [Lane(source='threshold')])
    shown(page, qtbot, 'union')
    page.use.click()
    qtbot.waitUntil(lambda: 'union' in (explorer.session.state.reference or ''), timeout=30_000)
    assert explorer.review.names == ('anna', 'ben', 'carla', 'dora')


def test_the_soft_label_becomes_a_soft_reference(page, qtbot):
    session = page.explorer.session
    shown(page, qtbot, SOFT)
    page.use.click()
    qtbot.waitUntil(lambda: 'soft' in (session.state.reference or ''), timeout=30_000)
    assert list(session.case.soft_references) == [session.state.reference]


def test_the_file_holds_the_codes(page, qtbot, tmp_path):
    made = shown(page, qtbot, 'majority')
    path = tmp_path / 'consensus.nii.gz'
    page.save(path)
    qtbot.waitUntil(path.exists, timeout=30_000)
    stored = page.session.case.geometry.order.apply(np.asarray(nibabel.load(path).dataobj))
    np.testing.assert_array_equal(stored, made.array)


def test_a_file_that_cannot_be_written_is_said(page, qtbot, tmp_path):
    shown(page, qtbot, 'majority')
    page.save(tmp_path / 'consensus.txt')
    qtbot.waitUntil(lambda: 'cannot be saved' in page.session.status.text, timeout=30_000)


# -- the model against the soft label ---------------------------------------------------------------------------


def measured(page, qtbot):
    qtbot.waitUntil(lambda: isinstance(page.model.found(), SoftFound), timeout=30_000)
    return page.model.found()


def test_the_model_is_held_against_the_soft_label(page, qtbot):
    found = measured(page, qtbot)
    votes = page.review.agreement.votes
    view = page.session.volume.lanes[0]
    assert found.numbers['model']['ece']['full'] is not None
    assert found.reliability.counts.sum() == np.prod(page.review.agreement.region.shape)
    assert found.numbers['expected_volume'] == pytest.approx(soft_numbers(votes)['expected_volume'])
    assert view.labels.any()
    page.sync()
    assert page.soft.table.item(0, 0).text() == 'DML'
    assert page.soft.plot.points()


def test_a_given_mask_says_no_probability(page, raters_case, qtbot):
    ball = raters_case.references['anna']
    page.explorer.open_case(replace(raters_case, predictions={'given': ball}), [Lane(source='given', given=True)])
    found = measured(page, qtbot)
    assert found.reliability is None
    assert 'ece' not in found.numbers['model']
    page.sync()
    assert page.soft.plot.isHidden()


def test_the_model_stays_hidden_while_people_are_blinded(page, qtbot):
    measured(page, qtbot)
    page.review.blind({'anna': 'B', 'ben': 'A', 'carla': 'C', 'dora': 'D'})
    assert page.soft.words.text() == HIDDEN
    assert page.soft.table.isHidden()
    assert page.raters.item(0, 0).text() == 'A'


def test_an_image_that_is_moved_is_not_compared(page, qtbot):
    session = page.explorer.session
    session.state.stack = (Perturbation(name='rigid', severity=1.0, seed=3, parameters={'angle': 12, 'shift': 2}),)
    qtbot.waitUntil(lambda: page.model.found() == MOVED, timeout=30_000)


def test_compare_says_that_no_map_is_drawn(page, qtbot):
    explorer = page.explorer
    section = CompareSection(explorer, page.palette_of_theme)
    qtbot.addWidget(section)
    assert section.map.currentText() == MAPS['none']
    page.hidden()
    assert section.map.currentText() == MAPS['errors']
    section.shutdown()
