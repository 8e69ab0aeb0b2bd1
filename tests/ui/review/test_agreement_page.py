"""The page of agreement in a real window: a click on a pair shows where the two differ, and all numbers follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from scipy.ndimage import binary_dilation

from napari_segrobust.compare import ErrorCode, error_map
from napari_segrobust.explore.state import Lane
from napari_segrobust.review import agree
from napari_segrobust.ui.review.numbers import Measured

LAYER = '[sr] raters differ'


@pytest.fixture
def page(qtbot, review_panel):
    made = review_panel.show_page('Agreement')
    qtbot.waitUntil(lambda: isinstance(made._shown, Measured), timeout=30_000)
    return made


def click(qtbot, page, pair):
    """Click the cell of a pair, and wait for its map."""
    matrix = page.matrix
    place = next(
        (i, j)
        for i, row in enumerate(matrix._matrix.rows)
        for j, cell in enumerate(row.cells)
        if cell is not None and cell.pair == pair
    )
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(*place).center().toPoint())
    qtbot.waitUntil(lambda: page.pair.pair is None or page.pair.found is not None, timeout=30_000)


def legend(page):
    return [chip.word for chip in page.explorer.overlays._legend()]


def test_a_click_shows_where_two_differ_and_another_takes_it_away(qtbot, page, raters_case):
    viewer, painter = page.explorer.viewer, page.explorer.painter
    before = painter.map, painter.masks
    click(qtbot, page, ('anna', 'ben'))
    codes = viewer.layers[LAYER].data % 10
    expected = error_map(raters_case.references['anna'], raters_case.references['ben'])
    for code in (ErrorCode.FALSE_POSITIVE, ErrorCode.FALSE_NEGATIVE):
        np.testing.assert_array_equal(codes == code, expected == code)
    assert legend(page) == ['only ben', 'only anna (reference)', 'both'], 'no error of a model, no other outline'
    assert page.said.text().startswith('ben against anna: Dice 0.')
    click(qtbot, page, ('anna', 'ben'))
    assert LAYER not in viewer.layers
    assert (painter.map, painter.masks) == before
    assert 'only ben' not in legend(page)
    assert 'Click a cell' in page.said.text()


def test_it_flies_to_the_slice_that_differs_most(qtbot, page, raters_case):
    viewer, masks = page.explorer.viewer, raters_case.references
    click(qtbot, page, ('anna', 'dora'))
    per_slice = np.count_nonzero(masks['anna'] != masks['dora'], axis=(1, 2))
    assert per_slice[viewer.dims.current_step[0]] == per_slice.max()
    click(qtbot, page, ('anna', 'dora'))
    viewer.dims.order = (1, 0, 2)
    click(qtbot, page, ('dora', 'anna'))
    per_slice = np.count_nonzero(masks['anna'] != masks['dora'], axis=(0, 2))
    assert per_slice[viewer.dims.current_step[1]] == per_slice.max()
    assert viewer.dims.order[0] == 1, 'the view is not turned'


def test_the_map_goes_with_the_panel_and_with_its_layer(qtbot, page, review_panel):
    viewer = page.explorer.viewer
    click(qtbot, page, ('anna', 'ben'))
    review_panel.parentWidget().hide()
    assert LAYER not in viewer.layers
    review_panel.parentWidget().show()
    review_panel.parentWidget().raise_()
    assert page.pair.pair is None
    click(qtbot, page, ('carla', 'anna'))
    viewer.layers.remove(LAYER)
    page.sync()
    assert page.pair.pair is None


def test_a_pair_that_no_longer_takes_part_is_gone(qtbot, page):
    click(qtbot, page, ('anna', 'dora'))
    page.review.change(left_out=frozenset({'dora'}))
    assert LAYER not in page.explorer.viewer.layers
    qtbot.waitUntil(lambda: page._shown is not None and len(page._shown.agreement.votes.names) == 3, timeout=30_000)
    assert len(page.matrix._matrix.rows) == 3


def test_another_metric_and_the_keys(qtbot, page):
    page.metrics.setCurrentText('volume difference')
    assert page.matrix._matrix.title == 'column \u2212 row (ml)'
    qtbot.keyClick(page.matrix, Qt.Key.Key_Down)
    qtbot.keyClick(page.matrix, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.pair.found is not None, timeout=30_000)
    assert page.explorer.viewer.layers[LAYER].data.any()


def test_the_numbers_follow_margin_and_pair(qtbot, page, raters_case):
    def texts():
        return {line.title: line for line in page._lines}

    assert texts()["Cohen's kappa"].region == 'click a pair'
    click(qtbot, page, ('anna', 'ben'))
    assert texts()["Cohen's kappa of anna and ben"].region.startswith('0.')
    page.margin.setValue(7)
    qtbot.waitUntil(lambda: page._shown is not None and page._shown.agreement.margin == 7, timeout=30_000)
    settings = {'geometry': raters_case.geometry, 'tolerance_mm': page.session.state.tolerance_mm}
    expected = agree(dict(raters_case.references), label=page.review.label, margin=7, **settings)
    assert page._shown.agreement.chance == expected.chance
    page.margin.setValue(-1)
    assert page.margin.text() == 'none'
    qtbot.waitUntil(lambda: page._shown is not None and page._shown.agreement.margin is None, timeout=30_000)
    assert page.region.text() == 'no region'


def test_a_number_has_its_definition_one_click_away(qtbot, page):
    table = page.numbers
    place = table.visualRect(table.model().index(0, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert page.card.isVisible()
    assert page.card.title.text() == 'Fleiss\u2019 kappa'
    page.card.close()


def test_the_raters_own_distance_becomes_the_tolerance(qtbot, page, raters_case):
    assert page._shown.agreement.pairwise.usual_distance == 0
    assert not page.use.isVisible(), 'they agree to the voxel in most places: there is nothing to propose'
    ball = raters_case.references['anna']
    masks = {'anna': ball, 'ben': binary_dilation(ball, iterations=2).astype(np.uint8)}
    page.explorer.open_case(replace(raters_case, references=masks, raters=tuple(masks)), [Lane(source='threshold')])
    qtbot.waitUntil(lambda: page._shown is not None and len(page._shown.agreement.votes.names) == 2, timeout=30_000)
    usual = page._shown.agreement.pairwise.usual_distance
    assert usual > 0
    qtbot.mouseClick(page.use, Qt.MouseButton.LeftButton)
    assert page.session.state.tolerance_mm == pytest.approx(usual, abs=1e-3)
    qtbot.waitUntil(lambda: not page.review.is_pending and page.use.isHidden(), timeout=30_000)


def test_slices_come_hardest_first_and_a_click_goes_there(qtbot, page):
    slices, viewer = page._shown.agreement.slices, page.explorer.viewer
    table = page.slices
    first = slices[int(table.model().order[0])]
    assert first.mean_dice == min(item.mean_dice for item in slices)
    viewer.dims.order = (1, 0, 2)
    place = table.visualRect(table.model().index(0, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert viewer.dims.order[0] == 0, 'the view is turned so that the slice is seen'
    assert viewer.dims.current_step[0] == first.index


def test_no_name_is_seen_while_people_are_blinded(qtbot, page, raters_case):
    click(qtbot, page, ('anna', 'ben'))
    names = dict(zip(raters_case.references, 'DCBA', strict=True))
    page.review.blind(names)
    seen = [
        page.said.text(),
        page.matrix.accessibleDescription(),
        *legend(page),
        *(line.title for line in page._lines),
        *(page.raters.model().columns[0].words),
    ]
    assert not [words for words in seen if any(name in words for name in names)]
    assert 'only C' in legend(page)


def test_a_refusal_leaves_no_numbers(qtbot, page, raters_case):
    masks = dict(list(raters_case.references.items())[:1])
    page.explorer.open_case(replace(raters_case, references=masks, raters=()), [Lane(source='threshold')])
    assert page._shown is None
    assert page.numbers.model().rowCount() == 0
    assert page.matrix.accessibleDescription() == 'No numbers yet.'
