import pytest
import torch

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.networks import build_network

UNET = {
    'name': 'UNet', 'spatial_dims': 2, 'in_channels': 1, 'out_channels': 3, 'channels': [4, 8, 16], 'strides': [2, 2]
}  # fmt: skip


@pytest.mark.parametrize('dimensions', [2, 3])
@pytest.mark.parametrize('name', ['UNet', 'NoSkipUNet', 'AttentionUnet'])
def test_logits_have_the_shape_of_the_image(name, dimensions):
    network = build_network({**UNET, 'name': name, 'spatial_dims': dimensions}).eval()
    shape = (16, 24, 16)[:dimensions]
    assert network(torch.zeros(2, 1, *shape)).shape == (2, 3, *shape)


def test_unet_is_monais_own():
    from monai.networks.nets import UNet

    arguments = {k: v for k, v in UNET.items() if k != 'name'}
    theirs, ours = UNet(**arguments), build_network(UNET)
    ours.load_state_dict(theirs.state_dict())
    image = torch.randn(1, 1, 16, 16)
    assert torch.equal(ours(image), theirs(image))


def _silence_bottleneck(network):
    """Answer of a network whose bottleneck passes on nothing, for two different images."""
    inner = next(m for m in network.modules() if getattr(getattr(m, 'conv', None), 'out_channels', None) == 16)
    inner.register_forward_hook(lambda _module, _inputs, output: torch.zeros_like(output))
    network.eval()
    with torch.no_grad():
        return network(torch.zeros(1, 1, 16, 16)), network(torch.randn(1, 1, 16, 16))


def test_no_skip_unet_sees_nothing_past_a_silent_bottleneck():
    one, other = _silence_bottleneck(build_network({**UNET, 'name': 'NoSkipUNet'}))
    assert torch.equal(one, other)


def test_unet_sees_the_image_past_a_silent_bottleneck():
    one, other = _silence_bottleneck(build_network(UNET))
    assert not torch.allclose(one, other)


def test_no_skip_unet_has_the_encoder_of_the_unet():
    plain, without = build_network(UNET), build_network({**UNET, 'name': 'NoSkipUNet'})
    assert [tuple(p.shape) for p in plain.model[0].parameters()] == [
        tuple(p.shape) for p in without.model[0].parameters()
    ]


@pytest.mark.parametrize('architecture', [{'name': 'Perceptron'}, {}, {'name': 'os.system'}])
def test_unknown_network_is_refused(architecture):
    with pytest.raises(ModelError, match='Use one of UNet'):
        build_network(architecture)


def test_wrong_arguments_are_refused():
    with pytest.raises(ModelError, match='Architecture UNet not built'):
        build_network({**UNET, 'depth': 3})
    with pytest.raises(ModelError, match='Architecture UNet not built'):
        build_network({**UNET, 'strides': [2]})
