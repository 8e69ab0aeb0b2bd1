import pytest
import torch

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.answers import main_output
from napari_segrobust.segment.architecture import network_for
from napari_segrobust.segment.input_shape import ShapedSegmenter
from napari_segrobust.segment.networks import ARCHITECTURES
from napari_segrobust.segment.spec import ModelSpec

IMAGE = {'spatial_dims': 2, 'in_channels': 1, 'out_channels': 3}
STRIDED = IMAGE | {'channels': [2, 4, 4], 'strides': [2, 2]}
#: Arguments of a small network, the multiple that its windows must have, and a size that is not one.
NETWORKS = {
    'UNet': (STRIDED, 4, 18),
    'NoSkipUNet': (STRIDED, 4, None),
    'AttentionUnet': (STRIDED, 4, 18),
    'BasicUNet': (IMAGE | {'features': [2] * 6}, 1, None),
    'BasicUNetPlusPlus': (IMAGE | {'features': [2] * 6}, 1, None),
    'DynUNet': (
        IMAGE | {'kernel_size': [3] * 3, 'strides': [1, 2, 2], 'upsample_kernel_size': [2, 2], 'filters': [2, 4, 4]},
        4,
        18,
    ),
    'SegResNet': (IMAGE | {'blocks_down': [1, 1, 1], 'blocks_up': [1, 1]}, 4, 18),
    'SegResNetVAE': (
        IMAGE | {'input_image_size': [16, 16], 'blocks_down': [1, 1, 1], 'blocks_up': [1, 1], 'vae_nz': 2}, 4, 18
    ),
    'SegResNetDS': (IMAGE | {'init_filters': 4, 'blocks_down': [1, 1, 1], 'dsdepth': 2}, 4, 18),
    'UNETR': (
        IMAGE | {'img_size': 32, 'feature_size': 2, 'hidden_size': 4, 'mlp_dim': 4, 'num_heads': 2}, 1, 64
    ),
    'SmallUNETR': (
        IMAGE | {'img_size': 32, 'feature_size': 2, 'hidden_size': 4, 'mlp_dim': 4, 'num_heads': 2}, 1, 64
    ),
    'TwoPathways': (IMAGE | {'channels': [4, 4], 'joined': 4}, 1, None),
    'DilatedNet': (IMAGE | {'channels': 4, 'dilations': [1, 2]}, 1, None),
    'SwinUNETR': (IMAGE | {'feature_size': 12, 'depths': [1] * 4}, 32, 40),
    'VNet': (IMAGE | {'dropout_dim': 2}, 16, 40),
    'MedNeXt': (
        IMAGE | {'init_filters': 2, 'blocks_down': [1] * 2, 'blocks_up': [1] * 2, 'blocks_bottleneck': 1}, 4, 18
    ),
    'FlexibleUNet': (IMAGE | {'backbone': 'resnet10', 'decoder_channels': [4] * 5}, 32, 40),
    'HighResNet': (IMAGE, 1, None),
    'RegUNet': (IMAGE | {'num_channel_initial': 2, 'depth': 2}, 4, 18),
    'AHNet': (IMAGE | {'layers': [1] * 4, 'psp_block_num': 0}, 32, 40),
    'Quicknat': ({'num_channels': 1, 'num_classes': 3, 'num_filters': 2}, 16, 40),
    'AutoEncoder': (STRIDED | {'strides': [2, 2, 1]}, 4, 18),
}  # fmt: skip


def spec(architecture, **fields):
    told = {'name': 'net', 'dimensions': 2, 'classes': ('a', 'b', 'c'), 'architecture': architecture} | fields
    return ModelSpec(**told)


def test_every_architecture_is_tried():
    assert set(NETWORKS) == set(ARCHITECTURES)


@pytest.mark.parametrize('name', NETWORKS)
def test_an_image_becomes_a_map_of_its_size(name):
    arguments, multiple, wrong = NETWORKS[name]
    network, settled, shape = network_for(spec({'name': name, **arguments}), [])
    assert settled.pad_multiple == multiple
    model = ShapedSegmenter(network, settled, 'key', shape=shape)
    size = 64 if name in ('SwinUNETR', 'Quicknat') else 32
    assert model(torch.rand(2, 1, size, size)).shape == (2, 3, size, size)
    if wrong is not None:
        with pytest.raises(ModelError, match=f'it is {wrong} x {size}, and the network takes'):
            model(torch.rand(1, 1, wrong, size))


def test_a_size_in_the_weights_becomes_the_window():
    messages = []
    _, settled, _ = network_for(spec({'name': 'UNETR', **NETWORKS['UNETR'][0]}), messages)
    assert settled.window == (32, 32)
    assert messages == ['net takes windows of 32 x 32 only: the size is part of the file.']


@pytest.mark.parametrize(
    ('fields', 'why'),
    [
        ({'dimensions': 3}, 'dimensions = 3, and the network takes 2D windows'),
        ({'channels': 2}, 'channels = 2, and the network takes 1'),
        ({'classes': ('a', 'b')}, '2 classes (a, b), and the network answers with 3'),
        ({'window': (18, 16)}, 'it is 18 x 16, and the network takes a multiple of 4'),
    ],
)
def test_a_spec_that_does_not_fit_its_architecture_is_refused(fields, why):
    with pytest.raises(ModelError) as caught:
        network_for(spec({'name': 'UNet', **STRIDED}, **fields), [])
    assert why in str(caught.value)


def test_one_of_several_outputs_is_taken_and_said():
    small, large, more = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    assert main_output(large, (1, 1, 8, 8)) == (large, '')
    assert main_output([large], (1, 1, 8, 8)) == (large, '')
    chosen, words = main_output({'aux': [small, None], 'out': (large, more)}, (1, 1, 8, 8))
    assert chosen is large
    assert words == 'the network answers with 3 maps: the first of full size is taken'
    assert main_output('nothing', (1, 1, 8, 8)) == ('nothing', '')


def test_it_is_said_once():
    class Two(torch.nn.Module):
        def forward(self, windows):
            return windows[..., ::2], windows

    from napari_segrobust.segment.module import TorchSegmenter

    model = TorchSegmenter(Two(), spec(None), 'key')
    for _ in range(2):
        assert model(torch.ones(1, 3, 8, 8)).shape == (1, 3, 8, 8)
    assert len(model.messages) == 1
