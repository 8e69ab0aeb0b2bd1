import importlib.util

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.prediction import predict

KERNEL = np.arange(18, dtype=np.float32).reshape(2, 1, 3, 3) / 18


@pytest.fixture
def write(tmp_path):
    """Write one convolution from (B, C, H, W) to two classes: write(shape, inputs=1, beside=None)."""

    def model(shape, inputs=1, beside=None, outputs=2):
        weights = numpy_helper.from_array(KERNEL, 'w')
        if beside is not None:
            weights = onnx.TensorProto()
            weights.name, weights.data_type, weights.data_location = 'w', TensorProto.FLOAT, TensorProto.EXTERNAL
            weights.dims.extend(KERNEL.shape)
            entry = weights.external_data.add()
            entry.key, entry.value = 'location', beside
        graph = helper.make_graph(
            [helper.make_node('Conv', ['image', 'w'], ['logits'], pads=[1, 1, 1, 1])],
            'net',
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ['image', 'more'][:inputs]],
            [helper.make_tensor_value_info('logits', TensorProto.FLOAT, [shape[0], outputs, *shape[2:]])],
            [weights],
        )
        path = tmp_path / 'net.onnx'
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=9)
        path.write_bytes(made.SerializeToString())
        return path

    return model


def convolved(windows):
    return torch.nn.functional.conv2d(windows, torch.from_numpy(KERNEL), padding=1)


@pytest.mark.parametrize('shape', [[1, 1, 16, 16], ['b', 1, 'h', 'w'], [4, 1, None, 16]])
def test_batches_and_windows_are_those_of_the_file(write, spec, shape):
    windows = torch.rand(3, 1, 16, 16)
    found = load_model(write(shape), spec, device='cpu')(windows)
    torch.testing.assert_close(found, convolved(windows), atol=1e-5, rtol=0)


def test_a_fixed_size_becomes_the_window(write, spec, case, refused):
    path = write([1, 1, 16, 16])
    model = load_model(path, {k: v for k, v in spec.items() if k != 'window'}, device='cpu')
    assert model.spec.window == (16, 16)
    with pytest.raises(ModelError, match='it is 8 x 16, and the network takes 16 x 16'):
        predict(case, model, window=(8, 16))
    assert 'the network takes 16 x 16' in refused(path, window=[24, 24])


def test_it_says_what_it_cannot_do(write, spec):
    messages = load_model(write(['b', 1, 'h', 'w']), spec, device='cpu').messages
    assert any('no gradients, so neither attacks nor views of its layers' in line for line in messages)


@pytest.mark.parametrize(
    ('made', 'told', 'why'),
    [
        (([1, 1, 16, 16],), {'channels': 3}, 'channels = 3, and the network takes 1'),
        (([1, 1, 16, 16, 16],), {'window': None}, 'dimensions = 2, and the network takes 3D windows'),
        (([1, 1, 16, 16],), {'classes': ['a', 'b', 'c']}, '3 classes (a, b, c), and the network answers with 2'),
        (([1, 16],), {}, 'it takes an input of 2 axes'),
        (([1, 1, 16, 16], 2), {}, 'it takes image tensor(float), more tensor(float)'),
    ],
)
def test_what_does_not_fit_is_refused(write, refused, made, told, why, monkeypatch):
    if len(made[0]) != 4:
        # A graph that onnxruntime itself would refuse: only its input is looked at.
        monkeypatch.setattr('napari_segrobust.segment.loaders.onnx._session', lambda *_: _Session(made[0]))
    assert why in refused(write(*made), **told)


class _Session:
    def __init__(self, shape):
        self._entry = type('Entry', (), {'name': 'image', 'type': 'tensor(float)', 'shape': shape})

    def get_inputs(self):
        return [self._entry]

    def get_outputs(self):
        return []


def test_weights_beside_the_file_are_read_and_hashed(write, spec, tmp_path):
    path = write(['b', 1, 'h', 'w'], beside='net.data')
    (tmp_path / 'net.data').write_bytes(KERNEL.tobytes())
    model = load_model(path, spec, device='cpu')
    windows = torch.rand(1, 1, 16, 16)
    torch.testing.assert_close(model(windows), convolved(windows), atol=1e-5, rtol=0)
    (tmp_path / 'net.data').write_bytes((KERNEL + 1).tobytes())
    assert load_model(path, spec, device='cpu').key != model.key


@pytest.mark.parametrize(
    ('place', 'why'),
    [('../x', 'outside of its folder'), ('/etc/passwd', 'outside of its folder'), ('gone.data', 'weights are missing')],
)
def test_weights_elsewhere_are_refused(write, refused, place, why):
    assert why in refused(write(['b', 1, 'h', 'w'], beside=place))


def test_damage_is_said(write, refused, tmp_path):
    path = write([1, 1, 16, 16])
    path.write_bytes(path.read_bytes()[:60])
    assert 'damaged or no ONNX file' in refused(path)
    path.write_bytes(b'')
    assert 'the file is empty' in refused(path)
    path.write_bytes(onnx.ModelProto().SerializeToString() or b'\x08\x09')
    assert 'onnxruntime says' in refused(path)


def test_without_the_extra_it_says_how_to_get_it(write, refused, monkeypatch):
    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None if name == 'onnxruntime' else known(name))
    why = refused(write([1, 1, 16, 16]))
    assert 'ONNX files need onnxruntime, not installed here' in why
    assert "pip install 'napari-segrobust[onnx]'" in why
