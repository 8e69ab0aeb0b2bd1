"""A bundle as MONAI's model zoo has them, small: config, metadata, weights of a U-Net with a few hundred parameters."""

import copy
import json
import zipfile

import pytest
import torch

from napari_segrobust.errors import ConsentNeeded, ModelError
from napari_segrobust.segment.bundle.resolver import Config
from napari_segrobust.segment.bundle.translate import translate
from napari_segrobust.segment.networks import build_network

NETWORK = {
    '_target_': 'UNet',
    'spatial_dims': 3,
    'in_channels': 1,
    'out_channels': 2,
    'channels': [4, 8],
    'strides': [2],
    'norm': 'batch',
}
INFERENCE = {
    'imports': ['$import glob', '$import os'],
    'bundle_root': '.',
    'image_key': 'image',
    'device': "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
    'datalist': "$list(sorted(glob.glob(@bundle_root + '/*.nii.gz')))",
    'spacing': [4.0, 3.5, 5.0],
    'network_def': NETWORK,
    'network': '$@network_def.to(@device)',
    'preprocessing': {
        '_target_': 'Compose',
        'transforms': [
            {'_target_': 'LoadImaged', 'keys': '@image_key'},
            {'_target_': 'EnsureChannelFirstd', 'keys': '@image_key'},
            {'_target_': 'Orientationd', 'keys': '@image_key', 'axcodes': 'RAS', 'labels': None},
            {'_target_': 'Spacingd', 'keys': '@image_key', 'pixdim': '@spacing', 'mode': 'bilinear'},
            {
                '_target_': 'ScaleIntensityRanged',
                'keys': '@image_key',
                'a_min': -57,
                'a_max': 164,
                'b_min': 0,
                'b_max': 1,
                'clip': True,
            },
            {'_target_': 'EnsureTyped', 'keys': '@image_key', 'device': '@device'},
        ],
    },
    'inferer': {'_target_': 'SlidingWindowInferer', 'roi_size': [32, 24, 16], 'sw_batch_size': 4, 'overlap': 0.5},
    'postprocessing': {
        '_target_': 'Compose',
        'transforms': [
            {'_target_': 'Activationsd', 'keys': 'pred', 'softmax': True},
            {
                '_target_': 'Invertd',
                'keys': 'pred',
                'transform': '@preprocessing',
                'orig_keys': '@image_key',
                'nearest_interp': False,
                'to_tensor': True,
            },
            {'_target_': 'AsDiscreted', 'keys': 'pred', 'argmax': True},
            {'_target_': 'SaveImaged', 'keys': 'pred', 'output_dir': "$@bundle_root + '/eval'"},
        ],
    },
    'handlers': [
        {
            '_target_': 'CheckpointLoader',
            'load_path': "$@bundle_root + '/models/model.pt'",
            'load_dict': {'model': '@network'},
        }
    ],
    'run': ['$@evaluator.run()'],
}
METADATA = {
    'version': '0.1.0',
    'task': 'Spleen segmentation',
    'description': 'Made in a test',
    'network_data_format': {
        'inputs': {
            'image': {
                'modality': 'CT',
                'num_channels': 1,
                'spatial_shape': [32, 24, 16],
                'value_range': [0, 1],
                'is_patch_data': True,
                'channel_def': {'0': 'image'},
            }
        },
        'outputs': {'pred': {'num_channels': 2, 'channel_def': {'1': 'spleen', '0': 'background'}}},
    },
}


@pytest.fixture
def inference():
    """A config to change."""
    return copy.deepcopy(INFERENCE)


@pytest.fixture
def metadata():
    """A description to change."""
    return copy.deepcopy(METADATA)


@pytest.fixture
def write_bundle(tmp_path):
    """Write a bundle: write_bundle(inference=..., metadata=..., name='spleen'); returns its folder."""

    def write(inference=INFERENCE, metadata=METADATA, name='spleen', network=NETWORK):
        root = tmp_path / name
        for folder in ('configs', 'models'):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / 'configs/inference.json').write_text(json.dumps(inference))
        (root / 'configs/metadata.json').write_text(json.dumps(metadata))
        torch.manual_seed(3)
        arguments = {key: value for key, value in network.items() if key != '_target_'}
        module = build_network({'name': network['_target_'], **arguments})
        with torch.no_grad():
            for parameter in module.parameters():
                parameter *= 2
        torch.save(module.state_dict(), root / 'models/model.pt')
        return root

    return write


@pytest.fixture
def zipped():
    """Zip a folder, under its own name."""

    def pack(root):
        path = root.with_suffix('.zip')
        with zipfile.ZipFile(path, 'w') as archive:
            for file in sorted(root.rglob('*')):
                if file.is_file():
                    archive.write(file, file.relative_to(root.parent))
        return path

    return pack


@pytest.fixture
def fields(inference, metadata):
    """Translate a changed bundle: fields(preprocessing=[...], **entries of the config) gives fields and messages."""

    def give(preprocessing=None, postprocessing=None, stated=(), network=None, image=None, pred=None, **entries):
        inference.update(entries)
        inference['network_def'] |= network or {}
        if preprocessing is not None:
            inference['preprocessing'] = {
                '_target_': 'Compose',
                'transforms': [{'_target_': 'LoadImaged', 'keys': 'image'}, *preprocessing],
            }
        if postprocessing is not None:
            inference['postprocessing']['transforms'] = postprocessing
        formats = metadata['network_data_format']
        formats['inputs']['image'].update(image or {})
        formats['outputs']['pred'].update(pred or {})
        found = translate('spleen', Config(inference), metadata, dict(stated), beside='spleen.toml')
        return found.fields, ' | '.join(found.messages)

    return give


@pytest.fixture
def refusal(fields):
    """What is said where a bundle is refused, on one line: refusal(...) as fields(...)."""

    def give(*arguments, **entries):
        with pytest.raises(ModelError) as caught:
            fields(*arguments, **entries)
        assert not isinstance(caught.value, ConsentNeeded)
        assert '\n' not in str(caught.value)
        return str(caught.value)

    return give
