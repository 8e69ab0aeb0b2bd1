"""Which files are models, and which of them are remembered."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QMimeData, QUrl

from napari_segrobust.ui.inputs.model_files import dropped_models, model_filters, remembered, with_newest


@pytest.fixture
def files(tmp_path):
    """A scan and two models, by name."""
    made = {name: tmp_path / name for name in ('ct.nii.gz', 'net.ts', 'net.safetensors')}
    for path in made.values():
        path.touch()
    return made


def test_an_image_that_is_dropped_is_left_to_napari(files):
    def models(*names):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(files[name])) for name in names])
        return [path.name for path in dropped_models(mime)]

    assert models('ct.nii.gz') == []
    assert models('net.ts', 'net.safetensors') == ['net.ts', 'net.safetensors']
    assert models('net.ts', 'ct.nii.gz') == [], 'a mixed drop is of a case'


def test_a_dialog_offers_every_kind(files):
    assert model_filters().startswith('Models (*')
    assert 'TorchScript (*.ts *.pt)' in model_filters()


def test_the_newest_comes_first_and_what_is_gone_is_forgotten(files):
    first = with_newest(str(files['net.ts']), ())
    both = with_newest(str(files['ct.nii.gz']), remembered(first))
    assert remembered(both) == (str(files['ct.nii.gz']), str(files['net.ts']))
    files['ct.nii.gz'].unlink()
    assert remembered(both) == (str(files['net.ts']),)


def test_a_model_without_an_image_says_what_to_do(panel, drop, files):
    drop(panel, files['net.ts'])
    assert 'there is no image for it yet' in panel.explorer.session.status.text
