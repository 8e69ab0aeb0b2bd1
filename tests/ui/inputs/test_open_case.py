"""Files, layers, samples and roles all end in one case."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from napari_segrobust.cases import load_case, load_sample
from napari_segrobust.cases.save import save_image
from napari_segrobust.errors import CaseError, GridMismatchError
from napari_segrobust.explore.state import Lane
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.ui.app import _explorers
from napari_segrobust.ui.docks import find_panel
from napari_segrobust.ui.inputs.sources import Files, Held, Made
from napari_segrobust.ui.launch import explore
from napari_segrobust.ui.sections.case import CT_WINDOWS


@pytest.fixture
def files(tmp_path, ball_case):
    """The ball, its reference and its shifted prediction, as NIfTI."""
    masks = {'expert': ball_case.references['expert'], 'shifted': ball_case.predictions['shifted']}
    noisy = ball_case.image + np.random.default_rng(0).normal(0, 0.1, ball_case.image.shape)
    arrays = {'image': noisy.astype(np.float32), **masks}
    grid = replace(ball_case.geometry, affine=ball_case.geometry.affine * [4, 4, 4, 1])  # errors of a size that matters
    return [save_image(tmp_path / f'{name}.nii.gz', array, grid) for name, array in arrays.items()]


def settle(qtbot, explorer, name=None):
    session = explorer.session
    qtbot.waitUntil(lambda: session.case is not None and (name is None or session.case.name == name), timeout=60_000)
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=60_000)


def test_files_say_themselves_what_they_are(files):
    source, case = Files((files[1], files[0], files[2])).load()
    assert source.roles == {'expert': 'reference', 'image': 'image', 'shifted': 'prediction'}
    assert list(case.references) == ['expert']
    assert list(case.predictions) == ['shifted']


def test_equal_file_names_stay_apart(files, tmp_path):
    (tmp_path / 'other').mkdir()
    twin = files[1].rename(tmp_path / 'other/image.nii.gz')
    assert list(Files((files[0], twin)).names) == ['image', 'image (2)']


def test_masks_alone_are_refused_in_one_line(files):
    with pytest.raises(CaseError, match='One image is needed'):
        Files((files[1], files[2])).load()


def test_masks_in_memory_change_roles_and_keep_their_facts(files):
    case = load_case(files[0], references=files[1], predictions=files[2])
    held = Held.of(case)
    swapped = held.with_roles({**held.roles, 'expert': 'prediction', 'shifted': 'reference'})
    _, other = swapped.load()
    assert (list(other.references), list(other.predictions)) == (['shifted'], ['expert'])
    assert other.provenance['predictions']['expert']['path'] == str(files[1].resolve())
    assert held.with_roles({**held.roles, '': 'reference', 'expert': 'image'}) is None


def test_a_sample_is_made_with_its_parameters():
    source, case = Made(partial(load_sample, 'texture', alpha=0.4)).load()
    assert case.provenance['sample']['alpha'] == 0.4
    assert source.roles == {'': 'image', 'blob': 'reference'}


def test_the_dialog_opens_files_with_the_worst_error_in_view(qtbot, explorer, panel, files, monkeypatch):
    monkeypatch.setattr(
        'napari_segrobust.ui.sections.case.QFileDialog.getOpenFileNames', lambda *_: ([str(f) for f in files], '')
    )
    panel.case.sample.setCurrentText('Open files ...')
    settle(qtbot, explorer)
    assert [item.role for item in explorer.opener.source.inputs()] == ['image', 'reference', 'prediction']
    assert explorer.session.state.lanes[0].given
    assert explorer.navigator.index == 0
    qtbot.waitUntil(lambda: panel.case.checks.findings != ())
    assert panel.case.checks.findings[0].level != 'ok' or panel.case.checks.summary() == 'all well'


def test_a_case_from_the_command_line_opens_as_from_the_dialog(qtbot, monkeypatch, make_napari_viewer, files):
    """`explore FILE --reference FILE --prediction FILE`: with the worst error in view."""
    shown = []

    def run() -> None:
        (explorer,) = _explorers.values()
        settle(qtbot, explorer)
        qtbot.waitUntil(lambda: explorer.navigator.index == 0)
        shown.extend(item.role for item in explorer.opener.source.inputs())
        assert explorer.shutdown()

    monkeypatch.setattr('napari_segrobust.ui.launch.napari.Viewer', make_napari_viewer)
    monkeypatch.setattr('napari_segrobust.ui.launch.napari.run', run)
    explore(lambda: load_case(files[0], references=files[1], predictions=files[2]))
    assert shown == ['image', 'reference', 'prediction']


def test_swap_is_one_click_and_keeps_the_view(qtbot, explorer, panel, files):
    explorer.opener.open_files(files)
    settle(qtbot, explorer)
    explorer.viewer.scene.camera.zoom = 3.3
    qtbot.mouseClick(panel.case.chips.swap, _left())
    qtbot.waitUntil(lambda: list(explorer.session.case.predictions) == ['expert'], timeout=60_000)
    settle(qtbot, explorer)
    assert list(explorer.session.case.references) == ['shifted']
    assert explorer.session.state.lanes[0].source == 'expert'
    assert explorer.viewer.scene.camera.zoom == 3.3


def test_another_grid_is_refused_and_resampling_offered(qtbot, explorer, panel, files, tmp_path, ball_case):
    grid = GridGeometry(ball_case.shape, ball_case.geometry.affine @ np.diag([1, 1.2, 1.2, 1]))
    wrong = save_image(tmp_path / 'other.nii.gz', ball_case.references['expert'], grid)
    panel.case.set_unfolded(False)
    explorer.opener.open_files([files[0], wrong])
    qtbot.waitUntil(lambda: explorer.opener.refusal is not None)
    assert panel.case.unfolded(), 'the reason and the way out are in it'
    assert panel.status.toolTip() == f'failed: {explorer.opener.refusal.error}'
    panel.case.set_unfolded(False)
    panel.case.sync()
    assert not panel.case.unfolded(), 'who folds it again has read it'
    panel.case.set_unfolded(True)
    assert isinstance(explorer.opener.refusal.error, GridMismatchError)
    assert 'spacing' in panel.case.refused.text()
    assert explorer.session.case is None
    assert not panel.case.resample.isHidden()
    qtbot.mouseClick(panel.case.resample, _left())
    qtbot.waitUntil(lambda: explorer.session.case is not None, timeout=60_000)
    assert any('resampled' in note for note in explorer.session.case.notes)
    assert panel.case.refused.isHidden()


def test_a_broken_file_leaves_the_open_case(qtbot, explorer, panel, files, tmp_path):
    explorer.opener.open_files(files)
    settle(qtbot, explorer)
    empty = tmp_path / 'empty.nii.gz'
    empty.touch()
    explorer.opener.open_files([empty])
    qtbot.waitUntil(lambda: explorer.opener.refusal is not None)
    assert '0 bytes' in panel.case.refused.text()
    assert explorer.session.case.name == 'image'
    explorer.opener.open_files(files[:2])
    qtbot.waitUntil(lambda: explorer.opener.refusal is None, timeout=60_000)


def test_of_many_wishes_the_newest_wins(qtbot, explorer, panel):
    for alpha in np.linspace(0.1, 0.9, 30):
        explorer.open_sample('texture', alpha=float(alpha))
    qtbot.waitUntil(
        lambda: explorer.session.case is not None and explorer.session.case.provenance['sample']['alpha'] == 0.9,
        timeout=60_000,
    )
    assert explorer.opener._waiting is None


def test_sample_sliders_make_the_sample_anew(qtbot, explorer, panel):
    panel.case.sample.setCurrentText('Texture (synthetic task of Kamath 2023)')
    settle(qtbot, explorer)
    rows = panel.case.parameters.rows
    assert list(rows) == ['seed', 'alpha', 'foreground', 'background', 'blended']
    rows['alpha'].control.slider.setValue(60)
    qtbot.waitUntil(lambda: explorer.session.case.provenance['sample']['alpha'] == 0.6, timeout=60_000)
    qtbot.mouseClick(rows['seed'].die, _left())
    qtbot.waitUntil(lambda: explorer.session.case.provenance['sample']['seed'] != 1, timeout=60_000)
    assert explorer.session.case.provenance['sample']['alpha'] == 0.6
    settle(qtbot, explorer)


def test_dropped_files_become_the_case_when_none_is_open(qtbot, explorer, panel, files):
    explorer.viewer.open(files, plugin='napari-segrobust')
    settle(qtbot, explorer, 'image')
    qtbot.waitUntil(lambda: len(explorer.session.case.predictions) == 1)
    assert explorer.session.case.geometry.has_orientation
    assert explorer.session.case.provenance['predictions']['shifted']['path'] == str(files[2].resolve())
    assert explorer.opener.proposal is None


def test_later_layers_wait_for_a_click(qtbot, explorer, panel, files, ball_case):
    explorer.opener.open_files(files)
    settle(qtbot, explorer)
    explorer.viewer.add_image(ball_case.image[0] * 2, name='another')
    explorer.viewer.add_labels(ball_case.references['second'], name='mine')
    qtbot.waitUntil(lambda: not panel.case._proposal_line.isHidden())
    assert explorer.session.case.name == 'image'
    qtbot.mouseClick(panel.case.use, _left())
    qtbot.waitUntil(lambda: explorer.session.case.name == 'another', timeout=60_000)
    assert list(explorer.session.case.references) == ['mine']


def test_label_names_come_from_a_table(qtbot, explorer, panel, files, tmp_path):
    explorer.opener.open_files(files)
    settle(qtbot, explorer)
    table = tmp_path / 'names.csv'
    table.write_text('label,name\n1,ball\n')
    explorer.opener.read_labels(table)
    qtbot.waitUntil(lambda: explorer.session.case.label_name(1) == 'ball')
    assert explorer.session.case.provenance['label_table']['path'] == str(table.resolve())


def test_ct_windows_are_offered_for_hounsfield_units(qtbot, explorer, panel, tmp_path, ball_case):
    hounsfield = (ball_case.image * 1100 - 1000).astype(np.int16)
    path = save_image(tmp_path / 'ct.nii.gz', hounsfield, ball_case.geometry)
    explorer.opener.open_files([path])
    qtbot.waitUntil(lambda: explorer.session.case is not None, timeout=60_000)
    assert not panel.case._window_line.isHidden()
    assert panel.case.grey_window.currentText() == 'soft tissue (40 / 400 HU)'
    assert explorer.viewer.layers['[sr] image'].contrast_limits == [-160, 240]
    panel.case.grey_window.setCurrentText('lung (-600 / 1500 HU)')
    panel.case.sync()
    assert panel.case.grey_window.currentText().startswith('lung'), 'of the same image: what was chosen stays'
    level, width = CT_WINDOWS['lung']
    limits = explorer.viewer.layers['[sr] image'].contrast_limits
    assert limits == [level - width / 2, level + width / 2]


def test_a_sample_from_the_menu_opens_the_panel_with_its_case(qtbot, make_napari_viewer):
    viewer = make_napari_viewer()
    layers = viewer.open_sample('napari-segrobust', 'texture')
    assert [layer.name for layer in layers] == ['brick on grass, seed 1', 'blob']
    qtbot.waitUntil(lambda: find_panel(viewer) is not None)
    explorer = find_panel(viewer).explorer
    settle(qtbot, explorer)
    assert explorer.session.case.provenance['sample']['name'] == 'texture'
    assert explorer.session.state.lanes[0].source.startswith('texture')
    assert not any(layer.visible for layer in layers)
    assert explorer.shutdown()


def test_the_sphere_is_in_the_menu_and_asks_for_a_model(qtbot, make_napari_viewer):
    viewer = make_napari_viewer()
    layers = viewer.open_sample('napari-segrobust', 'sphere')
    assert [layer.name for layer in layers] == ['sphere, radius 30, seed 1', 'sphere']
    qtbot.waitUntil(lambda: find_panel(viewer) is not None)
    explorer = find_panel(viewer).explorer
    qtbot.waitUntil(lambda: explorer.session.case is not None)
    assert explorer.session.case.provenance['sample']['radius'] == 30
    assert explorer.session.state.lanes == ()
    assert explorer.shutdown()


def test_shutdown_cuts_every_connection(explorer, panel):
    explorer.opener.close()
    explorer.opener.close()


def _left():
    from qtpy.QtCore import Qt

    return Qt.MouseButton.LeftButton


def test_a_given_mask_is_said_not_to_follow_the_slider(explorer, panel, ball_case):
    explorer.open_case(ball_case, [Lane(source='shifted', given=True)])
    assert not panel.perturb.still.isHidden()
    explorer.session.state.lanes = (*explorer.session.state.lanes, Lane(source='threshold'))
    assert panel.perturb.still.isHidden()
