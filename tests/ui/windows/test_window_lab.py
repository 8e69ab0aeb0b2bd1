"""The lab in a real window: grid, dots, table, single windows, seams, edges, sampling, band and curve, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segrobust.context import Context
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui import commands
from napari_segrobust.ui.canvas.window_alone import NAME as ALONE_LAYER
from napari_segrobust.ui.canvas.window_map import NAMES
from napari_segrobust.ui.windows.room import show_windows
from napari_segrobust.windows import Wanted, look_through, open_answers, window_sampling, window_table
from napari_segrobust.windows.seams import SeamCollector


@pytest.fixture
def lab(opened, panel, settle):
    """The lab, opened with its button."""
    panel.context.lab.click()
    made = show_windows(opened.viewer)
    settle()
    return made


def answers_of(explorer):
    walk = explorer.windows.walk
    from napari_segrobust.segment.source import ArraySource

    geometry = walk.case.geometry
    return open_answers(walk.model, ArraySource(walk.case.image, geometry.spacing), walk.scenario.context)


def test_the_numbers_are_those_of_the_settled_volume(explorer, lab):
    session, found = explorer.session, explorer.windows.found
    answers = answers_of(explorer)
    view = session.volume.lanes[0]
    expected = window_table(answers.plan, view.reference, view.labels, answers.spacing, session.state.label)
    np.testing.assert_array_equal(found.table.dice, expected.dice)
    np.testing.assert_array_equal(found.table.reference_fraction, expected.reference_fraction)
    assert lab.table.model().rowCount() == len(answers.plan)
    assert lab.title.text().startswith(f'{len(answers.plan)} windows of placed, 8 x 12 x 12 voxels, object')


def test_a_dot_and_a_row_go_to_their_window(qtbot, explorer, lab):
    windows = explorer.windows
    index = int(np.nanargmax(windows.found.table.dice))
    qtbot.mouseClick(lab.dots, Qt.MouseButton.LeftButton, pos=lab.dots.position(index).toPoint())
    chosen = windows.selected
    table = windows.found.table
    assert (table.dice[chosen], table.fraction[chosen]) == (table.dice[index], table.fraction[index])
    assert windows.layout.touches(chosen, 0, explorer.session.state.plane.index)
    lab.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    qtbot.mouseClick(
        lab.table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=lab.table.visualRect(lab.table.model().index(0, 0)).center(),
    )
    last = len(windows.layout) - 1
    assert windows.selected == last
    assert windows.layout.touches(last, 0, explorer.session.state.plane.index), 'the viewer went there'
    assert lab.said.text() == windows.words(last)


def test_one_window_alone_is_drawn_against_all(qtbot, explorer, lab, settle):
    windows, alone = explorer.windows, explorer.window_alone
    index = windows.layout.at((6, 12, 12))
    windows.select(index)
    qtbot.waitUntil(lambda: alone.found is not None, timeout=30_000)
    answers = answers_of(explorer)
    window = windows.layout.window(index)
    (probabilities,) = answers.ask(window)
    own = Wanted.of(windows.walk, 1).labels(probabilities, answers.spec)
    stitched = explorer.session.volume.lanes[0].labels[answers.plan.inside(window)]
    assert alone.found.comparison.changed == np.count_nonzero(own != stitched) > 0
    layer = explorer.viewer.layers[ALONE_LAYER]
    outside = np.ones(layer.data.shape, bool)
    outside[answers.plan.inside(window)] = False
    assert layer.data.any()
    assert not layer.data[outside].any()
    explorer.session.state.set_perturbation(0, severity=3.0)
    assert ALONE_LAYER not in explorer.viewer.layers, 'what belongs to another image goes at once'
    settle()
    qtbot.waitUntil(lambda: ALONE_LAYER in explorer.viewer.layers, timeout=30_000)
    windows.select(None)
    assert ALONE_LAYER not in explorer.viewer.layers


def test_seams_edges_and_single_windows_come_from_one_look(qtbot, explorer, lab):
    looking = explorer.looking
    lab.edges.map.setCurrentText('seams')
    assert looking.is_busy
    assert not lab.edges.look.isEnabled()
    qtbot.waitUntil(lambda: not looking.is_busy, timeout=60_000)
    answers, wanted = answers_of(explorer), Wanted.of(explorer.windows.walk, 1)
    seams = SeamCollector(answers.plan, answers.spec, wanted)
    for _ in look_through(answers, seams):
        pass
    np.testing.assert_array_equal(explorer.viewer.layers[NAMES['seams']].data, seams.result().deviation)
    assert looking.looked.mean == seams.result().mean_deviation > 0
    profile = looking.looked.alone
    assert profile.windows == len(answers.plan)
    near, far = profile.rate()[[0, -1]]
    assert near > far, 'the model errs at the edges of its windows'
    assert [one.name for one in lab.edges.curve._series] == ['one window alone', 'all together']
    alone, together = (fold for _, fold in lab.edges.fold._folds)
    assert alone.shape == together.shape == explorer.windows.layout.plan.size[1:]
    assert lab.edges.fold.most == max(np.nanmax(alone), np.nanmax(together)) > 0
    assert 'alone' in [c.title for c in lab.table.model().columns]
    lab.number.setCurrentText('Dice of the window alone')
    assert lab.dots._dots.y is looking.looked.dice
    explorer.session.state.set_perturbation(0, severity=2.0)
    assert looking.looked is None
    assert NAMES['seams'] not in explorer.viewer.layers


def test_windows_that_do_not_overlap_have_no_seams(qtbot, explorer, lab, panel, settle):
    state = explorer.session.state
    lane = state.lanes[0]
    state.lanes = (lane.model_copy(update={'context': Context(window=(4, 8, 8), overlap=0.0)}), *state.lanes[1:])
    settle()
    lab.edges.look.click()
    qtbot.waitUntil(lambda: explorer.looking.looked is not None and not explorer.looking.is_busy, timeout=60_000)
    assert explorer.looking.looked.mean == 0
    assert not explorer.looking.looked.whole.any()
    assert lab.edges.said.text().startswith('every voxel is seen by 1 window')


def test_looking_can_be_stopped(qtbot, explorer, lab):
    lab.edges.look.click()
    assert lab.edges.stop.isVisible()
    lab.edges.stop.click()
    assert not explorer.looking.is_busy
    assert 'Stopped.' in lab.edges.said.text()
    assert explorer.session.jobs.is_idle


def test_the_coverage_is_drawn(qtbot, explorer, lab):
    lab.edges.map.setCurrentText('coverage')
    qtbot.waitUntil(lambda: NAMES['coverage'] in explorer.viewer.layers, timeout=30_000)
    data = explorer.viewer.layers[NAMES['coverage']].data
    counted = np.zeros(data.shape)
    for window in explorer.windows.layout.plan:
        counted[explorer.windows.layout.plan.inside(window)] += 1
    np.testing.assert_array_equal(data, counted)
    assert lab.edges.said.text() == f'every voxel is seen by {counted.min():.0f} to {counted.max():.0f} windows'
    explorer.viewer.layers.remove(NAMES['coverage'])
    assert lab.edges.map.currentText() == 'no map'


def test_sampling_follows_its_sliders_and_becomes_a_band(qtbot, explorer, lab, ball_case):
    section = lab.sampling
    qtbot.waitUntil(lambda: section.sampling is not None, timeout=30_000)
    assert section.sampling.window == (12, 24, 24), 'an axis that is shorter is taken whole'
    section.edge.control.box.setValue(8)
    section.share.control.box.setValue(0.2)
    qtbot.waitUntil(lambda: section.sampling is not None and section.sampling.window == (8, 8, 8), timeout=30_000)
    expected = window_sampling(ball_case.references['expert'], (8, 8, 8), (0.2, 0.8), 1)
    assert section.sampling.empty_share == expected.empty_share > 0
    assert section.sampling.mean == expected.mean
    section.use.click()
    assert lab.band.band.window == (8, 8, 8)
    assert lab.dots._dots.bands == (lab.band.band.published_range, lab.band.band.central)
    column = lab.table.model().columns[-1]
    assert (column.title, column.text(0)) == ('training', 'other size'), 'fractions of equal windows are compared'


def test_what_is_still_counted_when_the_lab_goes_is_let_go(qtbot, explorer, lab, monkeypatch):
    section = lab.sampling
    qtbot.waitUntil(lambda: section.sampling is not None, timeout=30_000)
    takes = []
    monkeypatch.setattr(explorer.session, 'load', lambda job, take, **_: takes.append((job, take)))
    section.edge.control.box.setValue(8)
    ((job, take),) = takes
    lab.shutdown()
    take(job())
    assert section.sampling is None


def test_a_published_band_brings_its_course_as_other_data(qtbot, explorer, lab):
    lab.band.published.setCurrentText('spheres, U-Net, window 96')
    assert lab.band.band.window == (96, 96, 96)
    assert lab.band.band.source == 'Kamath 2022, spheres, U-Net, window 96'
    dots = lab.dots._dots
    assert dots.course == tuple(zip(lab.band.course.x, lab.band.course.y, strict=True))
    assert 'other data' in dots.band_title
    lab.number.setCurrentText('FP')
    assert lab.dots._dots.course == ()
    lab.number.setCurrentText('Dice')
    lab.band.drop.click()
    assert lab.band.band is lab.band.course is None
    assert lab.band.published.currentText() == 'none'
    assert lab.dots._dots.course == ()
    lab.band.published.setCurrentText('spleen CT, U-Net, window 32')
    assert lab.band.band.empty_share > 0.4
    lab.band.published.setCurrentText('none')
    assert lab.band.band is None


def test_a_band_is_read_from_a_file_or_refused(qtbot, explorer, lab, tmp_path):
    good, bad = tmp_path / 'fractions.csv', tmp_path / 'bad.csv'
    good.write_text('fraction\n0\n0.01\n0.02\n0.03\n')
    bad.write_text('fraction\nmany\n')
    assert not lab.band.load(bad)
    assert 'bad.csv holds no training band' in lab.band.said.text()
    assert lab.band.load(good)
    table = explorer.windows.found.table
    largest = int(table.fraction.argmax())
    explorer.windows.select(largest)
    assert 'outside the training range' in lab.band.flag.text()
    assert lab.table.model().columns[-1].text(largest) == 'outside !'
    lab.band.drop.click()
    assert lab.table.model().columns[-1].title != 'training'


def test_the_curve_is_run_by_its_button(qtbot, explorer, lab):
    explorer.context_box.set_box(((4, 8), (8, 16), (8, 16)))
    qtbot.waitUntil(lambda: explorer.session.settled and not explorer.windows.is_pending, timeout=30_000)
    section = lab.curve
    section.set_unfolded(True)
    section.run.click()
    qtbot.waitUntil(lambda: section._job is None, timeout=60_000)
    assert section.message == ''
    assert [max(point.size) for point in section.points] == [32, 48, 64, 80, 96]
    assert all(point.dice.value is not None for point in section.points)
    assert section.said.text().startswith('target z 4\N{EN DASH}7 y 8\N{EN DASH}15')
    explorer.session.state.label = None
    assert section.points == []


def test_odds_are_given_on_request(explorer, lab):
    index = int(explorer.windows.found.table.fraction.argmax())
    assert 'odds' not in explorer.windows.words(index)
    lab.odds.click()
    assert 'odds' in explorer.windows.words(index)
    assert 'odds' in [c.title for c in lab.table.model().columns]


def test_what_has_no_windows_says_why(qtbot, explorer, lab, ball_case):
    for source, words in (
        ('shifted', 'A mask that was given has no windows.'),
        ('otsu', 'decides on its windows itself'),
    ):
        explorer.open_case(ball_case, [Lane(source=source, given=source == 'shifted')])
        qtbot.waitUntil(lambda: bool(explorer.session.settled and explorer.session.volume.lanes), timeout=30_000)
        assert words in explorer.windows.why
        assert words in lab.title.text()
        assert lab.table.model().rowCount() == 0


def test_the_lab_goes_and_comes_by_command_and_key(explorer, lab):
    commands.window_lab()
    assert not lab.isVisible()
    assert not explorer.windows.is_watched, 'nothing is counted for nobody'
    commands.window_lab()
    assert show_windows(explorer.viewer) is lab
    assert lab.isVisible()
