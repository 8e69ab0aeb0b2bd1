"""One network, saved in each way: one prediction."""

import json

import numpy as np
import pytest
import torch

from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.prediction import predict

#: onnxruntime sums in another order than PyTorch, and TorchScript runs layers that are computed in a quicker way
#: elsewhere.
ROUNDING = 1e-5


@pytest.fixture
def predicted(saved, case, with_architecture):
    """Predict with a file of one of the formats."""

    def answer(kind):
        spec = {key: value for key, value in with_architecture.items() if key != 'architecture'}
        model = load_model(saved[kind], with_architecture if kind in ('pt', 'safetensors') else spec, device='cpu')
        return predict(case, model).probabilities

    return answer


@pytest.mark.parametrize('kind', ['safetensors', 'pt2'])
def test_the_same_arithmetic_is_equal_to_the_bit(predicted, kind):
    np.testing.assert_array_equal(predicted(kind), predicted('pt'))


@pytest.mark.parametrize('kind', ['ts', 'onnx'])
def test_other_arithmetic_is_equal_up_to_rounding(predicted, kind):
    np.testing.assert_allclose(predicted(kind), predicted('pt'), atol=ROUNDING, rtol=0)


def test_a_bundle_is_equal_to_the_bit(saved, network, spec, with_architecture, case, tmp_path):
    """MONAI reads an image as (x, y), so that a bundle sees it transposed."""
    arguments = {key: value for key, value in with_architecture['architecture'].items() if key != 'name'}
    steps = [{'_target_': 'NormalizeIntensityd', 'keys': 'image'}]
    config = {
        'network_def': {'_target_': 'UNet', **arguments},
        'preprocessing': {'_target_': 'Compose', 'transforms': steps},
        'inferer': {
            '_target_': 'SlidingWindowInferer', 'roi_size': spec['window'], 'overlap': 0.25, 'mode': 'gaussian'
        },
        'postprocessing': {
            '_target_': 'Compose', 'transforms': [{'_target_': 'Activationsd', 'keys': 'pred', 'softmax': True}]
        },
    }  # fmt: skip
    channels = {str(place): name for place, name in enumerate(spec['classes'])}
    formats = {
        'inputs': {'image': {'num_channels': 1, 'spatial_shape': spec['window']}},
        'outputs': {'pred': {'num_channels': 2, 'channel_def': channels}},
    }
    for name, content in (('inference', config), ('metadata', {'network_data_format': formats})):
        path = tmp_path / 'bundle' / 'configs' / f'{name}.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    (tmp_path / 'bundle' / 'models').mkdir()
    torch.save(network.state_dict(), tmp_path / 'bundle' / 'models' / 'model.pt')
    bundle = load_model(tmp_path / 'bundle', device='cpu')
    assert bundle.spec.classes == tuple(spec['classes'])
    weights = load_model(saved['pt'], with_architecture | {'transpose': True}, device='cpu')
    np.testing.assert_array_equal(predict(case, bundle).probabilities, predict(case, weights).probabilities)


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
