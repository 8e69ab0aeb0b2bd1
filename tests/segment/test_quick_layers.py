import pytest
import torch
from torch import nn

from napari_segrobust.segment.quick_layers import is_quick_contiguous, quicken, restore

LAYERS = [
    nn.Conv3d(2, 3, 3, padding=1),
    nn.Conv3d(2, 3, (1, 3, 3), stride=(1, 2, 2), bias=False),
    nn.Conv3d(2, 4, 3, dilation=2, groups=2),
    nn.Conv3d(2, 4, 3, groups=1, dilation=2, padding=(0, 1, 2)),
    nn.ConvTranspose3d(2, 3, 3, 2, padding=1, output_padding=1),
    nn.ConvTranspose3d(2, 4, (1, 2, 2), (1, 2, 2), bias=False, groups=2),
    nn.ConvTranspose3d(2, 3, 3, dilation=2),
    nn.InstanceNorm3d(2),
    nn.InstanceNorm3d(2, eps=0.1, affine=True),
]


@pytest.fixture
def windows():
    def make(*shape):
        return torch.randn(shape, generator=torch.Generator().manual_seed(0))

    return make


@pytest.mark.parametrize('layer', LAYERS, ids=str)
@pytest.mark.parametrize('count', [1, 2])
def test_the_same_numbers(layer, count, windows):
    x = windows(count, 2, 9, 8, 11)
    for number, weights in enumerate(layer.parameters()):
        nn.init.normal_(weights, number + 1.0)
    with torch.inference_mode():
        expected = layer(x)
        quicken(layer)
        try:
            found = layer(x)
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
            assert found.is_contiguous()
        finally:
            restore(layer)
        assert torch.equal(layer(x), expected)


@pytest.mark.parametrize('shape', [(3, 2, 40), (3, 2, 9, 8), (2, 9, 8)])
def test_the_norm_of_fewer_axes_and_without_a_batch(shape, windows):
    layer = (nn.InstanceNorm1d if len(shape) == 3 and shape[0] == 3 else nn.InstanceNorm2d)(2, affine=True)
    x = windows(*shape)
    with torch.inference_mode():
        expected = layer(x)
        quicken(layer)
        torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


def test_only_plain_layers_are_touched():
    network = nn.Sequential(
        nn.Conv2d(1, 1, 3),
        nn.Conv3d(1, 1, 3, padding='same'),
        nn.Conv3d(1, 1, 3, padding=1, padding_mode='reflect'),
        nn.InstanceNorm3d(1, track_running_stats=True),
        nn.BatchNorm3d(1),
    )
    quicken(network)
    assert not any('forward' in layer.__dict__ for layer in network.modules())


def test_gradients_take_the_usual_way():
    layer = nn.Conv3d(1, 1, 3)
    quicken(layer)
    layer(torch.ones(1, 1, 4, 4, 4)).sum().backward()
    assert float(layer.bias.grad) == 8


def test_what_a_layer_refuses_stays_refused(windows):
    norm = nn.Sequential(nn.InstanceNorm3d(2))
    quicken(norm)
    with torch.inference_mode(), pytest.raises(ValueError, match='more than 1 spatial element'):
        norm(windows(1, 2, 1, 1, 1))


def test_a_wanted_size_is_heard(windows):
    layer = nn.ConvTranspose3d(2, 2, 3, 2)
    quicken(layer)
    with torch.inference_mode():
        assert layer(windows(1, 2, 3, 3, 3), output_size=[8, 8, 8]).shape == (1, 2, 8, 8, 8)


def test_norms_of_each_channel_want_contiguous_tensors():
    plain, normed = nn.Sequential(nn.Conv2d(1, 1, 3)), nn.Sequential(nn.Conv2d(1, 1, 3), nn.InstanceNorm2d(1))
    assert not is_quick_contiguous(plain)
    assert is_quick_contiguous(normed)
    assert is_quick_contiguous(torch.jit.script(normed))
