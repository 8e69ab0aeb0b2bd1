import numpy as np
import pytest

from napari_segrobust.context.record import Context
from napari_segrobust.errors import ModelError
from napari_segrobust.geometry import AxisOrder
from napari_segrobust.segment.axes import model_axes
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec


def spec(dimensions, **fields):
    return ModelSpec(name='net', dimensions=dimensions, classes=('a', 'b'), **fields)


@pytest.mark.parametrize(
    ('fields', 'ndim', 'permutation', 'flips'),
    [
        ({'dimensions': 3}, 3, (0, 1, 2), (0, 0, 0)),
        ({'dimensions': 2}, 3, (0, 1), (0, 0)),
        ({'dimensions': 2, 'transpose': True}, 2, (1, 0), (0, 0)),
        ({'dimensions': 3, 'orientation': 'RAS'}, 3, (2, 1, 0), (1, 1, 0)),
        ({'dimensions': 3, 'orientation': 'LPS'}, 3, (2, 1, 0), (0, 0, 0)),
        ({'dimensions': 3, 'orientation': 'RAS', 'transpose': True}, 3, (0, 1, 2), (0, 1, 1)),
        ({'dimensions': 2, 'orientation': 'RA'}, 3, (1, 0), (1, 1)),
        ({'dimensions': 2, 'orientation': 'SA', 'slice_axis': 2}, 3, (0, 1), (0, 1)),
    ],
)
def test_axes_are_permuted_then_flipped(fields, ndim, permutation, flips):
    assert model_axes(spec(**fields), ndim) == AxisOrder(permutation, tuple(map(bool, flips)))


def test_axes_that_the_image_has_not_are_refused():
    with pytest.raises(ModelError, match='point to SA, and those here point to PL'):
        model_axes(spec(2, orientation='SA'), 3)


@pytest.mark.parametrize('orientation', ['RA', 'RLS', 'XYZ', 'ras', ''])
def test_words_that_name_no_axes_are_refused(orientation):
    with pytest.raises(ValueError, match='does not name 3 axes'):
        spec(3, orientation=orientation)


def finished(model, array):
    run = start_inference(model, ArraySource(array, (1, 1, 1)), Context(window=(6, 8, 10)))
    run.advance(*run.pending())
    return run.probabilities()


def test_a_model_sees_the_image_in_its_own_orientation(make_model, image):
    array = image((1, 8, 9, 12))
    order = AxisOrder((2, 1, 0), (True, True, False))
    model, plain = make_model(3, orientation='RAS'), make_model(3)
    turned = np.ascontiguousarray(order.apply(array))
    for window in [(12, 9, 8), (5, 9, 6), (16, 4, 3)]:  # one, several, and one that reaches beyond the image
        found = []
        for one, seen in [(plain, turned), (model, array)]:
            run = start_inference(one, ArraySource(seen, (1, 1, 1)), Context(window=window))
            run.advance(*run.pending())
            found.append(run.probabilities())
        np.testing.assert_allclose(order.apply(found[1]), found[0], atol=1e-6)


def test_mirrorings_are_averaged(make_model, image):
    array = image((1, 6, 8, 10))
    mirrored = np.log(finished(make_model(3, mirror_axes=(0, 2)), array))
    plain = make_model(3)
    flips = [(), (1,), (3,), (1, 3)]
    # Softmax leaves a sum per voxel open: differences of logits are compared.
    logits = np.mean([np.flip(np.log(finished(plain, np.flip(array, f).copy())), f) for f in flips], axis=0)
    np.testing.assert_allclose(mirrored - mirrored[:1], logits - logits[:1], atol=2e-4)
