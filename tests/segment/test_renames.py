import warnings

import pytest
import torch

from napari_segrobust.segment.networks import build_network, network_name
from napari_segrobust.segment.renames import current_arguments

IMAGE = {'in_channels': 1, 'out_channels': 2}


@pytest.mark.parametrize(
    ('old', 'words'),
    [
        ({'name': 'UNet', 'dimensions': 2, 'channels': [2, 4], 'strides': [2]}, 'dimensions is called spatial_dims'),
        ({'name': 'BasicUNet', 'dimensions': 2, 'features': [2] * 6}, 'dimensions is called spatial_dims'),
        (
            {'name': 'UNETR', 'pos_embed': 'conv', 'img_size': 32, 'feature_size': 2, 'hidden_size': 4, 'mlp_dim': 4,
             'num_heads': 2, 'spatial_dims': 2},
            'pos_embed is called proj_type',
        ),
        (
            {'name': 'SwinUNETR', 'img_size': [64, 64], 'feature_size': 12, 'depths': [1] * 4, 'spatial_dims': 2},
            'img_size is left out',
        ),
        ({'name': 'VNet', 'dropout_prob': 0.3, 'spatial_dims': 2, 'dropout_dim': 2}, 'dropout_prob became'),
        ({'name': 'VNet', 'dropout_prob_up': 0.3, 'spatial_dims': 2, 'dropout_dim': 2}, 'became two numbers'),
        (
            {'name': 'BasicUNetPlusPlus', 'deep_supervision': True, 'features': [2] * 6, 'spatial_dims': 2},
            'the deepest is taken',
        ),
    ],
)  # fmt: skip
def test_arguments_of_older_versions_build_the_network(old, words):
    arguments, changes = current_arguments(IMAGE | old)
    assert len(changes) == 1
    assert words in changes[0]
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        build_network(arguments)
    assert current_arguments(arguments) == (arguments, [])


def test_arguments_of_today_are_left_alone():
    arguments = IMAGE | {'name': 'UNet', 'spatial_dims': 2, 'channels': [2, 4], 'strides': [2]}
    assert current_arguments(arguments) == (arguments, [])


def test_the_way_up_of_an_old_vnet_drops_out_as_it_did():
    arguments, _ = current_arguments({'name': 'VNet', 'dropout_prob': 0.3})
    assert (arguments['dropout_prob_down'], arguments['dropout_prob_up']) == (0.3, (0.3, 0.5))


def test_nothing_is_fetched_from_the_internet():
    assert current_arguments({'name': 'FlexibleUNet', 'backbone': 'resnet10'})[0]['pretrained'] is False


@pytest.mark.parametrize('spelling', ['Unet', 'unet', 'BasicUnetPlusPlus', 'Dynunet'])
def test_spellings_of_monai_are_known(spelling):
    assert network_name(spelling) in ('UNet', 'BasicUNetPlusPlus', 'DynUNet')


def test_the_deepest_of_four_outputs_is_monais_last():
    from monai.networks.nets import BasicUNetPlusPlus

    arguments = IMAGE | {'spatial_dims': 2, 'features': [2] * 6, 'deep_supervision': True}
    theirs = BasicUNetPlusPlus(**arguments).eval()
    ours = build_network(current_arguments({'name': 'BasicUNetPlusPlus', **arguments})[0]).eval()
    ours.load_state_dict(theirs.state_dict())
    windows = torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        assert torch.equal(ours(windows)[0], theirs(windows)[-1])
