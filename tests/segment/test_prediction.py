import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_segrobust.cases.case import Case
from napari_segrobust.context.record import Context
from napari_segrobust.errors import ContextError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.segment.prediction import labels_from, predict
from napari_segrobust.segment.spec import ModelSpec


def spec(classes, activation='softmax', **fields):
    names = tuple(f'class {k}' for k in range(classes))
    return ModelSpec(name='net', dimensions=2, classes=names, activation=activation, **fields)


def test_softmax_takes_the_most_probable():
    probabilities = np.array([[0.2, 0.4, 0.5], [0.3, 0.4, 0.2], [0.5, 0.2, 0.3]], np.float32)
    labels = labels_from(probabilities, spec(3))
    assert labels.dtype == np.uint8
    assert labels.tolist() == [2, 0, 0]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), classes=st.integers(3, 6))
def test_softmax_equals_argmax(seed, classes):
    probabilities = np.random.default_rng(seed).random((classes, 7, 5)).astype(np.float32).round(1)
    np.testing.assert_array_equal(labels_from(probabilities, spec(classes)), probabilities.argmax(0))


def test_two_classes_have_a_threshold():
    probabilities = np.array([[0.7, 0.5, 0.4], [0.3, 0.5, 0.6]], np.float32)
    assert labels_from(probabilities, spec(2)).tolist() == [0, 0, 1]
    assert labels_from(probabilities, spec(2), threshold=0.2).tolist() == [1, 1, 1]
    assert labels_from(probabilities, spec(2, threshold=0.55)).tolist() == [0, 0, 1]


def test_independent_classes_show_the_most_probable_above_the_threshold():
    probabilities = np.array([[0.9, 0.4, 0.6], [0.8, 0.3, 0.7]], np.float32)
    assert labels_from(probabilities, spec(2, 'sigmoid')).tolist() == [1, 0, 2]
    assert labels_from(probabilities[:1], spec(1, 'sigmoid')).tolist() == [1, 0, 1]


def test_a_label_map_names_the_reference_labels_and_drops_the_rest():
    probabilities = np.eye(4, dtype=np.float32)
    assert labels_from(probabilities, spec(4), label_map={1: 7, 3: 300}).tolist() == [0, 7, 0, 300]
    assert labels_from(probabilities, spec(4), label_map={1: 7, 3: 300}).dtype == np.uint16
    assert labels_from(probabilities, spec(4, 'sigmoid'), label_map={1: 2}).tolist() == [2, 0, 0, 0]


def test_nothing_predicted_is_background():
    for activation in ('softmax', 'sigmoid'):
        assert not labels_from(np.zeros((3, 4), np.float32), spec(3, activation)).any()


@pytest.fixture
def case(image):
    return Case('test', image((1, 8, 20, 24)), GridGeometry.from_spacing((8, 20, 24), (2, 1, 1)))


def test_predict_covers_the_case(make_model, case):
    model = make_model(2)
    prediction = predict(case, model)
    assert prediction.probabilities.shape == (3, 8, 20, 24)
    np.testing.assert_array_equal(prediction.labels, prediction.probabilities.argmax(0))
    assert prediction.valid.all()


def test_predict_takes_arguments_over_the_context(make_model, case):
    model, box = make_model(3), ((0, 8), (4, 20), (0, 24))
    context = Context(box=box, window=(8, 8, 8), overlap=0.5)
    found = predict(case, model, window=[8, 16, 16], context=context)
    expected = predict(case, model, context=Context(box=box, window=(8, 16, 16), overlap=0.5))
    np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    assert not found.valid[:, :4].any()
    assert not found.labels[:, :4].any()
    assert found.valid[:, 4:].all()


@pytest.mark.parametrize(
    'arguments', [{'overlap': 1.0}, {'overlap': -1}, {'window': (0, 8)}, {'blending': 'median'}, {'window': (4, 4, 4)}]
)
def test_arguments_out_of_range_are_one_line(make_model, case, arguments):
    with pytest.raises(ContextError) as caught:
        predict(case, make_model(2), **arguments)
    assert '\n' not in str(caught.value)
