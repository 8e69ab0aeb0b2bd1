import json

import pytest
import torch

from napari_segrobust.cli import main
from napari_segrobust.segment.networks import build_network

NETWORK = {
    'spatial_dims': 2,
    'in_channels': 1,
    'out_channels': 2,
    'channels': [4, 8],
    'strides': [2],
}


@pytest.fixture
def with_code(files):
    """A bundle ``with_code`` that only code of its own can read: it takes a square root."""
    root = files / 'with_code'
    inference = {
        'imports': ['$import math'],
        'network_def': {'_target_': 'UNet', **NETWORK},
        'inferer': {'_target_': 'SlidingWindowInferer', 'roi_size': '$[int(math.sqrt(256))] * 2', 'overlap': 0.25},
        'preprocessing': {
            '_target_': 'Compose', 'transforms': [{'_target_': 'NormalizeIntensityd', 'keys': 'image'}]
        },
        'postprocessing': {
            '_target_': 'Compose', 'transforms': [{'_target_': 'Activationsd', 'keys': 'pred', 'softmax': True}]
        },
    }  # fmt: skip
    formats = {
        'inputs': {'image': {'num_channels': 1, 'spatial_shape': [16, 16]}},
        'outputs': {'pred': {'num_channels': 2, 'channel_def': {'0': 'background', '1': 'disc'}}},
    }
    for name, content in (('inference', inference), ('metadata', {'network_data_format': formats})):
        path = root / 'configs' / f'{name}.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    torch.manual_seed(0)
    (root / 'models').mkdir()
    torch.save(build_network({'name': 'UNet', **NETWORK}).state_dict(), root / 'models/model.pt')


ASKS = [
    'predict --image image.nii.gz --model with_code --out mask.nii.gz',
    'run --image image.nii.gz --model with_code --out out',
    'grid --image image.nii.gz --model with_code --reference reference.nii.gz',
]


@pytest.mark.usefixtures('with_code')
@pytest.mark.parametrize('words', ASKS)
def test_code_is_run_only_where_a_person_says_so(words, refused):
    assert '--trust' in refused(words)
    assert main([*words.split(), '--trust']) == 0


@pytest.mark.usefixtures('with_code')
def test_a_run_is_trusted_anew_each_time(refused, files, capsys):
    assert main([*ASKS[1].split(), '--trust']) == 0
    capsys.readouterr()
    assert '--trust' in refused('run --from out/run.json --out again')
    assert main(['run', '--from', 'out/run.json', '--out', 'again', '--trust']) == 0
    first, second = ((files / folder / 'prediction.nii.gz').read_bytes() for folder in ('out', 'again'))
    assert first == second
