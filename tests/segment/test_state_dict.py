import pickle

import numpy as np
import pytest
import torch

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.state_dict import find_weights, fit_weights, read_tensors

UNET = {
    'name': 'UNet', 'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2, 'channels': [4, 8], 'strides': [2]
}  # fmt: skip


@pytest.fixture
def weights():
    torch.manual_seed(0)
    return build_network(UNET).state_dict()


def before(prefix, weights):
    return {f'{prefix}{name}': value for name, value in weights.items()}


def fitted(found, messages=None):
    """A new network with the weights that are in a checkpoint."""
    messages = [] if messages is None else messages
    network = build_network(UNET)
    fit_weights(network, find_weights('net.pt', found, messages), 'net.pt', messages)
    return network.state_dict()


def other(weights):
    return {name: value + 1 for name, value in weights.items()}


WRAPPED = {
    'plain': lambda w: w,
    'state_dict': lambda w: {'epoch': 3, 'state_dict': w, 'optimizer': {'state': {}}},
    'two deep': lambda w: {'model': {'state_dict': w}},
    'DataParallel': lambda w: before('module.', w),
    'compiled': lambda w: {'model_state_dict': before('_orig_mod.', w)},
    'both': lambda w: before('module._orig_mod.', w),
    'nnU-Net': lambda w: {'network_weights': w},
    'Lightning': lambda w: {'state_dict': before('net.', w) | {'loss.weight': torch.ones(2)}},
    'averaged': lambda w: {'n_averaged': torch.tensor(9)} | before('module.', w),
    'ema beside': lambda w: {'state_dict': other(w), 'state_dict_ema': w},
    'ema within': lambda w: before('online_model.', other(w)) | before('ema_model.', w),
    'with a log': lambda w: {'state_dict': w, 'best': np.float64(0.9), 'loss': np.float32(1.5), 'n': np.int64(3)},
}


@pytest.mark.parametrize('kind', WRAPPED)
def test_weights_are_found_in_whatever_wraps_them(weights, kind, tmp_path):
    torch.save(WRAPPED[kind](weights), tmp_path / 'net.pt')
    found = fitted(read_tensors('net.pt', (tmp_path / 'net.pt').read_bytes()))
    assert all(torch.equal(found[name], weights[name]) for name in weights)


@pytest.mark.parametrize(
    ('kind', 'words'), [('Lightning', 'loss.weight'), ('ema beside', 'averaged'), ('ema within', 'ema')]
)
def test_what_is_left_out_is_said(weights, kind, words):
    messages = []
    fitted(WRAPPED[kind](weights), messages)
    assert [words in line for line in messages] == [True]


def test_each_weight_that_does_not_fit_is_named(weights):
    first, second, *_ = weights
    changed = {name: value for name, value in weights.items() if name != first}
    changed[second] = torch.zeros(7, 7)
    changed |= {f'head.{index}': torch.zeros(1) for index in range(5)}
    with pytest.raises(ModelError) as caught:
        fitted(changed)
    words = str(caught.value)
    assert f'missing: {first}' in words
    assert 'unexpected: head.0, head.1, head.2 and 2 more' in words
    assert f'size mismatch: {second} 7 x 7 where 4 is wanted' in words
    assert '\n' not in words


def test_blocks_that_other_versions_of_monai_keep_are_let_be():
    arguments = {'name': 'UNETR', 'in_channels': 1, 'out_channels': 2, 'img_size': 16, 'spatial_dims': 2}
    network = build_network(arguments | {'feature_size': 2, 'hidden_size': 4, 'mlp_dim': 4, 'num_heads': 2})
    weights = network.state_dict()
    older = {name: value for name, value in weights.items() if 'norm_cross_attn' not in name}
    between = weights | {'vit.blocks.0.cross_attn.out_proj.weight': torch.zeros(4, 4)}
    for found in (older, between):
        messages = []
        fit_weights(network, found, 'net.pt', messages)
        assert 'another version of MONAI' in messages[0]
    del older['vit.blocks.0.attn.qkv.weight']
    with pytest.raises(ModelError, match=r'missing: vit\.blocks\.0\.attn\.qkv\.weight'):
        fit_weights(network, older, 'net.pt', [])


class Trap:
    """A pickle that makes a file when it is read."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return open, (str(self.canary), 'w')


@pytest.mark.parametrize('wrap', [lambda trap: trap, lambda trap: {'state_dict': {'w': torch.ones(1)}, 'args': trap}])
@pytest.mark.parametrize('save', [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing, 2))])
def test_a_malicious_pickle_never_runs(tmp_path, wrap, save):
    canary = tmp_path / 'canary'
    save(wrap(Trap(canary)), tmp_path / 'net.pt')
    with pytest.raises(ModelError, match='unpickling that can run anything') as caught:
        read_tensors('net.pt', (tmp_path / 'net.pt').read_bytes())
    assert not canary.exists()
    assert caught.value.why.startswith('it pickles ')
    assert 'torch.save(model.state_dict()' in caught.value.remedy


def test_a_pickled_network_is_refused_with_the_way_out(tmp_path):
    torch.save(torch.nn.Conv2d(1, 2, 3), tmp_path / 'net.pt')
    with pytest.raises(ModelError, match=r'pickled module \(torch\.nn\.modules\.conv\.Conv2d\).*torch\.export\.save'):
        read_tensors('net.pt', (tmp_path / 'net.pt').read_bytes())
