"""Altered networks: what changes, what does not, what is refused, and that lines load them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segrobust.errors import ModelError
from napari_segrobust.segment import load_model
from napari_segrobust.segment.altered import with_padding, with_skip_gain
from napari_segrobust.segment.altered.name import Alteration, altered_line, is_altered, read_altered
from napari_segrobust.segment.altered.skip_gain import PROBE
from napari_segrobust.segment.altered.skips import attach
from napari_segrobust.segment.altered.twin import twin
from napari_segrobust.segment.input_shape import InputShape, ShapedSegmenter, frozen
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.spec import ModelSpec

SMALL = {'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2}
UNET = {'name': 'UNet', **SMALL, 'channels': [4, 8, 16], 'strides': [2, 2]}
UNETS = {
    'UNet': UNET,
    'UNet res': {**UNET, 'num_res_units': 2},
    'AttentionUnet': {**UNET, 'name': 'AttentionUnet'},
    'BasicUNet': {'name': 'BasicUNet', **SMALL, 'features': [4, 4, 8, 8, 8, 4]},
    'BasicUNetPlusPlus': {'name': 'BasicUNetPlusPlus', **SMALL, 'features': [4, 4, 8, 8, 8, 4]},
    'VNet': {'name': 'VNet', **SMALL},
    'SegResNet': {'name': 'SegResNet', **SMALL, 'init_filters': 8},
    'DynUNet': {
        'name': 'DynUNet', **SMALL, 'kernel_size': [3, 3, 3], 'strides': [1, 2, 2], 'upsample_kernel_size': [2, 2],
        'filters': [4, 8, 16],
    },
}  # fmt: skip


def segmenter(architecture, window=32):
    torch.manual_seed(3)
    spec = ModelSpec(name='small', dimensions=2, classes=('background', 'object'), window=(window, window))
    return TorchSegmenter(build_network(architecture), spec, 'small')


def windows(n=32, count=1):
    return torch.from_numpy(np.random.default_rng(0).normal(size=(count, 1, n, n)).astype(np.float32))


def test_a_twin_shares_weights_and_nothing_else():
    module = segmenter(UNET).module
    other = twin(module)
    pairs = list(zip(module.parameters(), other.parameters(), strict=True))
    assert all(one.data_ptr() == two.data_ptr() and one is not two for one, two in pairs)
    assert not any(one is two for one, two in zip(module.modules(), other.modules(), strict=True))
    other.to(torch.float64)
    assert all(one.dtype == torch.float32 for one in module.parameters())


@pytest.mark.parametrize(('ours', 'theirs'), [('reflect', 'reflect'), ('replicate', 'edge')])
def test_padding_equals_numpys(ours, theirs):
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, padding=1))
    spec = ModelSpec(name='one layer', dimensions=2, classes=('a', 'b'))
    model = TorchSegmenter(module, spec, 'one')
    x = windows(8)
    padded = torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), theirs))
    wanted = torch.nn.functional.conv2d(padded, module[0].weight, module[0].bias)
    torch.testing.assert_close(with_padding(model, ours)(x), wanted.detach())
    torch.testing.assert_close(with_padding(with_padding(model, ours), 'zero')(x), model(x), rtol=0, atol=0)


@pytest.mark.parametrize('dimensions', [2, 3])
def test_padding_changes_the_border_and_leaves_the_old_model_and_the_middle(dimensions):
    torch.manual_seed(0)
    conv = torch.nn.Conv2d if dimensions == 2 else torch.nn.Conv3d
    module = torch.nn.Sequential(conv(1, 4, 3, padding=1), torch.nn.ReLU(), conv(4, 2, 3, padding=1))
    model = TorchSegmenter(module, ModelSpec(name='two', dimensions=dimensions, classes=('a', 'b')), 'two')
    x = torch.randn(1, 1, *(12,) * dimensions)
    before = model(x)
    changed = with_padding(model, 'reflect')
    after = changed(x)
    middle = (..., *(slice(2, -2),) * dimensions)
    torch.testing.assert_close(after[middle], before[middle], rtol=1e-5, atol=1e-5)
    assert (after - before).abs().max() > 1e-3
    torch.testing.assert_close(model(x), before, rtol=0, atol=0)
    assert changed.key != model.key
    assert changed.spec.name == 'two with reflect padding'


@pytest.mark.parametrize('name', UNETS)
def test_gain_1_is_the_network_and_gain_0_is_another(name):
    model = segmenter(UNETS[name])
    x, wanted = windows(), model(windows())
    torch.testing.assert_close(with_skip_gain(model, 1.0)(x), wanted, rtol=0, atol=0)
    none = with_skip_gain(model, 0.0)
    assert (none(x) - wanted).abs().max() > 1e-4
    assert none.messages == [PROBE]
    torch.testing.assert_close(model(x), wanted, rtol=0, atol=0)


def test_gain_0_is_a_hand_made_network_without_what_passes():
    """Zeros in place of the skipped half of what is concatenated."""
    model = segmenter(UNET)
    down, skip, up = model.module.model
    x = windows()
    with torch.no_grad():
        level = down(x)
        inner_down, inner, inner_up = skip.submodule
        inner_level = inner_down(level)
        deep = torch.cat([torch.zeros_like(inner_level), inner.submodule(inner_level)], dim=1)
        wanted = up(torch.cat([torch.zeros_like(level), inner_up(deep)], dim=1))
    torch.testing.assert_close(with_skip_gain(model, 0.0)(x), wanted)


@pytest.mark.parametrize(('name', 'count'), [('UNet', 2), ('AttentionUnet', 2), ('BasicUNet', 4), ('VNet', 4)])
def test_every_skip_is_found_once(name, count):
    seen = []
    module = twin(segmenter(UNETS[name]).module)
    attach(module, lambda name, passing: seen.append(name) or passing)
    module(windows())
    assert len(seen) == len(set(seen)) == count


def test_changes_come_together_in_either_order():
    model, x = segmenter(UNET), windows()
    one = with_skip_gain(with_padding(model, 'reflect'), 0.5)
    other = with_padding(with_skip_gain(model, 0.5), 'reflect')
    torch.testing.assert_close(one(x), other(x), rtol=0, atol=0)
    assert one.spec.name == 'small with reflect padding and skip gain 0.5'


def test_what_cannot_be_changed_says_why(make_model):
    model = segmenter(UNET)
    plain = make_model()
    traced = TorchSegmenter(torch.jit.trace(plain.module, windows()), plain.spec, 'traced')
    for change, why in (
        (lambda: with_padding(model, 'valid'), 'no longer have the sizes'),
        (lambda: with_padding(plain, 'valid'), 'smaller than the window'),
        (lambda: with_padding(model, 'circular'), 'is none'),
        (lambda: with_padding(traced, 'reflect'), 'TorchScript'),
        (lambda: with_padding(load_model('otsu'), 'reflect'), 'no PyTorch network'),
        (lambda: with_padding(load_model('mean of brain-unet + brain-noskip'), 'reflect'), 'several networks'),
        (lambda: with_skip_gain(load_model('brain-noskip', device='cpu'), 0.5), 'no skip connection'),
        (lambda: with_skip_gain(model, 1.5), 'from 0 to 1'),
    ):
        with pytest.raises(ModelError, match=why):
            change()
    unpadded = TorchSegmenter(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1)), plain.spec, 'unpadded')
    with pytest.raises(ModelError, match='none of its convolutions pads'):
        with_padding(unpadded, 'reflect')


def test_a_map_that_is_too_small_to_reflect_is_named():
    deep = {**UNET, 'channels': [4, 8, 8, 8], 'strides': [2, 2, 2], 'norm': 'batch'}
    model = with_padding(segmenter(deep, 8), 'reflect')
    with pytest.raises(ModelError, match='a map of 1 voxel cannot be reflected by 1'):
        model(windows(8))


def test_lines():
    assert read_altered('a with b with reflect padding') == Alteration('a with b', 'reflect')
    assert read_altered('x.pt with skip gain 0.25') == Alteration('x.pt', None, 0.25)
    both = 'x with zero padding and skip gain 0'
    assert read_altered(both).line == both
    assert altered_line(both, padding='reflect', gain=1) == 'x with reflect padding and skip gain 1'
    for other in ('x', 'x with ', 'x with mirror padding', 'x with zero padding skip gain 1', 'x with  and ', 3):
        assert not is_altered(other)
    for wrong in ('x with skip gain 2', 'x with skip gain 1.2.3', 'x'):
        with pytest.raises(ModelError):
            read_altered(wrong)


def test_a_line_loads_the_same_network():
    x = windows(64)
    base = load_model('brain-unet', device='cpu')
    loaded = load_model('brain-unet with reflect padding and skip gain 0.5', device='cpu')
    by_hand = with_skip_gain(with_padding(base, 'reflect'), 0.5)
    assert loaded.key == by_hand.key
    assert loaded.spec.name == loaded.source == 'brain-unet with reflect padding and skip gain 0.5'
    torch.testing.assert_close(loaded(x), by_hand(x), rtol=0, atol=0)
    both = load_model('mean of brain-unet + brain-unet with reflect padding', device='cpu')
    assert [member.name for member in both.present] == ['brain-unet', 'brain-unet with reflect padding']


@pytest.mark.parametrize('name', ['UNet', 'SegResNet', 'BasicUNet', 'AttentionUnet'])
def test_who_watches_an_altered_network_sees_what_is_left(name):
    model, x = segmenter(UNETS[name]), windows()
    half, seen = with_skip_gain(model, 0.5), {}
    module = twin(half.module)
    attach(module, lambda name, passing: seen.setdefault(name, passing))
    with torch.no_grad():
        torch.testing.assert_close(module(x), half(x))
    whole = {}
    plain = twin(model.module)
    attach(plain, lambda name, passing: whole.setdefault(name, passing))
    with torch.no_grad():
        plain(x)
    first = min(whole, key=lambda name: -whole[name].shape[-1])  # its input is the same in both
    torch.testing.assert_close(seen[first], whole[first] * 0.5)


def test_a_network_of_frozen_sizes_stays_one():
    base = segmenter(UNET)
    shape = InputShape((frozen(32), frozen(32)), channels=frozen(1))
    model = ShapedSegmenter(base.module, base.spec, 'frozen', shape=shape)
    changed = with_padding(model, 'reflect')
    torch.testing.assert_close(changed(windows()), with_padding(base, 'reflect')(windows()))
    with pytest.raises(ModelError, match='cannot use this window'):
        changed(windows(16))
