"""The layers that are watched: found in every kind of U-Net, in their order, and told once each."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.errors import ModelError
from napari_segrobust.inside.points import find_points, watch
from napari_segrobust.segment.altered.twin import twin
from napari_segrobust.segment.networks import build_network

SMALL = {'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2}
UNET = {'name': 'UNet', **SMALL, 'channels': [4, 8, 16], 'strides': [2, 2], 'norm': 'batch'}
#: Titles of encoder, skips, bottleneck and decoder of each.
KNOWN = {
    'UNet': (UNET, 'encoder 1, skip 1, skip 2, bottleneck, decoder 1, decoder 0'),
    'NoSkipUNet': ({**UNET, 'name': 'NoSkipUNet'}, 'encoder 1, bottleneck, decoder 1, decoder 0'),
    'AttentionUnet': (
        {'name': 'AttentionUnet', **SMALL, 'channels': [4, 8, 16], 'strides': [2, 2]},
        'encoder 0, encoder 1, skip 0, skip 1, bottleneck, decoder 1, decoder 0',
    ),
    'BasicUNet': (
        {'name': 'BasicUNet', **SMALL, 'features': [4, 4, 8, 8, 8, 4]},
        'encoder 0, encoder 1, encoder 2, encoder 3, skip 0, skip 1, skip 2, skip 3, bottleneck, '
        'decoder 3, decoder 2, decoder 1, decoder 0',
    ),
    'SegResNet': (
        {'name': 'SegResNet', **SMALL, 'init_filters': 8},
        'encoder 0, encoder 1, encoder 2, skip 0, skip 1, skip 2, bottleneck, decoder 2, decoder 1, decoder 0',
    ),
}


@pytest.mark.parametrize('name', KNOWN)
def test_known_networks(name):
    architecture, wanted = KNOWN[name]
    points = find_points(build_network(architecture).eval(), 1, (64, 64))
    assert ', '.join(point.title for point in points) == wanted
    ends = [point for point in points if point.kind == 'decoder' and point.level == 0]
    assert ends[0].channels == 2, 'the last one is the answer'


def test_nested_skips_are_all_there():
    network = build_network({'name': 'BasicUNetPlusPlus', **SMALL, 'features': [4, 4, 8, 8, 8, 4]})
    points = find_points(network.eval(), 1, (32, 32))
    assert sum(point.kind == 'skip' for point in points) == 10


def test_a_network_of_one_size_has_layers_in_their_order():
    blocks = [nn.Sequential(nn.Conv2d(k, k + 1, 3, padding=1), nn.ReLU()) for k in range(1, 5)]
    points = find_points(nn.Sequential(*blocks), 1, (16, 16))
    assert [(p.title, p.module, p.channels) for p in points] == [
        (f'layer {k}', str(k), k + 2) for k in range(4)
    ]  # fmt: skip
    deep = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1) for _ in range(30)])
    points = find_points(deep, 1, (16, 16))
    assert len(points) <= 12
    assert points[-1].module == '29'


def test_a_block_that_is_used_twice_is_two_points():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.same, self.down = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 2, 2)
            self.up = nn.Upsample(scale_factor=2)

        def forward(self, x):
            return self.same(self.up(self.down(self.same(x))))

    module = Twice()
    points = find_points(module, 1, (8, 8))
    assert [(p.title, p.module, p.call) for p in points] == [
        ('encoder 0', 'same', 0),
        ('bottleneck', 'down', 0),
        ('decoder 0', 'same', 1),
    ]
    seen = []
    watched = twin(module)
    watch(watched, points, lambda point, maps: seen.append((point.title, float(maps.sum()))))
    x = torch.rand(1, 1, 8, 8)
    with torch.no_grad():
        answer = watched(x)
        assert watched(x).equal(answer)
    assert [title for title, _ in seen] == ['encoder 0', 'bottleneck', 'decoder 0'] * 2
    assert seen[2][1] == float(answer.sum())
    assert seen[0][1] == float(module.same(x).detach().sum())


def test_every_point_is_told_once_and_as_it_was_found():
    for architecture, _ in KNOWN.values():
        module = build_network(architecture).eval()
        points = find_points(module, 1, (32, 32))
        seen = []
        watched = twin(module)
        watch(watched, points, lambda point, maps, seen=seen: seen.append((point, tuple(maps.shape[1:]))))
        x = torch.rand(2, 1, 32, 32)
        with torch.no_grad():
            torch.testing.assert_close(watched(x), module(x))
        assert {point for point, _ in seen} == set(points)
        assert all(shape == (point.channels, *point.shape) for point, shape in seen)
        assert len(seen) == len(points)


def test_a_network_that_nobody_waits_for_is_given_up_and_not_refused():
    def give_up(*_):
        raise Interrupted

    module = build_network(UNET).eval()
    next(layer for layer in module.modules() if isinstance(layer, nn.Conv2d)).register_forward_pre_hook(give_up)
    with pytest.raises(Interrupted):
        find_points(module, 1, (64, 64))


def test_a_network_that_does_not_run_says_why():
    with pytest.raises(ModelError, match='Layers not found'):
        find_points(nn.Conv2d(3, 1, 3), 1, (16, 16))
