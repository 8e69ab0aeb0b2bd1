"""One tiny U-Net, saved in each of the ways that people have."""

import warnings

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from napari_segrobust.cases.case import Case
from napari_segrobust.errors import ModelError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.networks import build_network

ARCHITECTURE = {
    'name': 'UNet', 'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2, 'channels': [4, 8, 8], 'strides': [2, 2]
}  # fmt: skip
SPEC = {
    'name': 'tiny',
    'dimensions': 2,
    'channels': 1,
    'classes': ['background', 'lesion'],
    'intensity': 'zscore',
    'activation': 'softmax',
    'window': [16, 16],
}


@pytest.fixture(scope='session')
def spec():
    """What must be known of the network."""
    return SPEC


@pytest.fixture(scope='session')
def with_architecture():
    """The same for its weights alone."""
    return SPEC | {'architecture': ARCHITECTURE}


@pytest.fixture(scope='session')
def network():
    torch.manual_seed(0)
    return build_network(ARCHITECTURE).eval()


@pytest.fixture(scope='session')
def case():
    image = np.random.default_rng(0).normal(100, 20, (1, 24, 20)).astype(np.float32)
    return Case('noise', image, GridGeometry.from_spacing((24, 20), (1.0, 1.0)))


@pytest.fixture
def refused(spec):
    """The one line that a file is refused with."""

    def why(path, **told):
        with pytest.raises(ModelError) as caught:
            load_model(path, spec | told, device='cpu')
        assert '\n' not in str(caught.value)
        return str(caught.value)

    return why


@pytest.fixture(scope='session')
def export():
    """Write a file of torch.export: export(network, path, batch, size, free); `free` axes may have any length."""

    def write(network, path, batch=1, size=(16, 16), free=(), channels=1):
        shapes = (dict.fromkeys(free, torch.export.Dim.AUTO),) if free else None
        example = torch.rand(batch, channels, *size)
        torch.export.save(torch.export.export(network, (example,), dynamic_shapes=shapes), path)
        return path

    return write


@pytest.fixture(scope='session')
def saved(network, tmp_path_factory, export):
    """Paths of the network, by format."""
    folder = tmp_path_factory.mktemp('saved')
    paths = {kind: folder / f'net_{kind}.{kind}' for kind in ('pt', 'safetensors', 'ts', 'pt2', 'onnx')}
    torch.save(network.state_dict(), paths['pt'])
    save_file(network.state_dict(), paths['safetensors'])
    with warnings.catch_warnings():
        # Instance norm checks the number of channels in Python, which tracing freezes.
        warnings.simplefilter('ignore', torch.jit.TracerWarning)
        torch.jit.trace(network, torch.zeros(1, 1, 16, 16)).save(str(paths['ts']))
    export(network, paths['pt2'])
    with warnings.catch_warnings():
        # The older of the two exporters takes a tenth of the time; it is deprecated, and the files are alike.
        warnings.simplefilter('ignore')
        torch.onnx.export(network, (torch.zeros(1, 1, 16, 16),), paths['onnx'], dynamo=False)
    return paths
