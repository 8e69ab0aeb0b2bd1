"""Table and list of errors say only what is known of the open case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

from napari_segrobust.cases import load_case
from napari_segrobust.compare import metric_specs
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.metric_card import card_of
from napari_segrobust.ui.results import Results
from napari_segrobust.ui.widgets.metric_rows import now_text
from napari_segrobust.ui.widgets.slider import SHORT


@pytest.fixture
def explorer(kept_explorer):
    """One for all tests of this file."""
    return kept_explorer


@pytest.fixture
def results(explorer) -> Results:
    docks = explorer.viewer.window.dock_widgets.values()
    return next(widget for widget in docks if isinstance(widget, Results))


@pytest.fixture
def opened(explorer, ball_case, results, qtbot):
    """The ball with the prediction it brought."""
    explorer.open_case(ball_case, [Lane(source='shifted', given=True)])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    assert results.table.rows()
    return ball_case


def test_every_part_can_be_drawn_by_itself(results):
    parts = [results, *(part for part in results.findChildren(QWidget) if part.isVisible())]
    assert any(part is results.curves for part in parts)
    assert not any(part.grab().isNull() for part in parts)


def test_another_case_without_a_lane_leaves_no_number_of_the_former_one(explorer, opened, results):
    explorer.open_case(replace(opened, name='other', predictions={}), [])
    assert results.table.rows() == ()
    assert results.curve.accessibleDescription().startswith('Move a severity slider')
    assert results.errors.header.text() == 'Errors'
    assert results.errors.empty.text() == 'Choose a model, or a prediction.'


def test_the_list_says_why_it_is_empty(explorer, opened, results):
    explorer.session.state.scope = 'volume'
    bare = replace(opened, name='bare', references={})
    explorer.open_case(bare, [Lane(source='shifted', given=True)])
    assert results.errors.empty.text() == 'No reference: nothing to call an error.'
    explorer.open_case(opened, [Lane(source='shifted', given=True)])
    assert results.errors.empty.text() == 'Errors are listed when the whole volume is done.'


@pytest.fixture
def coarse(explorer, ball_case, qtbot):
    """Open the ball in voxels of 8 x 4 x 4 mm, so that the floor of 0.1 ml leaves errors of a size that matters."""
    large = replace(ball_case.geometry, affine=ball_case.geometry.affine @ np.diag([4, 4, 4, 1]))
    shifted = ball_case.predictions['shifted'].copy()
    shifted[1:3, :2, :2] = 1  # 1 ml that is nowhere near
    case = replace(ball_case, geometry=large, predictions={'shifted': shifted})

    def settle() -> None:
        session = explorer.session
        qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)

    def open_with(*lanes: Lane):
        explorer.open_case(case, list(lanes))
        settle()
        return settle

    return open_with


def words(results):
    """What is said of the listed errors since the baseline."""
    return [row.mark.partition(' by ')[0] for row in results.errors.view.model().rows]


def test_noise_is_seen_in_the_list(explorer, results, coarse):
    settle = coarse(Lane(source='threshold'))
    assert results.errors.changes.text() == ''
    session = explorer.session
    session.state.set_perturbation(0, severity=4.0)
    settle()
    count = results.errors.view.model().rowCount()
    assert words(results) == ['new'] * count
    assert results.errors.changes.text() == f'since clean: {count} new'
    session.pin()
    settle()
    assert words(results) == [''] * count
    assert results.errors.changes.text() == ''
    session.state.set_perturbation(0, severity=0.0)
    settle()
    assert words(results) == ['gone'] * count
    assert results.errors.changes.text() == f'since A: {count} gone'
    assert results.errors.header.text() == '0 errors'
    assert not results.errors.forth.isEnabled()
    results.errors.view.setCurrentIndex(results.errors.view.model().index(count - 1))
    place = session.volume.lanes[0].items.gone[count - 1].position
    assert explorer.viewer.dims.current_step[0] == place[0], 'a click flies to where it was'


def test_a_given_mask_has_no_marks(explorer, results, coarse):
    settle = coarse(Lane(source='shifted', given=True))
    explorer.session.state.set_perturbation(0, severity=4.0)
    settle()
    assert set(words(results)) == {''}
    assert results.errors.changes.text() == ''


def test_the_floor_lists_more_or_fewer_and_compares_nothing_anew(explorer, results, coarse, qtbot):
    coarse(Lane(source='shifted', given=True))
    errors, session, navigator = results.errors, explorer.session, explorer.navigator
    assert errors.floor.text() == '0.1 ml'
    sizes = [item.volume for item in navigator.items]
    assert len(set(sizes)) > 1
    navigator.fly(navigator.items[sizes.index(max(sizes))])
    before, request = errors.header.text(), session.current
    errors.floor.setValue(max(sizes) - 0.001)
    assert len(navigator.items) == errors.view.model().rowCount() == sizes.count(max(sizes))
    assert errors.header.text() == f'{len(navigator.items)} of {len(sizes)} matter, the rest is'
    assert errors.floor_words.text() == 'below'
    assert errors.current() == navigator.index >= 0, 'the one that was flown to stays chosen'
    errors.floor.setValue(0.0)
    assert errors.header.text() == before
    assert errors.floor_words.text() == 'from'
    assert session.current is request
    errors.floor.setFocus()
    errors.floor.lineEdit().selectAll()
    qtbot.keyClicks(errors.floor.lineEdit(), '0.3')
    qtbot.keyClick(errors.floor, Qt.Key.Key_Return)
    assert navigator.floor_ml == explorer.settings.error_floor_ml == 0.3


def test_errors_are_grey_while_they_are_of_an_older_result(explorer, results, coarse, qtbot):
    coarse(Lane(source='shifted', given=True))
    session = explorer.session
    assert results.errors.view.model().rowCount()
    assert not results.errors._delegate.pending
    session.state.set_perturbation(0, severity=1.0)
    assert results.errors._delegate.pending
    qtbot.waitUntil(lambda: not results.errors._delegate.pending, timeout=20_000)


@pytest.mark.parametrize(('ndim', 'unit', 'size'), [(3, 'voxels', 'voxels'), (2, 'px', 'px\u00b2')])
def test_without_spacing_lengths_are_no_millimetres(explorer, panel, results, qtbot, ndim, unit, size):
    mask = np.zeros((8, 40, 40)[3 - ndim :], np.uint8)
    mask[..., 10:30, 10:30] = 1
    image = mask + np.random.default_rng(0).random(mask.shape)
    explorer.open_case(load_case(image, references={'expert': mask}, predictions={'empty': 0 * mask}))
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    assert panel.compare.tolerance.control.box.text().endswith(f' {SHORT.get(unit, unit)}')
    assert panel.compare.tolerance.control.slider.accessibleName() == f'tolerance in {unit}'
    assert f' {size}' in results.errors.view.model().rows[0].size


def test_every_metric_can_be_shown(explorer, ball_case, results, qtbot):
    explorer.session.metrics = tuple(metric_specs())
    explorer.open_case(ball_case, [Lane(source='shifted', given=True)])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    session.state.scope = 'volume'
    rows = {row.key: row for row in results.table.rows()}
    assert set(rows) >= set(metric_specs())
    assert now_text(rows['detection']) == 'TP'
    assert now_text(rows['centre_of_mass_mm']).count(', ') == 2
    assert now_text(rows['ece']) == 'it needs the probabilities of the prediction'
    results.show_definition('nsd')
    assert 'at 2 mm, voxel surfaces' in [label.text() for label in results.card.findChildren(QLabel)]
    results.card.reject()
    session.state.metric = 'detection'
    assert results.curve.isVisibleTo(results)


def test_words_have_no_mean_over_labels(explorer, ball_case, results, qtbot):
    explorer.session.metrics = ('dice', 'detection')
    reference = ball_case.references['expert'].copy()
    reference[6:] *= 2
    explorer.open_case(replace(ball_case, references={'expert': reference}), [Lane(source='shifted', given=True)])
    session = explorer.session
    session.state.label = None
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    session.state.scope = 'volume'
    row = next(row for row in results.table.rows() if row.key == 'detection')
    assert now_text(row) == 'one for each label: choose a label'


def keys_of(results):
    return [line.key for line in results.table.model().lines]


def unfold(results, family, qtbot):
    """Click on the header of a family."""
    table = results.table
    index = table.model().index(keys_of(results).index(f'family {family}'), 0)
    table.scrollTo(index)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())


def test_a_folded_family_is_not_computed(explorer, opened, results, qtbot):
    session = explorer.session
    session.state.scope = 'volume'
    assert set(session.volume.lanes[0].accuracy.metrics[1]) == set(session.metrics)
    assert 'specificity' not in session.metrics
    unfold(results, 'overlap', qtbot)
    qtbot.waitUntil(lambda: 'specificity' in keys_of(results), timeout=20_000)
    row = next(row for row in results.table.rows() if row.key == 'specificity')
    assert row.number is not None
    assert 'whole image' in row.chip, 'it depends on the field of view'
    assert keys_of(results).index('specificity') > keys_of(results).index('family overlap')
    unfold(results, 'overlap', qtbot)
    assert 'specificity' not in keys_of(results)
    assert 'specificity' not in session.metrics
    qtbot.waitUntil(lambda: session.settled, timeout=20_000)
    assert 'specificity' not in session.volume.lanes[0].accuracy.metrics[1]


def test_favourites_stand_on_top_and_stay_when_their_family_folds(explorer, opened, results, qtbot):
    unfold(results, 'overlap', qtbot)
    qtbot.waitUntil(lambda: 'specificity' in keys_of(results), timeout=20_000)
    results.table.favourite_changed.emit('specificity', True)
    assert set(keys_of(results)[:3]) == {'dice', 'nsd', 'specificity'}
    unfold(results, 'overlap', qtbot)
    assert 'specificity' in keys_of(results)[:3]
    results.table.favourite_changed.emit('specificity', False)
    assert 'specificity' not in keys_of(results)
    assert 'specificity' not in explorer.session.metrics


def test_visited_severities_make_a_course(explorer, results, ball_case, qtbot):
    explorer.open_case(ball_case, [Lane(source='threshold')])
    session = explorer.session
    for severity in (0.0, 2.0, 4.0):
        session.state.set_perturbation(0, severity=severity)
        qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    row = next(row for row in results.table.rows() if row.key == 'dice')
    assert [severity for severity, _ in row.trend] == [0.0, 2.0, 4.0]
    assert row.trend[-1] == (row.severity, row.number)


def test_the_card_says_what_the_number_is_now_and_shows_where_it_comes_from(explorer, opened, results, qtbot):
    explorer.session.state.scope = 'volume'
    results.show_definition('hd')
    words = [label.text() for label in results.card.findChildren(QLabel)]
    row = next(row for row in results.table.rows() if row.key == 'hd')
    assert f'{now_text(row)} mm; clean {now_text(row)}, same' in words
    assert results.card.switch.isVisibleTo(results.card)
    assert not results.card.switch.isChecked()
    results.card.switch.click()
    qtbot.waitUntil(lambda: '[sr] witness' in [layer.name for layer in explorer.viewer.layers], timeout=20_000)
    results.show_definition('hd')
    assert results.card.switch.isChecked()
    results.card.switch.click()
    assert '[sr] witness' not in [layer.name for layer in explorer.viewer.layers]
    results.show_definition('dice')
    assert not results.card.switch.isVisibleTo(results.card)
    results.card.reject()


def test_the_rail_shows_every_slice_and_goes_there(explorer, opened, results, qtbot):
    rail = results.rail
    assert rail.isVisibleTo(results)
    reference, shifted = opened.references['expert'], opened.predictions['shifted']
    assert len(rail.values()) == 12
    filled = np.flatnonzero(reference.any(axis=(1, 2)) | shifted.any(axis=(1, 2)))
    assert np.flatnonzero(np.isfinite(rail.values())).tolist() == filled.tolist()
    assert rail.values()[6] == pytest.approx(
        2
        * np.count_nonzero(reference[6] & shifted[6])
        / (np.count_nonzero(reference[6]) + np.count_nonzero(shifted[6]))
    )
    rail.chosen.emit(int(filled[0]))
    assert explorer.viewer.dims.current_step[0] == filled[0]
    assert rail._current == filled[0]
    explorer.viewer.dims.order = (1, 0, 2)
    assert not rail.isVisibleTo(results), 'slices of another axis'


def test_of_several_labels_nothing_can_be_painted():
    alone, several = (card_of('hd', None, 'clean', one_label=one) for one in (True, False))
    assert alone.switch
    assert not several.switch
    assert 'Choose one label' in dict(several.lines)['canvas']
    assert card_of('dice', None, 'clean', one_label=False).lines == ()


def test_remedies_are_said_beside_the_number_and_drawn_beside_the_curve(explorer, ball_case, results, qtbot):
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.segment.spec import ModelSpec

    class Bright:
        """Bright voxels are the object."""

        device, key = 'cpu', 'bright'
        spec = ModelSpec(name='bright', dimensions=2, classes=('background', 'object'), blending='constant')

        def __call__(self, windows):
            import torch

            return torch.cat([0.5 - windows, windows - 0.5], dim=1)

    session = explorer.session
    session.models['bright'] = Bright()
    noise = Perturbation(name='gaussian_noise', severity=4, seed=7)
    session.state.stack = (noise, Perturbation(name='denoise_gaussian', severity=5))
    explorer.open_case(ball_case, [Lane(source='bright')])
    session.state.stack = (noise, Perturbation(name='denoise_gaussian', severity=5))
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)
    row = next(row for row in results.table.rows() if row.key == 'dice')
    assert row.remedies.startswith('without remedies 0.')
    assert 'they win back' in row.remedies
    model = results.table.model()
    tip = model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)
    assert any('without remedies' in model.data(model.index(n, 0), Qt.ItemDataRole.ToolTipRole)
               for n in range(model.rowCount())), tip  # fmt: skip
    assert 'bright without remedies:' in results.curve.accessibleDescription()
    session.state.stack = (noise,)
    qtbot.waitUntil(lambda: bool(session.settled), timeout=20_000)
    assert not any(row.remedies for row in results.table.rows())
    assert 'without remedies' not in results.curve.accessibleDescription()
