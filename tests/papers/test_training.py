"""Training is repeated bit for bit, saved as it comes, and goes on where it was stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_segrobust.errors import SegrobustError
from napari_segrobust.papers.training import Store, Training, fit, output_of
from napari_segrobust.segment.networks import build_network

UNET = {
    'name': 'UNet', 'spatial_dims': 2, 'in_channels': 1, 'out_channels': 1, 'channels': [4, 8], 'strides': [2],
}  # fmt: skip
RECIPE = Training('net', UNET, {'size': 16}, steps=6, rate=1e-2, loss='dice_sigmoid')


def batches(seed=0):
    rng = np.random.default_rng(seed)
    while True:
        images = rng.random((2, 1, 16, 16), dtype=np.float32)
        yield images, (images > 0.5).astype(np.uint8)


def never():
    raise AssertionError('trained again')
    yield


def weights(network):
    return [value.clone() for value in network.state_dict().values()]


def test_a_network_learns():
    recipe = replace(RECIPE, steps=60)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build_network(UNET)
    told = []
    fit(network, recipe, batches(), 'cpu', told.append)
    losses = [float(line.split('loss ')[1].split(',')[0]) for line in told]
    assert len(losses) == 4
    assert losses[-1] < losses[0] - 0.05


def test_two_classes_are_learnt_with_softmax(tmp_path):
    recipe = replace(RECIPE, architecture={**UNET, 'out_channels': 2}, loss='dice_softmax')
    network = Store(tmp_path).network(recipe, batches)
    assert network(torch.rand(1, 1, 16, 16)).shape == (1, 2, 16, 16)


def test_a_recipe_gives_one_network_and_leaves_the_generator_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one = Store(tmp_path / 'a').network(RECIPE, batches)
    assert torch.equal(torch.rand(1), expected)
    other = Store(tmp_path / 'b').network(RECIPE, batches)
    assert all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))
    assert not one.training


def test_what_is_trained_is_kept(tmp_path):
    store = Store(tmp_path)
    first = store.network(RECIPE, batches)
    again = Store(tmp_path).network(RECIPE, never)
    assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(again), strict=True))


@pytest.mark.parametrize('change', [{'steps': 7}, {'rate': 2e-2}, {'seed': 2}, {'task': {'size': 17}}])
def test_another_recipe_is_trained_again(tmp_path, change):
    first = Store(tmp_path).network(RECIPE, batches)
    other = replace(RECIPE, **change)
    assert other.fingerprint != RECIPE.fingerprint
    started = []

    def told():
        started.append(True)
        return batches(1)

    second = Store(tmp_path).network(other, told)
    assert started
    assert not all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


def test_an_interrupted_run_goes_on(tmp_path):
    """The first network is there, of the second nothing is: neither weights nor a half-written file."""
    second = replace(RECIPE, name='second')

    def stopped():
        yield from (next(batches()) for _ in range(2))
        raise KeyboardInterrupt

    store = Store(tmp_path)
    store.network(RECIPE, batches)
    with pytest.raises(KeyboardInterrupt):
        store.network(second, stopped)
    assert [path.name for path in tmp_path.iterdir()] == ['net.safetensors']
    store.network(RECIPE, never)
    store.network(second, batches)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['net.safetensors', 'second.safetensors']


def test_a_damaged_file_is_trained_again(tmp_path):
    (tmp_path / 'net.safetensors').write_bytes(b'not weights')
    Store(tmp_path).network(RECIPE, batches)
    Store(tmp_path).network(RECIPE, never)


def test_numbers_are_kept_until_recipe_or_exam_change(tmp_path):
    store, asked = Store(tmp_path), []

    def measure():
        asked.append(True)
        return [{'dice': 0.5}]

    for _ in range(2):
        assert store.rows(RECIPE, {'tests': 3}, measure) == [{'dice': 0.5}]
    assert len(asked) == 1
    store.rows(RECIPE, {'tests': 4}, measure)
    store.rows(replace(RECIPE, seed=9), {'tests': 4}, measure)
    assert len(asked) == 3


def test_a_list_of_maps_is_its_last():
    maps = [torch.zeros(1), torch.ones(1)]
    assert output_of(maps) is maps[1]
    assert output_of(maps[0]) is maps[0]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(SegrobustError, match='cannot be made'):
        Store(tmp_path / 'file' / 'networks')
