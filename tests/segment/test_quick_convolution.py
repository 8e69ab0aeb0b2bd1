import pytest
import torch
from torch import nn

from napari_segrobust.segment.quick_convolution import quicken, restore

LAYERS = [
    nn.Conv3d(2, 3, 3, padding=1),
    nn.Conv3d(2, 3, (1, 3, 3), stride=(1, 2, 2), bias=False),
    nn.Conv3d(2, 4, 3, dilation=2, groups=2),
]


@pytest.mark.parametrize('layer', LAYERS)
@pytest.mark.parametrize('count', [1, 2])
def test_the_same_numbers(layer, count):
    windows = torch.randn(count, 2, 9, 8, 11, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = layer(windows)
        quicken(layer)
        try:
            torch.testing.assert_close(layer(windows), expected, atol=1e-5, rtol=1e-5)
        finally:
            restore(layer)
        assert torch.equal(layer(windows), expected)


def test_only_plain_layers_are_touched():
    network = nn.Sequential(
        nn.Conv2d(1, 1, 3), nn.Conv3d(1, 1, 3, padding='same'), nn.Conv3d(1, 1, 3, padding=1, padding_mode='reflect')
    )
    quicken(network)
    assert not any('forward' in layer.__dict__ for layer in network.modules())


def test_gradients_take_the_usual_way():
    layer = nn.Conv3d(1, 1, 3)
    quicken(layer)
    layer(torch.ones(1, 1, 4, 4, 4)).sum().backward()
    assert float(layer.bias.grad) == 8
