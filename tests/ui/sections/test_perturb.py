"""The stack in a real window: add, order, solo, region, target, recipe, film strip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from napari.layers import Image, Labels
from qtpy.QtCore import Qt

from napari_segrobust.perturb import Perturbation, Region, get_spec, perturbations
from napari_segrobust.ui.sections.stack_rows import DRAW_BOX, regions_of, seen_severities
from napari_segrobust.ui.widgets.controls import IconButton

NOISE = Perturbation(name='gaussian_noise', severity=2.0, seed=7)
BIAS = Perturbation(name='bias_field', severity=2.0, seed=3)
REMEDY = next(spec.name for spec in perturbations().values() if spec.stage == 'remedy')
BOX = ((2, 9), (3, 20), (4, 21))


def names(explorer):
    return [entry.name for entry in explorer.session.state.stack]


def choose(row, words):
    """Choose a region as a hand does: setting the text alone says nothing."""
    row.region.setCurrentText(words)
    row.region.textActivated.emit(words)


# -- adding ---------------------------------------------------------------------------------------------------------


def test_add_by_typing(explorer, perturb, qtbot):
    qtbot.mouseClick(perturb.add, Qt.MouseButton.LeftButton)
    assert perturb.picker.isVisible()
    qtbot.keyClicks(perturb.picker.search, 'gamma')
    qtbot.keyClick(perturb.picker.search, Qt.Key.Key_Return)
    assert names(explorer) == ['gaussian_noise', 'bias_field', 'gamma']
    assert explorer.session.state.focus == 2
    assert [row.property('perturbation') for row in perturb.rows] == names(explorer)
    explorer.session.history.undo()
    assert names(explorer) == ['gaussian_noise', 'bias_field']
    assert len(perturb.rows) == 2


def test_the_modality_comes_first_and_what_cannot_act_says_why(explorer, perturb):
    choices = perturb.picker.choices(explorer.session.case)
    assert len(choices) == len(perturbations())
    sections = [choice.section for choice in choices]
    assert sections == sorted(sections, key=['for MR', 'others'].index)
    fitting = {choice.key for choice in choices if choice.section == 'for MR'}
    assert 'ghosting' in fitting
    assert all('MR' in get_spec(name).modalities or not get_spec(name).modalities for name in fitting)
    reasons = {choice.key: choice.why_not for choice in choices}
    assert reasons['gaussian_noise'] == ''
    assert reasons['stain'].startswith('It acts on red, green and blue, and the image has 1 channel')
    assert 'none is chosen' in reasons['histogram_match']
    bare = replace(explorer.session.case, references={})
    assert 'the case has none' in {c.key: c.why_not for c in perturb.picker.choices(bare)}['label_contrast']
    assert all(not choice.section for choice in perturb.picker.choices(replace(bare, modality=None)))


def test_pictures_of_the_list_come_by_themselves(explorer, perturb, qtbot):
    perturb.open_picker()
    picker = perturb.picker
    first = picker.shown()[0]
    qtbot.waitUntil(lambda: picker.model.has_pictures(first) and picker.wanted() is None, timeout=30_000)
    assert len(picker.model._pictures[first]) == 2
    assert explorer.session.status.kind == 'idle'
    picker.reject()
    explorer.session.state.plane = explorer.session.state.plane.model_copy(update={'index': 2})
    perturb.open_picker()
    assert picker.wanted() == first, 'they were of another slice'
    picker.reject()


def test_a_remedy_stays_last(explorer, perturb):
    perturb.add_entry(REMEDY)
    perturb.add_entry('gamma')
    assert names(explorer) == ['gaussian_noise', 'bias_field', 'gamma', REMEDY]
    perturb.stack.moved.emit(3, 0)
    assert names(explorer)[-1] == REMEDY


# -- order, solo, seeds ---------------------------------------------------------------------------------------------


def test_order_by_key_keeps_details_and_focus_of_the_hand(explorer, perturb, qtbot):
    noise = perturb.rows[0]
    noise.more.setChecked(True)
    qtbot.keyClick(noise.grip, Qt.Key.Key_Down)
    assert names(explorer) == ['bias_field', 'gaussian_noise']
    assert perturb.rows[1] is noise
    assert noise.more.isChecked()
    assert noise.severity.value() == 2.0
    qtbot.keyClick(noise.grip, Qt.Key.Key_Down)
    assert names(explorer) == ['bias_field', 'gaussian_noise']
    explorer.session.history.undo()
    assert names(explorer) == ['gaussian_noise', 'bias_field']


def test_drag(explorer, perturb):
    explorer.session.state.solo = 0
    perturb.stack.moved.emit(0, 1)
    assert names(explorer) == ['bias_field', 'gaussian_noise']
    assert explorer.session.state.solo == 1
    assert perturb.rows[1].solo.isChecked()


def test_physical_order(explorer, perturb):
    perturb.order.trigger()
    assert names(explorer) == ['bias_field', 'gaussian_noise']


def test_solo(explorer, perturb, qtbot, settle):
    noise, bias = perturb.rows
    qtbot.mouseClick(bias.solo, Qt.MouseButton.LeftButton)
    assert explorer.session.state.solo == 1
    assert not noise.severity.isEnabled()
    assert noise.enabled.isChecked()
    settle()
    assert 'noise' not in explorer.painter.now.stack[0].name
    explorer.session.history.undo()
    assert noise.severity.isEnabled()
    assert not bias.solo.isChecked()


def test_one_seed_for_all(explorer, perturb, settle):
    perturb.one_seed.setChecked(True)
    assert explorer.session.state.seed == 7
    assert [row.seed.value() for row in perturb.rows] == [7, 7]
    assert not perturb.rows[0].seed.isEnabled()
    perturb.new_draw.click()
    assert [row.seed.value() for row in perturb.rows] == [8, 8]
    settle()
    assert [entry.seed for entry in explorer.session.plane.request.stack] == [8, 8]
    perturb.one_seed.setChecked(False)
    assert [row.seed.value() for row in perturb.rows] == [7, 3]


def test_every_control_of_the_stack_is_named(perturb):
    perturb.rows[0].more.setChecked(True)
    for button in perturb.findChildren(IconButton):
        assert button.accessibleName(), button
        assert button.toolTip(), button


# -- region ---------------------------------------------------------------------------------------------------------


def test_regions_of_labels(explorer, perturb, settle):
    row = perturb.rows[0]
    choices = [row.region.itemText(i) for i in range(row.region.count())]
    assert choices[:3] == ['whole', 'foreground', 'background']
    assert choices[-1] == DRAW_BOX
    label = explorer.session.case.label_name(1)
    choose(row, label)
    assert explorer.session.state.stack[0].region == Region(kind='label', label=1)
    row.more.setChecked(True)
    assert row.details.feather.isVisibleTo(row)
    row.details.feather.value_changed.emit(3.0)
    row.details.dragging_changed.emit(False)
    assert explorer.session.state.stack[0].region.feather_mm == 3.0
    choose(row, 'background')
    assert explorer.session.state.stack[0].region == Region(kind='background', feather_mm=3.0)
    assert row.region.currentText() == 'background'
    explorer.session.history.undo()
    assert row.region.currentText() == label
    settle()


def test_a_drawn_box(explorer, perturb, settle):
    row, box = perturb.rows[1], explorer.region_box
    choose(row, DRAW_BOX)
    assert explorer.session.state.focus == 1
    assert explorer.viewer.layers.selection.active.name == '[sr] region'
    assert row.region.currentText() == 'whole', 'nothing is drawn yet'
    box.set_box(BOX)
    assert explorer.session.state.stack[1].region == Region(kind='box', box=BOX)
    assert row.region.currentText() == 'box'
    settle()
    row.more.setChecked(True)
    assert row.details.slices.range() == BOX[0]
    row.details.slices.range_changed.emit(3, 6)
    assert explorer.session.state.stack[1].region.box == ((3, 6), *BOX[1:])
    assert explorer.session.state.lanes[0].context.box is None, 'the context box is another one'
    explorer.session.state.focus = 0
    assert box.box is None, 'the rectangle is that of the focused entry'
    explorer.session.state.focus = 1
    assert box.box == ((3, 6), *BOX[1:])
    explorer.viewer.layers.remove('[sr] region')
    assert explorer.session.state.stack[1].region == Region()
    explorer.session.history.undo()
    assert explorer.session.state.stack[1].region.kind == 'box'


def test_a_labels_layer_is_a_region_and_is_followed(explorer, perturb, qtbot, settle):
    state, row = explorer.session.state, perturb.rows[0]
    data = np.zeros(explorer.session.case.shape, np.uint8)
    data[:, :, :10] = 3
    layer = Labels(data, name='mine')
    explorer.viewer.add_layer(layer)
    explorer.viewer.add_layer(Labels(np.zeros((4, 4), np.uint8), name='other grid'))
    assert 'layer: mine' in [row.region.itemText(i) for i in range(row.region.count())]
    assert 'layer: other grid' not in [row.region.itemText(i) for i in range(row.region.count())]
    choose(row, 'layer: mine')
    qtbot.waitUntil(lambda: state.stack[0].region.kind == 'mask', timeout=20_000)
    settle()
    first = state.stack[0].region.mask_sha256
    assert row.region.currentText() == 'layer: mine'
    painted = data.copy()
    painted[:, :, :12] = 1
    layer.data = painted
    qtbot.waitUntil(lambda: state.stack[0].region.mask_sha256 != first, timeout=20_000)
    settle()
    changed = explorer.session.volume.image != explorer.session.case.image
    assert changed[..., 10:12].any()
    explorer.session.history.undo()
    assert state.stack[0].region.mask_sha256 == first
    settle()


def test_regions_need_a_reference(ball_case):
    assert list(regions_of(replace(ball_case, references={}), [1])) == ['whole']


# -- details --------------------------------------------------------------------------------------------------------


def test_pictures_before_and_after_come_when_details_are_open(explorer, perturb, qtbot, settle):
    row = perturb.rows[1]
    assert 'rows' not in explorer.session.state.extras
    row.more.setChecked(True)
    qtbot.waitUntil(lambda: None not in row.details.pictures.pictures(), timeout=20_000)
    row.more.setChecked(False)
    assert 'rows' not in explorer.session.state.extras


def test_a_target_is_the_only_other_image(explorer, perturb, qtbot):
    state = explorer.session.state
    other = np.random.default_rng(1).random(explorer.session.case.shape, np.float32)
    explorer.viewer.add_layer(Image(other, name='other scanner'))
    reasons = {choice.key: choice.why_not for choice in perturb.picker.choices(explorer.session.case)}
    assert reasons['histogram_match'] == ''
    perturb.add_entry('histogram_match')
    qtbot.waitUntil(lambda: state.stack[2].target is not None, timeout=20_000)
    np.testing.assert_array_equal(explorer.session.case.targets[state.stack[2].target], other)
    details = perturb.rows[2].details
    assert details.target.currentText() == 'other scanner'
    explorer.session.state.set_perturbation(2, severity=3.0)
    qtbot.waitUntil(lambda: explorer.session.settled, timeout=20_000)
    assert explorer.session.status.kind == 'idle'


def test_a_label_is_chosen_by_its_name(explorer, perturb):
    perturb.add_entry('synthetic_lesion')
    row = perturb.rows[2]
    row.more.setChecked(True)
    _, combo = row.details.parameters._rows['label']
    label = explorer.session.case.label_name(1)
    assert [combo.itemText(i) for i in range(combo.count())] == ['any', label]
    combo.setCurrentText(label)
    assert explorer.session.state.stack[2].parameters == {'label': 1.0}
    combo.setCurrentText('any')
    assert explorer.session.state.stack[2].parameters == {}
    perturb.add_entry('label_contrast')
    form = perturb.rows[3].details.parameters
    first, second = (form._rows[name][1] for name in ('label', 'other'))
    assert [first.itemText(i) for i in range(first.count())] == [label]
    assert [second.itemText(i) for i in range(second.count())] == ['background', label]


def test_a_warp_carries_the_reference_or_not(explorer, perturb, qtbot, settle):
    explorer.session.state.set_stack((Perturbation(name='rigid', severity=3.0, seed=1),))
    perturb.rows[0].more.setChecked(True)
    moves = perturb.rows[0].details.moves
    assert moves.isVisibleTo(perturb.rows[0])
    assert moves.isChecked()
    settle()
    drawn = explorer.painter.layers.array('reference', 0)
    own = explorer.session.case.references['expert']
    assert not np.array_equal(drawn, own), 'the outline lies where the warp carried it'
    qtbot.mouseClick(moves, Qt.MouseButton.LeftButton, pos=moves.rect().center() * 0.1)
    assert not explorer.session.state.stack[0].moves_reference
    settle()
    np.testing.assert_array_equal(explorer.painter.layers.array('reference', 0), own)


def test_every_perturbation_has_a_row(explorer, panel):
    explorer.session.state.set_stack(tuple(Perturbation(name=name) for name in perturbations()))
    for row in panel.perturb.rows:
        name = row.property('perturbation')
        row.more.setChecked(True)
        assert row.minimumSizeHint().width() <= 330, name
        mark, words = seen_severities(get_spec(name))
        assert mark is None or (0 <= mark[0] <= mark[1] <= 5 and words), name
    assert len(panel.perturb.rows) == len(perturbations())


# -- the slice as a whole -------------------------------------------------------------------------------------------


def test_change_and_texture_are_said_live(explorer, perturb, qtbot, settle):
    explorer.session.state.set_perturbation(0, severity=4.0)
    settle()
    change = explorer.session.extras.change
    assert perturb.change.text().startswith(f'RMS {change.rms_percent:.3g}')
    assert 'higher is easier' in perturb.texture.text()
    before = perturb.change.text()
    explorer.session.state.set_perturbation(0, severity=1.0)
    qtbot.waitUntil(lambda: perturb.change.text() != before, timeout=20_000)
    perturb.set_unfolded(False)
    assert not explorer.session.state.extras & {'change', 'texture'}, 'nobody looks at it'


# -- recipes --------------------------------------------------------------------------------------------------------
