"""Networks without a decoder: what each part of them sees, and what it does not."""

from __future__ import annotations

import pytest
import torch

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.networks import build_network

COMMON = {'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2}
PATHWAYS = {'name': 'TwoPathways', **COMMON, 'channels': [4, 4], 'joined': 4}
DILATED = {'name': 'DilatedNet', **COMMON, 'channels': 4}


def reach(network, size):
    """Largest distance from the middle at which a pixel of the image moves the logits of the middle."""
    image = torch.rand(1, 1, size, size, requires_grad=True)
    middle = size // 2
    network(image)[0, :, middle, middle].abs().sum().backward()
    seen = torch.nonzero(image.grad[0, 0])
    return int((seen - middle).abs().max())


@pytest.mark.parametrize('architecture', [PATHWAYS, DILATED], ids=lambda a: a['name'])
@pytest.mark.parametrize('shape', [(16, 16), (17, 23), (16, 20, 12)])
def test_logits_have_the_shape_of_any_window(architecture, shape):
    network = build_network({**architecture, 'spatial_dims': len(shape)}).eval()
    assert network(torch.rand(2, 1, *shape)).shape == (2, 2, *shape)


def test_the_coarse_pathway_sees_farther():
    """Two convolutions of 3 see 2 pixels far; on blocks of 3, interpolated, at least three times so."""
    network = build_network(PATHWAYS).eval()
    assert 6 <= reach(network, 45) <= 3 * 2 + 3 * 2
    with torch.no_grad():
        for parameter in network.coarse.parameters():
            parameter.zero_()
    assert reach(network, 45) == 2


def test_dilation_is_what_sees_far():
    """Stem 1 + 1, then on half the grid the dilation and 1 of the last convolution, and interpolation."""
    near, far = (build_network({**DILATED, 'dilations': [1, rate]}).eval() for rate in (2, 8))
    assert reach(near, 65) < reach(far, 65) <= 2 * (8 + 1 + 1) + 2


def test_they_learn_a_threshold():
    image = torch.rand(4, 1, 16, 16)
    for architecture in (PATHWAYS, DILATED):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = build_network({**architecture, 'out_channels': 1})
        optimiser = torch.optim.Adam(network.parameters(), lr=3e-2)
        target = torch.nn.functional.avg_pool2d(image, 5, 1, 2) > 0.5
        losses = []
        for _ in range(30):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(network(image), target.float())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        assert losses[-1] < 0.7 * losses[0]


def test_a_second_pathway_that_is_not_coarser_is_refused():
    with pytest.raises(ModelError, match='no coarser'):
        build_network({**PATHWAYS, 'factor': 1})


def test_upsampling_is_transposed_or_interpolated_by_name():
    basic = {'name': 'BasicUNet', **COMMON, 'features': [4, 4, 8, 8, 8, 4]}
    kinds = {
        how: {type(m).__name__ for m in build_network({**basic, 'upsample': how}).modules()}
        for how in ('deconv', 'nontrainable')
    }
    assert 'ConvTranspose2d' in kinds['deconv']
    assert 'ConvTranspose2d' not in kinds['nontrainable']
