"""One network, saved in each way: one prediction."""

import numpy as np
import pytest
import torch

from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.prediction import predict

#: onnxruntime sums in another order than PyTorch.
ROUNDING = 1e-5


@pytest.fixture
def predicted(saved, case, with_architecture):
    """Predict with a file of one of the formats."""

    def answer(kind):
        spec = {key: value for key, value in with_architecture.items() if key != 'architecture'}
        model = load_model(saved[kind], with_architecture if kind in ('pt', 'safetensors') else spec, device='cpu')
        return predict(case, model).probabilities

    return answer


@pytest.mark.parametrize('kind', ['safetensors', 'ts', 'pt2'])
def test_what_pytorch_runs_is_equal_to_the_bit(predicted, kind):
    np.testing.assert_array_equal(predicted(kind), predicted('pt'))


def test_onnx_is_equal_up_to_rounding(predicted):
    np.testing.assert_allclose(predicted('onnx'), predicted('pt'), atol=ROUNDING, rtol=0)


def test_the_prediction_is_the_networks_own(predicted, case, network):
    z = (case.image - case.image.mean()) / case.image.std()
    with torch.inference_mode():
        alone = network(torch.from_numpy(z[None, :, :16, :16])).softmax(1)[0].numpy()
    corner = predicted('pt')[:, :4, :4]  # no other window reaches here
    np.testing.assert_allclose(corner, alone[:, :4, :4], atol=1e-6)


def test_a_network_in_memory_is_the_same(predicted, network, spec, case):
    model = load_model(network, spec=spec, device='cpu')
    np.testing.assert_array_equal(predict(case, model).probabilities, predicted('pt'))


@pytest.mark.parametrize('kind', ['pt', 'safetensors', 'ts', 'pt2', 'onnx'])
def test_the_key_follows_content_and_spec(saved, with_architecture, kind, tmp_path):
    again = tmp_path / f'other_name{saved[kind].suffix}'
    again.write_bytes(saved[kind].read_bytes())
    key = load_model(saved[kind], with_architecture, device='cpu').key
    assert load_model(again, with_architecture, device='cpu').key == key
    assert load_model(again, with_architecture | {'threshold': 0.4}, device='cpu').key != key
