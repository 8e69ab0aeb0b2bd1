from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.prediction import predict


def test_it_says_once_that_its_days_are_numbered(saved, spec, case):
    model = load_model(saved['ts'], spec, device='cpu')
    (said,) = model.messages
    assert 'TorchScript, which PyTorch gives up' in said
    assert 'torch.export.save(' in said
    model.messages.clear()
    predict(case, model)
    assert model.messages == []


def test_a_wrong_number_of_channels_is_one_clear_line(saved, spec, case):
    two = replace(case, image=np.concatenate([case.image] * 2))
    with pytest.raises(ModelError) as caught:
        predict(two, load_model(saved['ts'], spec | {'channels': 2}, device='cpu'))
    assert 'expected input[1, 2, 16, 16] to have 1 channels, but got 2 channels instead' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_nan_is_said(spec, case, tmp_path):
    path = tmp_path / 'nan.ts'
    torch.jit.script(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), _Nan())).save(str(path))
    with pytest.raises(ModelError, match='tiny failed: the model returned NaN'):
        predict(case, load_model(path, spec, device='cpu'))


class _Nan(torch.nn.Module):
    def forward(self, windows):
        return windows * float('nan')


class _Writer(torch.nn.Module):
    def __init__(self, path):
        super().__init__()
        self.path: str = path

    def forward(self, windows):
        torch.save(windows, self.path)
        return windows


def test_code_that_reaches_for_files_is_refused(spec, tmp_path):
    canary, path = tmp_path / 'canary', tmp_path / 'net.ts'
    torch.jit.script(_Writer(str(canary))).save(str(path))
    with pytest.raises(ModelError, match=r'its code reads or writes files \(torch\.save\)'):
        load_model(path, spec, device='cpu')
    assert not canary.exists()
