"""Every example runs as it stands, and prints what it promises."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / 'examples'
#: Example to what it prints.
PRINTED = {
    'compare_two_masks': 'label 1: dice',
    'agreement_of_raters': 'model: better than each of these 5 simulated raters, which is not outside their range',
    'severity_curve': 'severity texture-unet texture-noskip',
    'limited_context': 'inside the box: dice',
    'window_edges': 'to 6.7 mm',
    'run_record': 'prediction.nii.gz    the same bytes',
    'stack_and_recipe': 'stack.json: the same prediction after loading',
    'rank_at_matched_change': 'every perturbation changes the image by 8 % (RMS), worst first',
    'promptable_guest': 'severity     sigma    dice   worst',
    'guest_beside_ours': 'torchio:RandomGhosting           ',
}
WITH_A_WINDOW = {'open_explorer'}


def test_no_example_is_forgotten():
    assert {path.stem for path in EXAMPLES.glob('*.py')} == set(PRINTED) | WITH_A_WINDOW


@pytest.mark.parametrize('name', PRINTED)
def test_example(name, tmp_path, monkeypatch, capsys):
    arguments = [str(tmp_path)] if name == 'run_record' else []
    monkeypatch.setattr('sys.argv', [f'{name}.py', *arguments])
    runpy.run_path(str(EXAMPLES / f'{name}.py'), run_name='__main__')
    assert PRINTED[name] in capsys.readouterr().out


def test_compare_takes_files(shared_data, monkeypatch, capsys):
    ct = shared_data / 'ct'
    monkeypatch.setattr('sys.argv', ['x', str(ct / 'organs.nii.gz'), str(ct / 'organs_second.nii.gz')])
    runpy.run_path(str(EXAMPLES / 'compare_two_masks.py'), run_name='__main__')
    assert 'label 5: dice' in capsys.readouterr().out


def test_example_with_a_window(make_napari_viewer, monkeypatch, qtbot):
    viewer = make_napari_viewer()
    monkeypatch.setattr('napari.Viewer', lambda: viewer)
    made = runpy.run_path(str(EXAMPLES / 'open_explorer.py'), run_name='example')
    session = made['explorer'].session
    qtbot.waitUntil(lambda: session.settled and session.status.kind == 'idle', timeout=20_000)
    assert 0.5 < session.volume.lanes[0].accuracy.metrics[1]['dice'].value < 1
    assert made['explorer'].shutdown()
