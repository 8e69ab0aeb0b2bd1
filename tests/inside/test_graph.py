"""Theoretical receptive fields: by hand for small networks, then by the support of the gradient for drawn ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from torch import nn

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.errors import ModelError
from napari_segrobust.inside.graph import record
from napari_segrobust.segment.networks import build_network

SMALL = {'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2}


def reach(module, window, *voxel, channels=1):
    return record(module.eval(), channels, window).reach(tuple((v, v + 1) for v in voxel))


def _lines(found):
    return [found.any(axis=tuple(a for a in range(found.ndim) if a != axis)) for axis in range(found.ndim)]


def test_two_convolutions_by_hand():
    """Half-widths 1 and 2 (kernel 5), dilated by 2 along the second axis: 3 to either side, then 1 + 4."""
    module = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 1, 5, padding=(2, 4), dilation=(1, 2)))
    assert reach(module, (32, 32), 10, 20).box == ((7, 14), (15, 26))


def test_pooling_and_nearest_upsampling_by_hand():
    """Voxel 13 of the answer lies over 6 of the pooled map, which a 3-kernel reads from 5 to 7: voxels 10 to 15."""
    module = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(1, 1, 3, padding=1), nn.Upsample(scale_factor=2, mode='nearest'))
    assert reach(module, (32, 32), 13, 12).box == ((10, 16), (10, 16))


def test_a_u_net_of_two_levels_by_hand():
    """Down: kernel 3, stride 2. Bottom: kernel 3. Up, transposed: kernel 3, stride 2, padding 1, one more at the end.

    Voxel 16 of the answer comes from voxel 8 of the level alone (16 = 2 i - 1 + j for j = 1); the bottom reads 7 to 9,
    and the way down 2 * 7 - 1 = 13 to 2 * 9 + 1 = 19. Voxel 17 comes from 8 (j = 2) and 9 (j = 0): bottom 7 to 10,
    down to 13 ... 21. The skip reads 8, or 8 and 9, and lies within.
    """
    unet = {'name': 'UNet', **SMALL, 'channels': [4, 8], 'strides': [2], 'norm': 'batch'}
    assert reach(build_network(unet), (32, 32), 16, 17).box == ((13, 20), (13, 22))
    none = build_network({**unet, 'name': 'NoSkipUNet'})
    assert reach(none, (32, 32), 16, 17).box == ((13, 20), (13, 22))


def test_fields_go_on_beyond_the_window():
    module = nn.Sequential(nn.Conv2d(1, 1, 9, padding=4))
    assert reach(module, (8, 8), 0, 7).box == ((-4, 5), (3, 12))


def test_a_network_that_nobody_waits_for_is_given_up_and_not_refused():
    def give_up(*_):
        raise Interrupted

    module = nn.Sequential(nn.Conv2d(1, 1, 3))
    module[0].register_forward_pre_hook(give_up)
    with pytest.raises(Interrupted):
        record(module.eval(), 1, (8, 8))


def test_what_sees_everything_is_named():
    attention = nn.MultiheadAttention(4, 1, batch_first=True)

    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.attention = nn.Conv2d(1, 4, 1), attention

        def forward(self, x):
            tokens = self.conv(x).flatten(2).transpose(1, 2)
            mixed, _ = self.attention(tokens, tokens, tokens)
            return mixed.transpose(1, 2).reshape(1, 4, *x.shape[2:])

    found = reach(Tokens(), (8, 8), 1, 1)
    assert found.box == ((0, 8), (0, 8))
    assert 'attention' in found.everywhere

    class Squeeze(nn.Module):
        def forward(self, x):
            return x * x.mean(dim=(2, 3), keepdim=True).sigmoid()

    assert reach(Squeeze(), (8, 8), 1, 1) == type(found)(((0, 8), (0, 8)), ('global pooling',))


def test_norms_by_the_window_are_named_and_left_out():
    norms = {'instance norm': nn.InstanceNorm2d(2), 'group norm': nn.GroupNorm(1, 2)}
    for words, norm in norms.items():
        found = reach(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), norm), (8, 8), 4, 4)
        assert (found.box, found.statistics) == (((3, 6), (3, 6)), (words,))
    found = reach(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2)), (8, 8), 4, 4)
    assert found.statistics == ()


def test_recording_changes_nothing():
    module = build_network({'name': 'UNet', **SMALL, 'channels': [4, 8], 'strides': [2]}).eval()
    x = torch.randn(1, 1, 16, 16)
    with torch.no_grad():
        before = module(x)
        record(module, 1, (16, 16))
        torch.testing.assert_close(module(x), before, rtol=0, atol=0)
    assert all(parameter.device.type == 'cpu' for parameter in module.parameters())


def test_what_cannot_be_followed_says_so():
    traced = torch.jit.trace(nn.Conv2d(1, 1, 3), torch.zeros(1, 1, 8, 8))
    with pytest.raises(ModelError, match='TorchScript'):
        record(traced, 1, (8, 8))

    class Deciding(nn.Module):
        def forward(self, x):
            return x if float(x.sum()) > 0 else -x

    class Constant(nn.Module):
        def forward(self, x):
            return torch.zeros(1, 1, 8, 8)

    with pytest.raises(ModelError, match='cannot be followed'):
        record(Deciding(), 1, (8, 8))
    with pytest.raises(ModelError, match='does not depend on the image'):
        record(Constant(), 1, (8, 8))


NETWORKS = {
    'UNet': {'name': 'UNet', **SMALL, 'channels': [2, 2, 2], 'strides': [2, 2], 'norm': 'batch', 'act': 'relu'},
    'UNet res': {
        'name': 'UNet', **SMALL, 'channels': [2, 2], 'strides': [2], 'norm': 'batch', 'act': 'relu', 'num_res_units': 2,
    },
    'NoSkipUNet': {
        'name': 'NoSkipUNet', **SMALL, 'channels': [2, 2, 2], 'strides': [2, 2], 'norm': 'batch', 'act': 'relu',
    },
}  # fmt: skip


@pytest.mark.parametrize('name', NETWORKS)
@pytest.mark.parametrize('voxel', [(32, 33), (35, 30), (31, 32)])
def test_monais_networks_have_the_support_of_their_gradient(name, voxel):
    module = build_network(NETWORKS[name])
    found = reach(module, (64, 64), *voxel).box
    with torch.no_grad():
        for layer in module.modules():
            for parameter in layer.parameters(recurse=False):
                parameter.fill_(0.0 if parameter is getattr(layer, 'bias', None) else 1.0)
    x = torch.rand(1, 1, 64, 64).requires_grad_()
    (slope,) = torch.autograd.grad(module(x)[(0, 0, *voxel)], x)
    lines = _lines(slope[0, 0].numpy() > 0)
    assert found == tuple((int(np.flatnonzero(line)[0]), int(np.flatnonzero(line)[-1]) + 1) for line in lines)


sizes = st.integers(1, 4)


@st.composite
def layers(draw):
    """A layer that keeps at least a few voxels of 40, and how it maps sizes."""
    kind = draw(st.sampled_from(['conv', 'transposed', 'average', 'max', 'nearest', 'bilinear', 'corners', 'pad']))
    kernel, stride = draw(sizes), draw(st.integers(1, 3))
    if kind == 'conv':
        return nn.Conv2d(1, 1, kernel, stride, padding=draw(st.integers(0, 3)), dilation=draw(st.integers(1, 3)))
    if kind == 'transposed':
        padding = draw(st.integers(0, kernel - 1))
        return nn.ConvTranspose2d(1, 1, kernel, stride, padding=padding, dilation=draw(st.integers(1, 2)))
    if kind in ('average', 'max'):
        pool = nn.AvgPool2d if kind == 'average' else nn.MaxPool2d
        return pool(kernel, stride, padding=draw(st.integers(0, kernel // 2)))
    if kind == 'pad':
        return nn.ConstantPad2d(draw(st.tuples(*[st.integers(0, 3)] * 4)), 0.0)
    if kind == 'nearest':
        return nn.Upsample(scale_factor=draw(st.sampled_from([2, 3])), mode='nearest')
    return nn.Upsample(scale_factor=2, mode='bilinear', align_corners=kind == 'corners')


@settings(max_examples=80, deadline=None)
@given(st.lists(layers(), min_size=1, max_size=3), st.booleans(), st.data())
def test_drawn_networks_have_the_support_of_their_gradient(made, branched, data):
    """The support lies within the field, and reaches its edges where the window cuts nothing off."""
    chain = nn.Sequential(*made)

    class Branched(nn.Module):
        def __init__(self):
            super().__init__()
            self.chain = chain

        def forward(self, x):
            y = self.chain(x)
            shift = min(x.shape[2], y.shape[2]), min(x.shape[3], y.shape[3])
            return torch.cat([x[:, :, : shift[0], : shift[1]], y[:, :, : shift[0], : shift[1]]], 1).sum(1, True)

    module = Branched() if branched else chain
    try:
        with torch.no_grad():
            answer = module.eval()(torch.zeros(1, 1, 40, 40)).shape[2:]
    except RuntimeError as error:
        # The layers before one leave it less than its kernel: PyTorch runs no such network.
        if "can't be greater than actual input size" not in str(error) and 'too small' not in str(error):
            raise
        reject()
    edges = data.draw(st.sampled_from([0.0, 0.4]))
    voxel = tuple(data.draw(st.integers(int(edges * n), max(int((1 - edges) * n) - 1, int(edges * n)))) for n in answer)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(1.0)
    x = torch.rand(1, 1, 40, 40).requires_grad_()
    (slope,) = torch.autograd.grad(module(x)[(0, 0, *voxel)], x, allow_unused=True)
    found = np.zeros((40, 40), bool) if slope is None else slope[0, 0].numpy() > 0
    if any(isinstance(layer, nn.MaxPool2d) for layer in made):
        # A maximum looks at all it is given, and has a slope at one alone.
        for seed in range(40):
            x = torch.rand(1, 1, 40, 40, generator=torch.Generator().manual_seed(seed)).requires_grad_()
            (slope,) = torch.autograd.grad(module(x)[(0, 0, *voxel)], x)
            found |= slope[0, 0].numpy() > 0
    try:
        box = reach(module, (40, 40), *voxel).box
    except ModelError:
        assert not found.any()
        return
    inside = tuple((max(lo, 0), min(hi, 40)) for lo, hi in box)
    if not found.any():
        return
    seen = tuple((int(np.flatnonzero(line)[0]), int(np.flatnonzero(line)[-1]) + 1) for line in _lines(found))
    assert all(lo <= a and b <= hi for (a, b), (lo, hi) in zip(seen, inside, strict=True)), (seen, inside)
    # Of two boxes that window borders cut, one may lie outside altogether: then theirs is larger than what is read.
    if inside == box and _is_bounding(made):
        assert seen == inside


def _is_bounding(made):
    """Whether the edges of every box are read: a transposed layer may leave out what another one left out before."""
    strided = [layer for layer in made if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))]
    gaps = any((*layer.dilation, *layer.stride) != (1, 1, 1, 1) for layer in strided)
    transposed = any(isinstance(layer, nn.ConvTranspose2d) for layer in made)
    return not any(isinstance(layer, nn.MaxPool2d) for layer in made) and not (transposed and gaps)


def test_three_dimensions_and_several_channels():
    module = nn.Sequential(nn.Conv3d(2, 3, (1, 3, 5), padding=(0, 1, 2)))
    assert reach(module, (8, 8, 8), 3, 3, 3, channels=2).box == ((3, 4), (2, 5), (1, 6))
