"""The Model section: a file of someone else's is dropped, asked about, run, changed and unloaded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_segrobust.errors import ConsentNeeded
from napari_segrobust.segment import load as load_module
from napari_segrobust.segment.spec_file import read_spec
from napari_segrobust.ui.canvas.network_layer import NAME
from napari_segrobust.ui.hands import choose

WAIT_MS = 30_000


@pytest.fixture
def script(tmp_path):
    """Bright voxels are the object: two logits, 0.5 - x and x - 0.5."""
    network = torch.nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        network.weight[:] = torch.tensor([-1.0, 1.0]).reshape(2, 1, 1, 1)
        network.bias[:] = torch.tensor([0.5, -0.5])
    path = tmp_path / 'bright.ts'
    torch.jit.script(network).save(str(path))
    return path


@pytest.fixture
def section(explorer, panel, ball_case, settle):
    explorer.session.models.clear()
    explorer.open_case(ball_case, [])
    return panel.model


def write(field, text: str) -> None:
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def fill_in(form) -> None:
    """Answer as a person would who knows the network."""
    for name in ('dimensions', 'channels'):
        QTest.mouseClick(form.lines[name].note.use, Qt.MouseButton.LeftButton)
    write(form.lines['classes'].control, 'background, ball')
    choose(form.lines['activation'].control, 'logits, softmax: one class per voxel')
    choose(form.intensity.combo, 'fixed window, cut off')
    for field, number in zip(form.intensity.fields, ('0', '1'), strict=False):
        write(field, number)


def test_a_dropped_file_is_asked_about_and_runs(drop, section, panel, explorer, script, settle, qtbot):
    drop(panel, script)
    qtbot.waitUntil(lambda: section.form is not None, timeout=WAIT_MS)
    form = section.form
    assert form.use.text() == 'Use (5 answers to go)'
    assert not form.use.isEnabled()
    fill_in(form)
    assert form.use.text() == 'Use'
    write(form.lines['overlap'].control, '2')
    assert 'less than 1' in form.lines['overlap'].note.words.text(), 'what is wrong stands at its line'
    assert form.more.unfolded(), 'and the line can be seen'
    assert not form.use.isEnabled()
    write(form.lines['overlap'].control, '')
    QTest.mouseClick(form.keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: script.with_suffix('.toml').exists(), timeout=WAIT_MS)
    settle()
    session = explorer.session
    lane = session.state.lanes[0]
    np.testing.assert_array_equal(session.volume.lanes[0].labels, session.volume.image[0] > 0.5)
    assert read_spec(script) == lane.spec
    assert section.form is None
    qtbot.waitUntil(lambda: 'Saved as bright.toml' in section.rows[0].note.toolTip(), timeout=WAIT_MS)
    assert 'TorchScript' in section.rows[0].note.toolTip()
    assert section.devices.held.text() == 'bright.ts 16 B, cpu'
    assert not section.rows[0].spec.isHidden()
    assert explorer.settings.recent_models == str(script.resolve())
    # Its spec is changed while one looks: prediction and layer follow, and undo takes one gesture back.
    section.network.setChecked(True)
    QTest.mouseClick(section.rows[0].spec, Qt.MouseButton.LeftButton)
    form = section.form
    write(form.intensity.fields[1], '4')
    qtbot.waitUntil(lambda: session.state.lanes[0] != lane, timeout=WAIT_MS)
    settle()
    assert not session.volume.lanes[0].labels.any(), 'everything is darker than 0.5 now'
    assert explorer.viewer.layers[NAME].data.max() == pytest.approx(session.volume.image.max() / 4)
    section.session.history.undo()
    assert session.state.lanes == (lane,)
    assert form.intensity.fields[1].text() == '1', 'the form says what is in force'
    qtbot.waitUntil(lambda: lane.model_id in session.models, timeout=WAIT_MS)
    settle()
    assert session.volume.lanes[0].labels.any()
    section.combos[0].setCurrentText('remove this lane')
    assert section.form is None, 'the form goes with its lane'
    assert section.devices.unload.isEnabled()
    QTest.mouseClick(section.devices.unload, Qt.MouseButton.LeftButton)
    assert session.models == {}


def test_what_cannot_be_opened_is_said_and_code_is_asked_about(
    drop, section, panel, explorer, tmp_path, qtbot, monkeypatch
):
    loader = explorer.session.loader
    broken = tmp_path / 'broken.onnx'
    broken.write_bytes(b'nothing')
    drop(panel, broken)
    qtbot.waitUntil(lambda: loader.openings[0].stage == 'failed', timeout=WAIT_MS)
    assert explorer.session.state.lanes == ()
    loader.dismiss(loader.openings[0])
    assert section.openings.isHidden()

    def load_model(source, spec=None, device='auto', *, trust=False):
        raise ConsentNeeded('bundle', ('network_def: $import os', 'inferer: $print(1)'))

    monkeypatch.setattr(load_module, 'load_model', load_model)
    opening = loader.open(str(tmp_path))
    qtbot.waitUntil(lambda: opening.stage == 'consent', timeout=WAIT_MS)
    code = section.openings.blocks[id(opening)].findChild(object, 'code')
    assert code.text() == 'network_def: $import os\ninferer: $print(1)'
    trusted = []
    monkeypatch.setattr(loader, 'trust', trusted.append)
    section.openings.blocks[id(opening)].yes.click()
    assert trusted == [opening]
