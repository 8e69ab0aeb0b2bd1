"""Relative changes: nothing at severity 0, what a formula says for linear layers, the right way round on a warp."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch import nn

from napari_segrobust.context import Context
from napari_segrobust.errors import ContextError, ModelError, PerturbationError
from napari_segrobust.inside.activations import activation_change
from napari_segrobust.inside.feature_maps import feature_maps, to_dict
from napari_segrobust.perturb import Perturbation
from napari_segrobust.pipeline import run
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment import load_model
from napari_segrobust.segment.networks import build_network

NOISE = Scenario(perturbations=[Perturbation(name='gaussian_noise', seed=3)])
UNET = {
    'name': 'UNet', 'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2, 'channels': [4, 8, 8], 'strides': [2, 2],
    'norm': 'batch',
}  # fmt: skip


@pytest.fixture
def unet(make_segmenter):
    torch.manual_seed(1)
    return make_segmenter(build_network(UNET))


def test_nothing_changes_at_severity_0(noise_case, unet):
    found = activation_change(noise_case, unet, NOISE, [0.0])
    assert found.values.shape == (len(found.points), 1)
    assert not found.values.any()
    assert (found.place, found.windows) == ('slice 6 of axis 0', 1)


def test_a_linear_layer_changes_as_numpy_says(noise_case, make_segmenter):
    """A 1 x 1 convolution without bias keeps the ratio of the image itself."""
    module = nn.Sequential(nn.Conv2d(1, 3, 1, bias=False), nn.Conv2d(3, 2, 1, bias=False))
    found = activation_change(noise_case, make_segmenter(module), NOISE, [2.5], voxel=(4, 3, 3))
    entry = NOISE.perturbations[0].model_copy(update={'severity': 2.5})
    noisy = run(noise_case, make_segmenter(module), Scenario(perturbations=[entry]), metrics=[]).image[0, 4]
    clean = noise_case.image[0, 4]
    wanted = np.linalg.norm(noisy - clean) / np.linalg.norm(clean)
    np.testing.assert_allclose(found.values[:, 0], wanted, rtol=1e-5)


def test_windows_of_a_slice_are_taken_together(noise_case, make_segmenter):
    """Without overlap, the windows of a 1 x 1 network hold the slice once."""
    module = nn.Sequential(nn.Conv2d(1, 3, 1, bias=False), nn.Conv2d(3, 2, 1, bias=False))
    whole = activation_change(noise_case, make_segmenter(module), NOISE, [1.0])
    tiled = activation_change(noise_case, make_segmenter(module, window=(8, 8), overlap=0.0), NOISE, [1.0])
    assert (whole.windows, tiled.windows) == (1, 9)
    np.testing.assert_allclose(tiled.values, whole.values, rtol=1e-5)


def test_a_network_in_3d_is_measured_on_one_window(noise_case, make_segmenter):
    module = nn.Sequential(nn.Conv3d(1, 2, 1, bias=False), nn.Conv3d(2, 2, 1, bias=False))
    model = make_segmenter(module, 3, window=(8, 8, 8), overlap=0.0)
    found = activation_change(noise_case, model, NOISE, [1.0], voxel=(2, 9, 20))
    assert found.windows == 1
    assert found.place == 'window 0 to 8 x 8 to 16 x 16 to 24'


def test_changes_grow_with_severity_and_order_does_not_matter(noise_case, unet):
    up = activation_change(noise_case, unet, NOISE, [0.0, 1.0, 3.0])
    down = activation_change(noise_case, unet, NOISE, [3.0, 0.0, 1.0])
    np.testing.assert_array_equal(up.values, down.values)
    assert up.severities == down.severities == (0.0, 1.0, 3.0)
    assert (np.diff(up.of('encoder', 1)) > 0).all()
    assert up.of('encoder', 7) is None
    assert up.of('skip', 1).tolist() == up.of('encoder', 1).tolist(), 'a skip of MONAI passes what the encoder made'


def test_other_entries_of_the_stack_keep_their_severity(noise_case, unet):
    both = Scenario(perturbations=[Perturbation(name='gamma', severity=4.0), NOISE.perturbations[0]])
    found = activation_change(noise_case, unet, both, [0.0, 2.0])
    assert found.values[0, 0] > 0, 'gamma alone'
    assert found.perturbation == 'gaussian_noise'
    swept = activation_change(noise_case, unet, both, [0.0, 2.0], focus=0)
    assert swept.perturbation == 'gamma'
    assert not swept.values[:, 0].any()


def test_a_gain_of_0_lets_nothing_pass(noise_case):
    base = load_model('brain-unet', device='cpu')
    none = load_model('brain-unet with skip gain 0', device='cpu')
    whole, cut = (activation_change(noise_case, model, NOISE, [2.0]) for model in (base, none))
    assert np.isnan(cut.of('skip', 1)).all()
    assert whole.of('skip', 1) > 0
    assert cut.of('encoder', 1) == whole.of('encoder', 1)
    assert cut.of('decoder', 0) != whole.of('decoder', 0)
    told = json.dumps(cut.to_dict(), allow_nan=False)
    assert json.loads(told)['points'][2]['relative_change'] == [None]


def test_the_network_is_left_as_it_was(noise_case, unet):
    before = run(noise_case, unet, metrics=[]).labels
    hooks = [len(layer._forward_hooks) + len(layer._forward_pre_hooks) for layer in unet.module.modules()]
    activation_change(noise_case, unet, NOISE, [1.0])
    after = [len(layer._forward_hooks) + len(layer._forward_pre_hooks) for layer in unet.module.modules()]
    assert hooks == after
    np.testing.assert_array_equal(run(noise_case, unet, metrics=[]).labels, before)


def test_it_can_be_cancelled_and_says_how_far_it_is(noise_case, unet):
    told = []
    activation_change(noise_case, unet, NOISE, [0.0, 1.0], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    with pytest.raises(ModelError, match='cancelled'):
        activation_change(noise_case, unet, NOISE, [0.0, 1.0], cancel=lambda: True)


def test_what_cannot_be_measured_says_why(noise_case, unet):
    with pytest.raises(PerturbationError, match='no perturbation'):
        activation_change(noise_case, unet, Scenario(), [1.0])
    with pytest.raises(PerturbationError, match='0 to 5'):
        activation_change(noise_case, unet, NOISE, [6.0])
    with pytest.raises(ModelError, match='no PyTorch network'):
        activation_change(noise_case, load_model('otsu'), NOISE, [1.0])
    with pytest.raises(ContextError, match='outside'):
        activation_change(
            noise_case, unet, NOISE.model_copy(update={'context': Context(box=((0, 2),) * 3)}), [1.0], voxel=(5, 5, 5)
        )


def test_feature_maps_are_where_their_window_is(noise_case, unet):
    noisy = Scenario(perturbations=[Perturbation(name='gaussian_noise', seed=3, severity=3.0)])
    maps = feature_maps(noise_case, unet, noisy, 'encoder', 1, voxel=(6, 12, 12))
    assert maps.clean.shape == maps.perturbed.shape == (4, 1, 12, 12)
    assert maps.scale == (1.0, 2.0, 2.0)
    assert maps.origin == (6.0, 0.5, 0.5)
    assert sorted(maps.channels) == [0, 1, 2, 3]
    # The channels' changes and the layer's own are the same numbers.
    moved = np.linalg.norm(maps.perturbed - maps.clean) / np.linalg.norm(maps.clean)
    layer = activation_change(noise_case, unet, noisy, [3.0], voxel=(6, 12, 12)).of('encoder', 1)
    assert moved == pytest.approx(float(layer[0]), rel=1e-5)
    assert list(maps.changes) == pytest.approx(
        [np.linalg.norm(b - a) / np.linalg.norm(a) for a, b in zip(maps.clean, maps.perturbed, strict=True)], rel=1e-5
    )
    assert to_dict(maps)['module'] == 'model.0'
    with pytest.raises(ModelError, match='Choose one of encoder 1'):
        feature_maps(noise_case, unet, noisy, 'encoder', 9, voxel=(6, 12, 12))


def test_feature_maps_of_a_wide_layer_are_bounded(noise_case, make_segmenter, monkeypatch):
    monkeypatch.setattr('napari_segrobust.inside.feature_maps.MOST_BYTES', 2 * 3 * 24 * 24 * 4)
    module = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 2, 3, padding=1))
    noisy = Scenario(perturbations=[Perturbation(name='gaussian_noise', seed=3, severity=3.0)])
    maps = feature_maps(noise_case, make_segmenter(module), noisy, 'layer', 0, voxel=(6, 12, 12))
    assert len(maps.channels) == len(maps.clean) == 3
    moved = [np.linalg.norm(b - a) for a, b in zip(maps.clean, maps.perturbed, strict=True)]
    assert moved == sorted(moved, reverse=True)


def test_feature_maps_come_back_to_the_axes_of_the_image(noise_case, make_segmenter):
    module = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Conv2d(1, 2, 1))
    with torch.no_grad():
        module[0].weight.fill_(1.0)
        module[0].bias.fill_(0.0)
    model = make_segmenter(module, orientation='RA')
    maps = feature_maps(noise_case, model, NOISE, 'layer', 0, voxel=(6, 12, 12))
    np.testing.assert_array_equal(maps.clean[0, 0], noise_case.image[0, 6])
    assert maps.origin == (6.0, 0.0, 0.0)
