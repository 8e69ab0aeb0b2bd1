"""Receptive fields on a case: places, what windows and boxes cut off, gradient and occlusion, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from napari_segrobust.context import Context
from napari_segrobust.errors import ContextError, ModelError
from napari_segrobust.inside.receptive import COUNTED, receptive_field
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment import load_model


def plain(*, kernel=3, dimensions=2):
    """Two convolutions with positive weights: the field is 2 (kernel - 1) + 1 wide, and all of it counts."""
    conv = nn.Conv2d if dimensions == 2 else nn.Conv3d
    module = nn.Sequential(conv(1, 1, kernel, padding=kernel // 2), conv(1, 2, kernel, padding=kernel // 2))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(1.0)
    return module


def test_a_slice_wise_network_sees_its_slice(noise_case, make_segmenter):
    found = receptive_field(noise_case, make_segmenter(plain()), (6, 10, 12))
    assert found.box == ((5.5, 6.5), (7.5, 12.5), (9.5, 14.5))
    assert found.seen == ((5.5, 6.5), (-0.5, 23.5), (-0.5, 23.5))
    assert (found.size, found.cut_off, found.method) == ((1, 5, 5), 0.0, 'gradient')
    assert found.effective.shape == (1, 24, 24)
    assert found.origin == (6.0, 0.0, 0.0)
    # Two 3-kernels of ones make the triangle 1 2 3 2 1 along each axis.
    triangle = np.array([1, 2, 3, 2, 1]) / 3
    np.testing.assert_allclose(found.effective[0, 8:13, 10:15], np.outer(triangle, triangle), rtol=1e-6)
    assert found.counted == 25
    assert found.used == 1.0
    assert np.count_nonzero(found.effective) == 25


def test_the_window_cuts_off_a_corner(noise_case, make_segmenter):
    model = make_segmenter(plain(dimensions=3), 3, window=(8, 8, 8), overlap=0.0)
    found = receptive_field(noise_case, model, (0, 8, 12))
    assert found.box == ((-2.5, 2.5), (5.5, 10.5), (9.5, 14.5))
    assert found.seen == ((-0.5, 7.5), (7.5, 15.5), (7.5, 15.5))
    assert found.cut_off == pytest.approx(1 - 3 * 3 * 5 / 125)
    assert found.effective.shape == (8, 8, 8)
    assert found.counted == 3 * 3 * 5


def test_the_context_box_cuts_off_too(noise_case, make_segmenter):
    scenario = Scenario(context=Context(box=((0, 12), (10, 20), (4, 24))))
    found = receptive_field(noise_case, make_segmenter(plain()), (6, 10, 12), scenario)
    assert found.seen == ((5.5, 6.5), (9.5, 19.5), (3.5, 23.5))
    assert found.cut_off == pytest.approx(2 / 5)
    assert found.effective.shape == (1, 10, 20)
    with pytest.raises(ContextError, match='outside'):
        receptive_field(noise_case, make_segmenter(plain()), (6, 9, 12), scenario)


def test_axes_of_the_model_come_back_to_those_of_the_image(noise_case, make_segmenter):
    """Kernel 5 along the model's first axis, which is the image's last, reversed."""
    module = nn.Sequential(nn.Conv2d(1, 2, (5, 1), padding=(0, 0)))
    module = nn.Sequential(nn.ConstantPad2d((0, 0, 4, 0), 0.0), module)  # it reads what lies before it
    model = make_segmenter(module, orientation='RA')
    found = receptive_field(noise_case, model, (6, 10, 12))
    assert found.box == ((5.5, 6.5), (9.5, 10.5), (11.5, 16.5)), 'before, on a reversed axis, is after'
    places = np.argwhere(found.effective > 0)
    assert places[:, 1].tolist() == [10] * 5
    assert places[:, 2].tolist() == [12, 13, 14, 15, 16]


def test_a_grid_of_the_model_is_in_voxels_of_the_case(noise_case, make_segmenter):
    model = make_segmenter(plain(dimensions=3), 3, spacing=(2.0, 2.0, 2.0))
    found = receptive_field(noise_case, model, (6, 12, 12))
    assert found.scale == (1.0, 2.0, 2.0)
    assert found.size == (5, 5, 5)
    assert found.box[0] == (3.5, 8.5)
    assert np.diff(found.box[1]) == pytest.approx(10.0)
    assert sum(found.box[1]) / 2 == pytest.approx(12.0)
    assert any('grid of the model' in note for note in found.notes)


def test_occlusion_finds_what_the_gradient_finds(noise_case, make_segmenter):
    model = make_segmenter(plain())
    slope = receptive_field(noise_case, model, (6, 10, 12))
    covered = receptive_field(noise_case, model, (6, 10, 12), method='occlusion')
    assert covered.method == 'occlusion'
    assert covered.box == slope.box
    assert not covered.effective[slope.effective == 0].any()
    assert 'patches of 1 x 1 voxels' in covered.notes[0]
    # A linear network: covering a voxel moves the logit by its slope times its distance from the mean.
    image = noise_case.image[0, 6]
    wanted = slope.effective[0] * abs(image - image.mean())
    np.testing.assert_allclose(covered.effective[0], wanted / wanted.max(), atol=1e-3)


def test_models_without_a_gradient_are_occluded(noise_case):
    class Threshold:
        device = 'cpu'
        key = 'threshold'

        def __init__(self, spec):
            self.spec = spec

        def __call__(self, windows):
            return torch.cat([0.5 - windows, windows - 0.5], dim=1)

    spec = load_model('brain-unet', device='cpu').spec.model_copy(
        update={'classes': ('a', 'b'), 'intensity': 'none', 'pad_multiple': 1, 'architecture': None}
    )
    model = Threshold(spec)
    found = receptive_field(noise_case, model, (6, 10, 12))
    assert found.method == 'occlusion'
    assert found.box is None
    assert (found.cut_off, found.used, found.size) == (None, None, (0, 0, 0))
    assert 'cannot be followed' in found.notes[0]
    assert found.effective[0, 10, 12] == 1
    with pytest.raises(ModelError, match='no PyTorch network'):
        receptive_field(noise_case, model, (6, 10, 12), method='gradient')


def test_torchscript_has_a_gradient_and_no_theory(noise_case, make_segmenter):
    module = plain()
    traced = make_segmenter(torch.jit.trace(module, torch.zeros(1, 1, 24, 24)))
    found = receptive_field(noise_case, traced, (6, 10, 12))
    assert found.method == 'gradient'
    assert found.box is None
    own = receptive_field(noise_case, make_segmenter(module), (6, 10, 12))
    np.testing.assert_allclose(found.effective, own.effective, rtol=1e-5)


def test_the_class_is_the_winning_one_unless_it_is_said(noise_case, make_segmenter):
    module = nn.Sequential(nn.Conv2d(1, 2, 1))
    with torch.no_grad():
        module[0].weight[:] = torch.tensor([1.0, 0.0]).reshape(2, 1, 1, 1)
        module[0].bias[:] = torch.tensor([0.0, 100.0])
    model = make_segmenter(module)
    found = receptive_field(noise_case, model, (6, 10, 12))
    assert (found.label, found.label_name, found.counted) == (1, 'class 1', 0)
    assert 'Nothing in the window moves this logit.' in found.notes
    assert receptive_field(noise_case, model, (6, 10, 12), label=0).counted == 1
    with pytest.raises(ModelError, match='No such class'):
        receptive_field(noise_case, model, (6, 10, 12), label=2)


def test_what_has_no_windows_is_refused(noise_case):
    for name in ('otsu', 'mean of brain-unet + brain-noskip'):
        with pytest.raises(ModelError, match='No look inside'):
            receptive_field(replace(noise_case), load_model(name), (6, 10, 12))


def test_fields_lie_within_their_theory_for_the_demo_networks(noise_case):
    for name in ('brain-unet', 'brain-noskip', 'brain-attention'):
        found = receptive_field(noise_case, load_model(name, device='cpu'), (6, 10, 12))
        moved = found.effective[0] >= COUNTED
        rows, columns = np.flatnonzero(moved.any(axis=1)), np.flatnonzero(moved.any(axis=0))
        assert found.box[1][0] < rows[0] <= rows[-1] < found.box[1][1]
        assert found.box[2][0] < columns[0] <= columns[-1] < found.box[2][1]
        assert found.to_dict()['effective']['voxels'] == found.counted > 0
