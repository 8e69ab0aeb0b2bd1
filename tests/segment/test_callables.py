import numpy as np
import pytest
import torch

from napari_segrobust.cases.case import Case
from napari_segrobust.errors import ModelError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.segment.load import load_model
from napari_segrobust.segment.prediction import predict

SPEC = {'dimensions': 3, 'channels': 1, 'classes': ['bright'], 'activation': 'sigmoid'}


def bright(image, spacing):
    return (image > 0.5).astype(np.float32)


@pytest.fixture
def volume(image):
    return Case('noise', image((1, 5, 6, 7)), GridGeometry.from_spacing((5, 6, 7), (3.0, 1.0, 2.0)))


def test_a_function_is_a_model(volume):
    model = load_model(bright, spec=SPEC)
    assert (model.spec.name, model.spec.intensity) == ('bright', 'none')
    np.testing.assert_array_equal(predict(volume, model).probabilities, volume.image > 0.5)


def test_it_is_told_the_spacing_and_may_write_into_the_image(volume):
    told = []

    def greedy(image, spacing):
        told.append((image.shape, spacing))
        image[:] = 1
        return torch.from_numpy(image)

    before = volume.image.copy()
    assert predict(volume, load_model(greedy, spec=SPEC)).labels.all()
    assert told == [((1, 5, 6, 7), (3.0, 1.0, 2.0))]
    np.testing.assert_array_equal(volume.image, before)


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_a_2d_function_is_asked_slice_by_slice(volume, axis):
    told = set()

    def ranked(image, spacing):
        told.add((image.shape[1:], spacing))
        return (image >= image.max()).astype(np.float32)

    found = predict(volume, load_model(ranked, spec=SPEC | {'dimensions': 2, 'slice_axis': axis})).probabilities
    others = tuple(a for a in (1, 2, 3) if a != axis + 1)
    np.testing.assert_array_equal(found, volume.image >= volume.image.max(axis=others, keepdims=True))
    ((shape, spacing),) = told
    assert shape == tuple(np.delete((5, 6, 7), axis))
    assert spacing == tuple(np.delete((3.0, 1.0, 2.0), axis))


def test_a_function_may_carry_its_spec_and_its_key(volume):
    def mine(image, spacing):
        return bright(image, spacing)

    mine.spec = SPEC
    first, second = load_model(mine), load_model(mine)
    assert first.key != second.key  # what a closure holds is not seen
    mine.key = 'version 3'
    assert load_model(mine).key == load_model(mine).key != first.key
    assert load_model(mine, spec=SPEC | {'threshold': 0.2}).key != load_model(mine).key


def test_a_class_makes_a_model():
    class Maker:
        spec = SPEC

        def __call__(self, image, spacing):
            return bright(image, spacing)

    assert load_model(Maker).spec.name == 'Maker'
    assert load_model(Maker()).spec.classes == ('bright',)
    assert load_model(lambda: Maker()).spec.dimensions == 3


def test_a_network_in_memory_is_known_by_its_weights():
    told = SPEC | {'dimensions': 2}
    network = torch.nn.Conv2d(1, 1, 3, padding=1)
    key = load_model(network, spec=told).key
    assert key == load_model(network, spec=told).key
    with torch.no_grad():
        network.weight += 1
    assert load_model(network, spec=told).key != key


def test_a_network_in_memory_goes_its_own_way_afterwards():
    network = torch.nn.Conv3d(1, 1, 3, padding=1).train()
    model = load_model(network, spec=SPEC)
    assert network.training
    before = model(torch.ones(1, 1, 4, 4, 4))
    with torch.no_grad():
        network.weight.zero_()
    assert torch.equal(model(torch.ones(1, 1, 4, 4, 4)), before)


def test_a_model_is_taken_as_it_is():
    model = load_model(bright, spec=SPEC)
    assert load_model(model) is model


class Wanting:
    def __init__(self, path):
        self.path = path


@pytest.mark.parametrize(
    ('thing', 'spec', 'why'),
    [
        (bright, None, 'bright has no spec: missing: dimensions, channels, classes, activation'),
        (bright, {'dimensions': 2}, 'missing: channels, classes, activation'),
        (bright, SPEC | {'intensity': 'zscore'}, 'a function gets the image as it was read'),
        (3, SPEC, 'a int is neither a network nor a function of image and spacing'),
        (lambda image: image, SPEC, 'neither a network nor a function'),
        (Wanting, SPEC, 'its class wants arguments'),
    ],
)
def test_what_cannot_be_a_model_is_refused(thing, spec, why):
    with pytest.raises(ModelError) as caught:
        load_model(thing, spec=spec)
    assert why in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('answer', 'why'),
    [
        (lambda image: image * np.nan, 'the model returned NaN'),
        (lambda image: image[:, 1:], 'where 1 x 5 x 6 x 7 was expected'),
        (lambda image: None, 'the model returned a NoneType'),
        (lambda image: 1 / 0, 'ZeroDivisionError: division by zero'),
    ],
)
def test_what_a_function_does_wrong_is_one_line(volume, answer, why):
    model = load_model(lambda image, spacing: answer(image), spec=SPEC)
    with pytest.raises(ModelError) as caught:
        predict(volume, model)
    assert why in str(caught.value)
    assert '\n' not in str(caught.value)
