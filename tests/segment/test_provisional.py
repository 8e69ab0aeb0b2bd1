"""The first look at a slice: one layer of windows, against MONAI on the same layer."""

import numpy as np
import pytest
import torch
from monai.inferers import sliding_window_inference

from napari_segrobust.context.record import Context
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.provisional import provisional_plane, provisional_windows
from napari_segrobust.segment.source import ArraySource


def source(array):
    return ArraySource(array, (1.0,) * (array.ndim - 1))


def monai(model, array, window):
    with torch.inference_mode():
        logits = sliding_window_inference(torch.from_numpy(array)[None], window, 1, model.module, 0, 'constant')
    return torch.softmax(logits[0], 0).numpy()


@pytest.mark.parametrize('axis', [0, 1, 2])
@pytest.mark.parametrize(('multiple', 'thickness'), [(1, 12), (4, 8), (6, 12)])
def test_one_layer_of_windows_around_the_slice(make_model, image, axis, multiple, thickness):
    """Two thirds of a window where that is a size that the model takes."""
    model, array = make_model(3, pad_multiple=multiple), image((1, 24, 24, 24))
    context = Context(window=(12, 12, 12), overlap=0.5)
    plane = provisional_plane(model, source(array), context, axis, 12)
    start = 12 - thickness // 2
    block = tuple(slice(start, start + thickness) if a == axis else slice(0, 24) for a in range(3))
    layer = np.ascontiguousarray(array[(slice(None), *block)])
    size = tuple(thickness if a == axis else 12 for a in range(3))
    expected = monai(model, layer, size).take(12 - start, axis=axis + 1)
    np.testing.assert_allclose(plane, expected, atol=1e-5)


def test_an_image_thinner_than_a_window_is_padded_as_ever(make_model, image):
    model, array = make_model(3, pad_multiple=4), image((1, 6, 24, 24))
    plane = provisional_plane(model, source(array), Context(window=(12, 12, 12)), 0, 3)
    np.testing.assert_allclose(plane, monai(model, array, (12, 12, 12))[:, 3], atol=1e-5)


def test_it_costs_a_fifth_of_the_whole_at_most(make_model, image):
    """On 256 x 256 x 128 voxels in windows of 96, a quarter of each side here."""
    model, seen = make_model(3, pad_multiple=4), []
    model.module.register_forward_hook(lambda _module, given, _answer: seen.append(given[0].numel()))
    array = source(image((1, 32, 64, 64)))
    context = Context(window=(24, 24, 24), overlap=0.25)
    run = start_inference(model, array, context)
    provisional_plane(model, array, context, 0, 16)
    whole = len(run.pending()) * 24**3
    assert sum(seen) * 5 <= whole
    assert provisional_windows(model, run, context, 0, 16) * 24**3 == sum(seen)


def test_a_slice_wise_model_has_none(make_model, image):
    with pytest.raises(ContextError, match='runs slice by slice'):
        provisional_plane(make_model(2), source(image((1, 4, 8, 8))), Context(), 0, 1)
