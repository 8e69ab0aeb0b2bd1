"""Window, overlap and box: whose they are is always said."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt

from napari_segrobust.explore.state import Lane
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui.sections.context import ALL
from napari_segrobust.ui.widgets.size_row import OWN

BOX = ((2, 9), (3, 20), (4, 21))


@pytest.fixture
def context(panel):
    panel.context.set_unfolded(True)
    return panel.context


@pytest.fixture
def settle(explorer, qtbot):
    def wait() -> None:
        session = explorer.session
        qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=20_000)

    return wait


@pytest.fixture
def open_with(explorer, ball_case, threshold_model, settle):
    """Open the ball with these lanes; ``wide`` sees more of it, ``deep`` is a 3D model."""
    models = explorer.session.models
    models['wide'] = threshold_model('wide', bias=0.4)
    models['deep'] = threshold_model('deep')
    models['deep'].spec = ModelSpec(
        name='deep', dimensions=3, classes=('background', 'object'), window=(8, 16, 16), blending='constant'
    )

    def show(*sources: str) -> None:
        explorer.open_case(ball_case, [Lane(source=s, given=s == 'shifted') for s in sources])
        settle()

    return show


def overlaps(explorer):
    return [lane.context.overlap for lane in explorer.session.state.lanes]


def choose(context, text):
    context.models.setCurrentText(text)


def type_overlap(qtbot, context, text):
    box = context.overlap.control.box
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def test_one_model_is_not_asked_for(context, open_with, explorer, qtbot):
    open_with('threshold', 'shifted')
    assert context._models_line.isHidden()
    type_overlap(qtbot, context, '0.5')
    assert overlaps(explorer) == [0.5, None]


def test_one_model_or_all_of_them(context, open_with, explorer, qtbot):
    open_with('threshold', 'shifted', 'wide')
    assert not context._models_line.isHidden()
    assert [context.models.itemText(i) for i in range(context.models.count())] == [ALL, '1 threshold', '3 wide']
    assert context.models.currentText() == ALL
    type_overlap(qtbot, context, '0.5')
    assert overlaps(explorer) == [0.5, None, 0.5]
    choose(context, '3 wide')
    assert explorer.lane == 2, 'what is changed is what one looks at'
    type_overlap(qtbot, context, '0.3')
    assert overlaps(explorer) == [0.5, None, 0.3]
    choose(context, '1 threshold')
    assert context.overlap.value() == 0.5
    explorer.set_lane(2)
    assert (context.models.currentText(), context.overlap.value()) == ('3 wide', 0.3)
    explorer.set_lane(1)
    assert context.models.currentText() == '3 wide', 'a mask that was given has no window'
    choose(context, ALL)
    assert context.reason.text() == 'Shown is 1 threshold; others differ. A change sets all.'
    assert context.header.accessibleDescription().endswith('folded. differs by model')
    type_overlap(qtbot, context, '0.4')
    assert overlaps(explorer) == [0.4, None, 0.4]


def test_undo_brings_back_the_one_that_was_changed(context, open_with, explorer, qtbot):
    open_with('threshold', 'wide')
    choose(context, '2 wide')
    type_overlap(qtbot, context, '0.3')
    assert explorer.session.history.undo()
    assert overlaps(explorer) == [None, None]
    assert context.overlap.value() == explorer.session.models['wide'].spec.overlap
    assert explorer.session.history.redo()
    assert overlaps(explorer) == [None, 0.3]
    assert context.overlap.value() == 0.3


def test_flat_and_deep_models_share_no_window(context, open_with, explorer):
    open_with('threshold', 'deep')
    assert not context.size_row.isEnabled()
    assert context.overlap.isEnabled()
    assert context.reason.text() == '2D and 3D models share no window: choose one.'
    choose(context, '2 deep')
    assert context.size_row.isEnabled()
    assert context.size_row.size_voxels() == (8, 16, 16)
    assert context.header.accessibleDescription().endswith('folded. 2 deep: 8 x 16 x 16')
    context.size_row.boxes[0].setValue(6)
    assert [lane.context.window for lane in explorer.session.state.lanes] == [None, (6, 16, 16)]


def test_the_box_is_one_for_all_lanes(context, open_with, explorer, panel):
    open_with('threshold', 'shifted', 'wide')
    choose(context, '3 wide')
    assert context.box.text() == 'Draw box of all lanes'
    explorer.context_box.set_box(BOX)
    assert {lane.context.box for lane in explorer.session.state.lanes} == {BOX}
    panel.model.combos[0].setCurrentText('given: shifted')
    assert {lane.context.box for lane in explorer.session.state.lanes} == {BOX}
    context.clear.click()
    assert {lane.context.box for lane in explorer.session.state.lanes} == {None}
    assert not context.clear.isEnabled()
    assert explorer.session.history.undo()
    assert {lane.context.box for lane in explorer.session.state.lanes} == {BOX}


def test_a_box_on_a_given_mask_can_be_taken_away(context, open_with, explorer, settle):
    open_with('shifted')
    assert context.reason.text() == 'A mask that was given has no window.'
    assert not context.overlap.isEnabled()
    explorer.context_box.set_box(BOX)
    settle()
    assert context.share.text().startswith('foreground in box: reference ')
    context.clear.click()
    assert explorer.session.state.lanes[0].context.box is None


def test_the_share_says_whose(context, open_with, explorer, ball_case, settle):
    def percent(mask):
        return f'{100 * mask.mean():.3g}'

    open_with('threshold')
    reference = percent(ball_case.references['expert'])
    assert context.share.text() == f'foreground in image: reference {reference} %, prediction {reference} %'
    open_with('threshold', 'shifted', 'wide')
    explorer.session.state.set_perturbation(0, severity=4.0)
    settle()
    first, _, last = (percent(view.labels) for view in explorer.session.volume.lanes)
    assert first != last
    assert context.share.text() == f'foreground in image: reference {reference} %, predictions {first}, {last} %'
    choose(context, '3 wide')
    assert context.share.text() == f'foreground in image: reference {reference} %, 3 wide {last} %'


def test_a_lane_that_goes_takes_its_choice_along(context, open_with, explorer, panel):
    open_with('threshold', 'wide')
    choose(context, '2 wide')
    panel.model.combos[1].setCurrentText('remove this lane')
    assert context.lane is None
    assert context._models_line.isHidden()


def test_it_has_names_and_tooltips(context):
    assert context.models.accessibleName() == 'Models of the context'
    assert context.models.toolTip()


def test_slices_are_those_of_the_shown_plane(explorer, context, open_with):
    open_with('threshold')
    explorer.context_box.set_box(BOX)
    assert (context.slices.first.value(), context.slices.last.value()) == (2, 8)
    explorer.viewer.dims.order = (1, 0, 2)
    assert (context.slices.first.value(), context.slices.last.value()) == (3, 19)
    context.slices.last.setValue(10)
    assert explorer.context_box.box == ((2, 9), (3, 11), (4, 21))
    explorer.viewer.dims.order = (0, 1, 2)
    assert (context.slices.first.value(), context.slices.last.value()) == (2, 8)


def test_every_way_to_look_runs_live(context, open_with, explorer, settle):
    """Grid, padding, mirroring and a high overlap reach the network, and the words say what is used."""
    open_with('deep')
    session = explorer.session
    before = session.volume.request.lanes[0].now.infer_key
    seen = {before}
    for combo, words, field, value in (
        (context.grid, 'nnU-Net', 'grid', 'nnunet'),
        (context.padding, 'reflect', 'padding', 'reflect'),
        (context.mirror, 'z x, 4 times the work', 'mirror', (0, 2)),
        (context.blending, 'gaussian', 'blending', 'gaussian'),
    ):
        combo.setCurrentText(words)
        assert getattr(session.state.lanes[0].context, field) == value
        assert combo.currentText() == words
        settle()
        seen.add(session.volume.request.lanes[0].now.infer_key)
    assert len(seen) == 5
    assert session.history.undo()
    assert context.blending.currentText() == 'constant'
    assert context.mirror.count() == 8
    context.mirror.setCurrentText('none')
    assert session.state.lanes[0].context.mirror == ()


def test_windows_may_overlap_by_nine_tenths(context, open_with, explorer, qtbot, settle):
    open_with('deep')
    type_overlap(qtbot, context, '0.9')
    assert overlaps(explorer) == [0.9]
    settle()
    assert explorer.session.volume.request.lanes[0].now.scenario.context.overlap == 0.9


def test_a_moved_window_is_not_the_published_experiment(context, open_with, explorer):
    open_with('deep')
    own = context.size_row.size_voxels()
    assert context.moved.isHidden()
    assert context.size_row.presets.currentText() == OWN
    context.size_row.presets.setCurrentText('32 cubed')
    assert explorer.session.state.lanes[0].context.window == (32, 32, 32)
    assert not context.moved.isHidden()
    context.size_row.boxes[2].setValue(24)
    assert explorer.session.state.lanes[0].context.window == (32, 32, 24)
    assert context.size_row.presets.currentText() == 'custom'
    context.size_row.presets.setCurrentText(OWN)
    assert explorer.session.state.lanes[0].context.window is None
    assert context.size_row.size_voxels() == own
    assert context.moved.isHidden()


def test_a_model_with_its_own_windows_says_why(context, explorer, ball_case, settle):
    explorer.open_case(ball_case, [Lane(source='otsu')])
    settle()
    assert context.reason.text() == 'It decides itself on what it sees: there is no window to set.'
    assert not any(widget.isEnabled() for widget in context.settings)
    assert context.moved.isHidden()
