import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.load import load_model, loaders, models
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.spec import ModelSpec

SPEC = {
    'dimensions': 2,
    'channels': 1,
    'classes': ['background', 'lesion'],
    'intensity': 'none',
    'activation': 'softmax',
}
TOML = """
name = "my net"
dimensions = 2
channels = 1
classes = ["background", "lesion"]
intensity = { clip = [-100, 200], to = [0, 1] }
activation = "softmax"
"""


@pytest.fixture
def script(tmp_path, recwarn):
    torch.manual_seed(0)
    module = torch.nn.Conv2d(1, 2, 3, padding=1).eval()
    path = tmp_path / 'net.ts'
    torch.jit.trace(module, torch.zeros(1, 1, 8, 8)).save(str(path))
    return path, module


def test_there_is_a_loader_for_each_kind():
    assert 'TorchScript (.ts, .pt)' in [loader.kind for loader in loaders()]
    assert all(isinstance(spec, ModelSpec) for spec in models())


@pytest.mark.parametrize('where', ['net.toml', 'model.toml', 'elsewhere.toml'])
def test_the_spec_is_beside_the_weights_or_given(script, where):
    path, module = script
    (path.parent / where).write_text(TOML)
    model = load_model(path, path.parent / where if where == 'elsewhere.toml' else None, device='cpu')
    assert model.spec.name == 'my net'
    assert model.spec.intensity.clip == (-100, 200)
    windows = torch.rand(1, 1, 12, 10)
    np.testing.assert_allclose(model(windows).numpy(), module(windows).detach().numpy(), atol=1e-6)


def test_a_name_is_taken_from_the_file(script):
    assert load_model(str(script[0]), SPEC, device='cpu').spec.name == 'net'


def test_the_key_is_of_weights_and_spec(script):
    path, _ = script
    key = load_model(path, SPEC, device='cpu').key
    assert key == load_model(path, SPEC, device='cpu').key
    assert key != load_model(path, SPEC | {'threshold': 0.4}, device='cpu').key


@pytest.mark.parametrize(
    ('spec', 'message'),
    [
        (None, 'missing: dimensions, channels, classes, intensity, activation'),
        ({'dimensions': 2, 'classes': ['a', 'b'], 'intensity': 'none'}, 'missing: channels, activation'),
        (SPEC | {'dimensions': 4}, 'dimensions: Input should be 2 or 3'),
        (SPEC | {'colour': 'red'}, 'colour: Extra inputs are not permitted'),
        (SPEC | {'classes': ['lesion']}, 'softmax needs two classes'),
        (SPEC | {'window': [8, 8, 8]}, 'window has 3 numbers'),
        (SPEC | {'slice_axis': 3}, 'slice_axis'),
    ],
)
def test_what_is_missing_or_wrong_in_a_spec_is_listed(script, spec, message):
    with pytest.raises(ModelError, match=message) as caught:
        load_model(script[0], spec, device='cpu')
    assert '\n' not in str(caught.value)


def test_a_spec_that_is_not_toml_is_refused(script):
    script[0].with_suffix('.toml').write_text('dimensions: 2')
    with pytest.raises(ModelError, match=r'net\.toml is not TOML'):
        load_model(script[0], device='cpu')


ARCHITECTURE = {
    'name': 'UNet',
    'spatial_dims': 2,
    'in_channels': 1,
    'out_channels': 2,
    'channels': [4, 8],
    'strides': [2],
}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build_network(ARCHITECTURE).eval()


@pytest.mark.parametrize(
    ('wrap', 'suffix'),
    [
        (dict, '.pt'),
        (dict, '.safetensors'),
        (lambda weights: {'epoch': 3, 'state_dict': weights}, '.pth'),
        (lambda weights: {'model_state_dict': {f'module.{k}': v for k, v in weights.items()}}, '.pt'),
    ],
)
def test_weights_need_an_architecture(tmp_path, network, wrap, suffix):
    path = tmp_path / f'net{suffix}'
    save = save_file if suffix == '.safetensors' else torch.save
    save(wrap(network.state_dict()), path)
    with pytest.raises(ModelError, match='missing: architecture'):
        load_model(path, SPEC, device='cpu')
    model = load_model(path, SPEC | {'architecture': ARCHITECTURE}, device='cpu')
    windows = torch.rand(1, 1, 16, 16)
    np.testing.assert_allclose(model(windows).numpy(), network(windows).detach().numpy(), atol=1e-6)


def test_weights_of_another_architecture_are_refused(tmp_path, network):
    path = tmp_path / 'net.pt'
    torch.save(network.state_dict(), path)
    with pytest.raises(ModelError, match='does not fit its architecture: size mismatch') as caught:
        load_model(path, SPEC | {'architecture': ARCHITECTURE | {'channels': [8, 8]}}, device='cpu')
    assert '\n' not in str(caught.value)


def test_a_pickled_module_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / 'module.pt'
    torch.save(torch.nn.Conv2d(1, 2, 3), path)
    with pytest.raises(ModelError, match=r'unpickling one can run anything\. .*torch\.jit\.trace') as caught:
        load_model(path, SPEC, device='cpu')
    assert '\n' not in str(caught.value)


def test_nothing_is_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ('unpickled',)

    path = tmp_path / 'trap.pt'
    path.write_bytes(pickle.dumps(Trap(), protocol=2))
    with pytest.raises(ModelError, match='not loaded'):
        load_model(path, SPEC, device='cpu')


NO_MODELS = [(b'', 'the file is empty'), (b'hello world', 'damaged or no'), (b'xx', 'damaged or no')]


@pytest.mark.parametrize('suffix', ['.pt', '.ts', '.safetensors'])
@pytest.mark.parametrize(('content', 'message'), NO_MODELS)
def test_files_that_are_no_models_are_refused(tmp_path, suffix, content, message):
    path = tmp_path / f'net{suffix}'
    path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_model(path, SPEC, device='cpu')


def test_a_file_without_weights_is_refused(tmp_path):
    path = tmp_path / 'net.pt'
    torch.save({'epoch': 3}, path)
    with pytest.raises(ModelError, match='it holds no weights'):
        load_model(path, SPEC, device='cpu')


def test_half_a_file_is_refused(script):
    path, _ = script
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ModelError, match='damaged or no PyTorch file'):
        load_model(path, SPEC, device='cpu')


def test_an_archive_without_a_network_is_refused(tmp_path):
    path = tmp_path / 'net.ts'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('net/code/nothing.py', '')
    with pytest.raises(ModelError, match='not loaded') as caught:
        load_model(path, SPEC, device='cpu')
    assert '\n' not in str(caught.value)


def test_unknown_names_and_kinds_are_refused(tmp_path):
    with pytest.raises(ModelError, match='no such name or file'):
        load_model('no-such-model')
    path = tmp_path / 'net.xyz'
    path.write_bytes(b'x')
    with pytest.raises(ModelError, match='not a kind of model known here'):
        load_model(path)
