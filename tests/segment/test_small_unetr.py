"""The small UNETR: MONAI's own network where patches and layers are MONAI's, and refusals."""

from __future__ import annotations

import pytest
import torch
from monai.networks.nets import UNETR

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.networks import build_network

SMALL = {'name': 'SmallUNETR', 'in_channels': 1, 'out_channels': 2, 'img_size': 16, 'hidden_size': 8, 'mlp_dim': 8,
         'num_heads': 2, 'feature_size': 2}  # fmt: skip
RENAMED = {
    'encoder1.': 'first.', 'encoder2.': 'skips.0.', 'encoder3.': 'skips.1.', 'encoder4.': 'skips.2.',
    'decoder5.': 'ups.0.', 'decoder4.': 'ups.1.', 'decoder3.': 'ups.2.', 'decoder2.': 'ups.3.',
}  # fmt: skip


@pytest.mark.parametrize(('patch', 'dimensions'), [(4, 2), (8, 2), (8, 3)])
def test_logits_have_the_shape_of_the_window(patch, dimensions):
    network = build_network({**SMALL, 'patch_size': patch, 'spatial_dims': dimensions}).eval()
    assert network(torch.rand(1, 1, *(16,) * dimensions)).shape == (1, 2, *(16,) * dimensions)


def test_with_patches_of_16_and_12_layers_it_is_monais():
    """MONAI takes the states after layers 4, 7 and 10; the paper, and so ours, those after 3, 6 and 9."""
    arguments = {'in_channels': 1, 'out_channels': 2, 'img_size': (32, 32), 'feature_size': 2, 'hidden_size': 8,
                 'mlp_dim': 8, 'num_heads': 2, 'spatial_dims': 2}  # fmt: skip
    theirs = UNETR(**arguments).eval()
    ours = build_network({'name': 'SmallUNETR', 'patch_size': 16, 'num_layers': 12, **arguments}).eval()
    assert ours._taken == [2, 5, 8]
    ours._taken = [3, 6, 9]
    weights = {}
    for name, value in theirs.state_dict().items():
        old = next((old for old in RENAMED if name.startswith(old)), '')
        weights[RENAMED.get(old, '') + name.removeprefix(old)] = value
    ours.load_state_dict(weights)
    image = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(ours(image), theirs(image))


@pytest.mark.parametrize(
    ('wrong', 'why'),
    [({'patch_size': 6}, 'give 4, 8 or 16'), ({'img_size': 20}, 'no multiple'), ({'num_layers': 2}, 'at least one')],
)
def test_what_cannot_be_built_is_refused(wrong, why):
    with pytest.raises(ModelError, match=why):
        build_network({**SMALL, **wrong})
