"""What leaves the program: on the source grid, with what was simulated; and words that repeat it to the voxel."""

from __future__ import annotations

import csv
import io
import json
import shlex
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from qtpy.QtGui import QGuiApplication

from napari_segrobust.cases.readers import read_stored
from napari_segrobust.cases.save import save_image
from napari_segrobust.cli import main
from napari_segrobust.geometry import AxisOrder
from napari_segrobust.ui.outputs.export import RESEARCH

NOISE = 'SIMULATED'


@pytest.fixture
def explorer(kept_explorer):
    """One for all tests of this file."""
    return kept_explorer


@pytest.fixture
def export(panel):
    return panel.header.export


@pytest.fixture
def opened(qtbot, explorer, panel, ball_case):
    """The ball with noise of severity 3, seen by the threshold model."""
    from napari_segrobust.explore.state import Lane

    flipped = replace(ball_case.geometry, order=AxisOrder((2, 1, 0), (True, False, False)))
    explorer.open_case(replace(ball_case, geometry=flipped, predictions={}), [Lane(source='threshold')])
    explorer.session.state.set_perturbation(0, severity=3.0)
    settle(qtbot, explorer)
    return explorer


def settle(qtbot, explorer):
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=60_000)


def test_volumes_lie_on_the_source_grid_with_a_record_beside(qtbot, opened, export, tmp_path):
    case, volume = opened.session.case, opened.session.volume
    (view,) = volume.lanes
    for kind, wanted in {'prediction': view.labels, 'error': view.error, 'image': volume.image[0]}.items():
        path = tmp_path / f'{kind}.nii.gz'
        assert export.save(kind, path), kind
        qtbot.waitUntil((tmp_path / f'{kind}.json').exists)
        stored = read_stored(path)
        assert stored.grid.stored().shape == (24, 24, 12)
        back = stored.spatial().reordered(stored.spatial().grid.canonical())
        np.testing.assert_allclose(back.array[0], wanted, atol=1e-6)
        assert case.geometry.same_grid(back.grid)
        record = json.loads((tmp_path / f'{kind}.json').read_text())
        assert record['simulated'].startswith(NOISE)
        assert record['use'] == RESEARCH
        assert record['scenario']['perturbations'][0]['severity'] == 3.0
        assert 'path' not in json.dumps(record)


def test_nothing_is_exported_while_something_runs(opened, export, tmp_path):
    opened.session.state.set_perturbation(0, severity=4.0)
    for kind in export.kinds:
        assert not export.save(kind, tmp_path / kind)
    assert not export.copy('command')
    assert list(tmp_path.iterdir()) == []


def test_without_a_reference_there_is_no_error_map(qtbot, explorer, panel, export, ball_case, tmp_path):
    explorer.open_case(replace(ball_case, references={}))
    settle(qtbot, explorer)
    assert not export.save('error', tmp_path / 'error.nii.gz')
    assert export.save('prediction', tmp_path / 'prediction.nii.gz')
    qtbot.waitUntil((tmp_path / 'prediction.json').exists)


def test_the_table_says_what_it_is_about(opened, export, tmp_path):
    assert export.save('table', tmp_path / 'table.csv')
    rows = list(csv.DictReader(io.StringIO((tmp_path / 'table.csv').read_text())))
    assert rows[0]['label'] == 'object'
    assert rows[0]['scope'] == 'slice'
    assert all(row['simulated'].startswith(NOISE) for row in rows)
    assert export.copy('table')
    assert QGuiApplication.clipboard().text() == (tmp_path / 'table.csv').read_text()


def test_the_curve_is_written_as_points_and_as_a_picture(opened, export, tmp_path):
    assert export.save('curve', tmp_path / 'curve.csv')
    assert export.save('curve', tmp_path / 'curve.png')
    rows = list(csv.DictReader(io.StringIO((tmp_path / 'curve.csv').read_text())))
    assert any(float(row['severity']) == 3.0 for row in rows)
    assert np.asarray(Image.open(tmp_path / 'curve.png')).shape[2] == 4


def test_the_canvas_is_written_with_its_words(opened, export, tmp_path):
    shot = opened.viewer.screenshot(canvas_only=True, flash=False)
    assert export.save('picture', tmp_path / 'canvas.png')
    picture = np.asarray(Image.open(tmp_path / 'canvas.png'))
    strip = picture.shape[0] - shot.shape[0]
    assert strip > 10
    assert picture[:strip, :, :3].max() == 255


def test_a_folder_that_is_not_there_is_one_line(opened, export, tmp_path):
    assert not export.save('table', tmp_path / 'none' / 'table.csv')


def test_diagnostics_name_no_files(opened, export, tmp_path):
    assert export.copy('diagnostics')
    text = QGuiApplication.clipboard().text()
    for word in ('napari:', 'torch:', 'gl renderer:', 'qt:', 'case: 1 x 12 x 24 x 24'):
        assert word in text
    assert 'ball' not in text


# -- repeating ----------------------------------------------------------------------------------------------------


@pytest.fixture
def real(qtbot, explorer, panel, tmp_path, ball_case):
    """Files with a model that can be loaded by name, perturbed."""
    from napari_segrobust.explore.state import Lane

    grid = ball_case.geometry
    grey = ball_case.image + np.random.default_rng(0).random(ball_case.image.shape, np.float32) / 4
    image = save_image(tmp_path / 'image.nii.gz', grey, grid)
    mask = save_image(tmp_path / 'expert.nii.gz', ball_case.references['expert'], grid)
    before = explorer.session.case
    explorer.opener.open_files([image, mask])
    qtbot.waitUntil(lambda: explorer.session.case is not before, timeout=60_000)
    explorer.session.state.lanes = (Lane(source='texture-unet'),)
    explorer.session.state.set_perturbation(0, severity=2.5)
    settle(qtbot, explorer)
    return explorer


def repeat_command(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(text)
    assert program == 'napari-segrobust'
    assert main(words) == 0
    stored = read_stored(tmp_path / 'out/prediction.nii.gz').spatial()
    return stored.reordered(stored.grid.canonical()).array[0]


def repeat_python(text):
    names = {}
    exec(compile(text, 'copied', 'exec'), names)
    return names['result'].labels


@pytest.mark.parametrize('hard', [False, True])
def test_command_and_python_repeat_the_labels(qtbot, real, export, tmp_path, monkeypatch, hard):
    seen = {'window': (16, 16), 'overlap': 0.6, 'blending': 'constant', 'padding': 'reflect', 'grid': 'nnunet'}
    lane = real.session.state.lanes[0]
    context = lane.context.model_validate({**seen, 'mirror': () if hard else (0, 1)})
    real.session.state.lanes = (lane.model_copy(update={'context': context}),)
    settle(qtbot, real)
    if hard:
        lane = real.session.state.lanes[0]
        context = lane.context.model_copy(update={'box': ((2, 10), (0, 20), (4, 24))})
        real.session.state.lanes = (lane.model_copy(update={'context': context, 'threshold': 0.4}),)
        real.session.state.set_perturbation(0, parameters={'sigma': 0.2}, region={'kind': 'foreground'})
        settle(qtbot, real)
    labels = real.session.volume.lanes[0].labels
    assert export.copy('command')
    command = QGuiApplication.clipboard().text()
    assert ('--scenario' in command) == hard
    np.testing.assert_array_equal(repeat_command(command, tmp_path, monkeypatch), labels)
    assert export.copy('python')
    np.testing.assert_array_equal(repeat_python(QGuiApplication.clipboard().text()), labels)


def test_consent_is_repeated_too(real, export, tmp_path, monkeypatch):
    labels = real.session.volume.lanes[0].labels
    monkeypatch.setattr(real.session.loader, 'trusts', lambda source: source == real.session.state.lanes[0].source)
    assert export.copy('command')
    command = QGuiApplication.clipboard().text()
    assert ' --trust ' in command
    np.testing.assert_array_equal(repeat_command(command, tmp_path, monkeypatch), labels)
    assert export.copy('python')
    assert 'trust=True)' in QGuiApplication.clipboard().text()
    np.testing.assert_array_equal(repeat_python(QGuiApplication.clipboard().text()), labels)


def test_a_sample_is_repeated_with_its_parameters(qtbot, explorer, panel, export, tmp_path, monkeypatch):
    before = explorer.session.case
    explorer.open_sample('texture', alpha=0.3, seed=5)
    qtbot.waitUntil(lambda: explorer.session.case is not before, timeout=60_000)
    explorer.session.state.set_perturbation(0, severity=1.5)
    settle(qtbot, explorer)
    labels = explorer.session.volume.lanes[0].labels
    assert export.copy('command')
    command = QGuiApplication.clipboard().text()
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)[1:]) == 0
    record = json.loads((tmp_path / 'out/run.json').read_text())
    import hashlib

    assert record['result_sha256'] == hashlib.sha256(np.ascontiguousarray(labels).data).hexdigest()
    assert export.copy('python')
    np.testing.assert_array_equal(repeat_python(QGuiApplication.clipboard().text()), labels)


def test_layers_without_files_cannot_be_repeated_and_say_so(opened, export):
    assert not export.copy('command')
    assert not export.copy('python')
