"""The knobs and the prompts in a real panel: sliders move the lane, buttons make the layers, undo brings both back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.prompts import Point, Prompts
from napari_segrobust.segment import load_model
from napari_segrobust.ui.hands import drag_to
from napari_segrobust.ui.outputs.replay import as_command, as_python
from napari_segrobust.ui.sections.knobs import KnobsSection
from napari_segrobust.ui.sections.prompts import PromptsSection


@pytest.fixture
def parts(explorer, panel, ball_case, settle):
    """Otsu beside region growing, on the ball."""
    for name in ('otsu', 'region-growing'):
        explorer.session.models[name] = load_model(name)
    explorer.open_case(ball_case, [Lane(source='otsu'), Lane(source='region-growing')])
    settle()
    explorer.session.history.clear()
    found = {type(part): part for part in panel.model.parts}
    return found[KnobsSection], found[PromptsSection]


def test_knobs_move_the_lane_and_come_back(explorer, parts, settle, qtbot):
    knobs, _ = parts
    state = explorer.session.state
    assert list(knobs.rows) == ['side', 'shift', 'smooth', 'scope'], 'a grey image leaves no choice of channels'
    assert not knobs.reset.isEnabled()
    drag_to(knobs.rows['smooth'].control, 2.0)
    settle()
    assert state.lanes[0].parameters == {'smooth': 2.0}
    assert explorer.session.volume.request.lanes[0].now.model.values['smooth'] == 2.0
    knobs.rows['side'].setCurrentText('dark')
    assert state.lanes[0].parameters == {'smooth': 2.0, 'side': 1.0}
    assert 'object is dark' in knobs.header.toolTip()
    assert explorer.session.history.undo()
    assert knobs.rows['side'].currentText() == 'bright'
    assert explorer.session.history.undo(), 'the whole drag is one gesture'
    assert state.lanes[0].parameters == {}
    assert knobs.rows['smooth'].value() == 0
    knobs.rows['shift'].control.box.setValue(-10)
    knobs.reset.click()
    assert state.lanes[0].parameters == {}
    knobs.models.setCurrentText('2 region-growing')
    assert explorer.lane == 1
    assert 'tolerance' in knobs.rows
    state.lanes = (Lane(source='threshold'),)
    assert not knobs.isVisibleTo(knobs.parent())
    flat = replace_with_slice(explorer.session.case)
    explorer.open_case(flat, [Lane(source='otsu')])
    settle()
    assert 'scope' not in knobs.rows


def replace_with_slice(case):
    from napari_segrobust.geometry import GridGeometry

    reference = {name: mask[6] for name, mask in case.references.items()}
    geometry = GridGeometry.from_spacing((24, 24))
    return replace(case, image=case.image[:, 6], geometry=geometry, references=reference, predictions={})


def test_prompts_say_what_is_wanted_and_what_is_there(explorer, panel, parts, settle):
    _, prompts = parts
    assert prompts.words.text() == 'region-growing: click a point on the object'
    assert prompts.buttons['points'].isEnabled()
    assert not prompts.buttons['boxes'].isEnabled()
    assert not prompts.clear.isEnabled()
    prompts.buttons['points'].click()
    layer = explorer.prompt_layers.seeds.layer
    layer.add([6, 12, 12])
    prompts.label.setCurrentText('✕ background')
    layer.add([6, 2, 2])
    settle()
    assert [point.label for point in explorer.session.state.prompts.points] == [1, 0]
    assert prompts.words.text() == '2 seeds'
    assert [view.index for view in explorer.session.volume.lanes] == [0, 1]
    explorer.session.state.set_lane(1, parameters={'classes': 3.0})
    settle()
    items = [prompts.label.itemText(i) for i in range(prompts.label.count())]
    assert items == ['✕ background', '● object 1', '■ object 2', '◆ object 3']
    prompts.clear.click()
    assert explorer.session.state.prompts == Prompts()
    assert len(layer.data) == 0
    assert explorer.session.history.undo()
    assert len(layer.data) == 2


def test_what_is_copied_repeats_knobs_and_prompts(explorer, parts, settle, tmp_path):
    session = explorer.session
    session.case = replace(session.case, provenance={**session.case.provenance, 'path': 'ball.nii.gz'})
    session.case = session.case.with_masks(references={}, predictions={})
    session.state.prompts = Prompts(points=(Point(at=(6, 12, 12)),))
    session.state.set_lane(1, parameters={'tolerance': 8.0})
    settle()
    command = as_command(session, 1)
    assert '--set tolerance=8' in command
    assert '"points"' in command
    assert "load_model('region-growing', device='cpu').adjusted({'tolerance': 8.0})" in as_python(session, 1)
    assert 'Point(at=(6.0, 12.0, 12.0))' in as_python(session, 1)
    mask = np.ones(session.case.shape, np.uint8)
    session.amend(masks={'drawn': mask})
    session.state.prompts = Prompts(points=(Point(at=(6, 12, 12)),), scribbles='drawn')
    settle()
    with pytest.raises(Exception, match='scribbles are in no file'):
        as_command(session, 1)


def test_windows_are_for_networks_alone(explorer, panel, parts, settle):
    """A window set for all lanes is none for a method, which would refuse it."""
    context = panel.context
    assert not context.size_row.isEnabled()
    assert 'no window to set' in context.reason.text()
    explorer.session.state.lanes = (*explorer.session.state.lanes[:1], Lane(source='threshold'))
    context.overlap.value_changed.emit(0.5)
    assert [lane.context.overlap for lane in explorer.session.state.lanes] == [None, 0.5]
