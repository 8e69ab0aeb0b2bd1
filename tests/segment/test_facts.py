"""What weights say of their network, held against networks whose arguments are known."""

import struct

import pytest
import torch
from monai.networks.nets import UNet
from safetensors.torch import save_file

from napari_segrobust.errors import ModelError
from napari_segrobust.segment.facts import facts_of_shapes, read_facts


def net(dimensions=2, channels=1, classes=2, strides=(2,)):
    torch.manual_seed(0)
    return UNet(dimensions, channels, classes, (4, 4, 4, 4)[: len(strides) + 1], strides).eval()


def scripted(path, network):
    torch.jit.script(network).save(str(path))
    return {fact.entry: fact.value for fact in read_facts(path)}


@pytest.mark.parametrize(
    ('made', 'expected'),
    [
        (net(), {'dimensions': 2, 'channels': 1, 'classes': 2, 'pad_multiple': 2}),
        (net(2, 3, 4, (2, 2)), {'dimensions': 2, 'channels': 3, 'classes': 4, 'pad_multiple': 4}),
        (net(3, 2, 1), {'dimensions': 3, 'channels': 2, 'classes': 1, 'pad_multiple': 2}),
        (torch.nn.Conv2d(1, 2, 3, padding=1), {'dimensions': 2, 'channels': 1, 'classes': 2}),
    ],
)
def test_a_torchscript_network_says_what_it_was_built_with(tmp_path, made, expected):
    assert scripted(tmp_path / 'net.ts', made) == expected


def test_a_network_for_one_size_says_no_more_than_its_weights(tmp_path):
    class OneSize(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(1, 2, 3, padding=1)

        def forward(self, image):
            return self.conv(image.reshape(1, 1, 24, 24))

    assert scripted(tmp_path / 'net.ts', OneSize()) == {'dimensions': 2, 'channels': 1}


def test_a_smaller_answer_is_no_answer(tmp_path):
    assert 'classes' not in scripted(tmp_path / 'net.ts', torch.nn.Conv2d(1, 2, 3))


def test_a_checkpoint_says_it_by_shapes(tmp_path):
    path = tmp_path / 'net.pt'
    torch.save({'epoch': 3, 'optimizer': {}, 'state_dict': net(3, 2).state_dict()}, path)
    facts = read_facts(path)
    assert [(fact.entry, fact.value) for fact in facts] == [('dimensions', 3), ('channels', 2)]
    assert facts[1].source == 'model.0.conv.weight, 4 x 2 x 3 x 3 x 3'
    assert facts[1].words == 'the first layer takes 2 channels'


def test_safetensors_have_no_order_and_say_no_channels(tmp_path):
    path = tmp_path / 'net.safetensors'
    save_file(net(2, 3).state_dict(), path)
    assert [(fact.entry, fact.value) for fact in read_facts(path)] == [('dimensions', 2)]


@pytest.mark.parametrize('shapes', [{}, {'a.weight': (4, 4)}, {'a.bias': (4, 1, 3, 3)}])
def test_without_a_convolution_nothing_is_said(shapes):
    assert facts_of_shapes(shapes) == ()


def test_other_files_say_nothing(tmp_path):
    path = tmp_path / 'net.onnx'
    path.write_bytes(b'anything')
    assert read_facts(path) == ()


def test_damaged_files_raise(tmp_path):
    path = tmp_path / 'net.safetensors'
    path.write_bytes(struct.pack('<Q', 1 << 40))
    with pytest.raises(ValueError, match='too long'):
        read_facts(path)


def test_code_that_reaches_for_files_is_not_run(tmp_path):
    class Writes(torch.nn.Module):
        def forward(self, image):
            torch.save(image, 'stolen')
            return image

    path = tmp_path / 'net.ts'
    torch.jit.script(Writes()).save(str(path))
    with pytest.raises(ModelError, match='reads or writes files'):
        read_facts(path)
