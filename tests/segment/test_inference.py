import weakref

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monai.inferers import sliding_window_inference

from napari_segrobust.context.record import Context
from napari_segrobust.errors import ContextError, ModelError
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.source import ArraySource

#: In probability, float32 on the CPU.
TOLERANCE = 1e-5
WHOLE = Context()
few = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def source(array):
    return ArraySource(array, (1.0,) * (array.ndim - 1))


def finished(model, array, context=WHOLE, order=None):
    run = start_inference(model, source(array), context)
    windows = run.pending()
    for place in order if order is not None else range(len(windows)):
        run.advance(windows[place])
    assert run.done == run.total
    return run


def monai(model, array, window, overlap, mode, padding='constant'):
    with torch.inference_mode():
        logits = sliding_window_inference(
            torch.from_numpy(array)[None], window, 1, model.module, overlap, mode, padding_mode=padding
        )
    return torch.softmax(logits[0], 0).numpy()


@few
@given(
    shape=st.tuples(st.integers(3, 40), st.integers(3, 40)),
    window=st.tuples(st.integers(2, 30), st.integers(2, 30)),
    overlap=st.sampled_from([0, 0.25, 0.5, 0.8]),
    mode=st.sampled_from(['gaussian', 'constant']),
)
def test_2d_equals_monai(make_model, image, shape, window, overlap, mode):
    model, array = make_model(2), image((1, *shape))
    run = finished(model, array, Context(window=window, overlap=overlap, blending=mode))
    np.testing.assert_allclose(run.probabilities(), monai(model, array, window, overlap, mode), atol=TOLERANCE)


@few
@given(
    shape=st.tuples(*[st.integers(3, 18)] * 3),
    window=st.tuples(*[st.integers(3, 14)] * 3),
    overlap=st.sampled_from([0, 0.25, 0.5]),
    mode=st.sampled_from(['gaussian', 'constant']),
)
def test_3d_equals_monai(make_model, image, shape, window, overlap, mode):
    model, array = make_model(3, channels=2), image((2, *shape))
    run = finished(model, array, Context(window=window, overlap=overlap, blending=mode))
    np.testing.assert_allclose(run.probabilities(), monai(model, array, window, overlap, mode), atol=TOLERANCE)


@pytest.mark.parametrize('window', [None, (16, 24), (40, 40)])
@pytest.mark.parametrize('axis', [0, 1, 2])
def test_slices_equal_monai_on_each_slice(make_model, image, window, axis):
    model, array = make_model(2, slice_axis=axis, pad_multiple=8), image((1, 5, 30, 21))
    array = np.moveaxis(array, 1, axis + 1)
    found = np.moveaxis(finished(model, array, Context(window=window)).probabilities(), axis + 1, 1)
    for index in range(5):
        plane = np.ascontiguousarray(np.moveaxis(array, axis + 1, 1)[:, index])
        expected = monai(model, plane, window or (32, 24), 0.25, 'gaussian')
        np.testing.assert_allclose(found[:, index], expected, atol=TOLERANCE)


@pytest.mark.parametrize('padding', ['reflect', 'replicate'])
def test_padding_equals_monai(make_model, image, padding):
    model, array = make_model(2), image((1, 20, 40))
    run = finished(model, array, Context(window=(24, 24), overlap=0.5, padding=padding))
    expected = monai(model, array, (24, 24), 0.5, 'gaussian', padding)
    np.testing.assert_allclose(run.probabilities(), expected, atol=TOLERANCE)


def test_the_grid_and_mirrors_of_the_context_are_those_of_a_model_with_them(make_model, image):
    array, window = image((1, 13, 17, 19)), (8, 8, 8)
    own = make_model(3, grid='nnunet', mirror_axes=(0, 2), overlap=0.5)
    asked = Context(window=window, overlap=0.5, grid='nnunet', mirror=(2, 0, 2))
    assert asked.mirror == (0, 2)
    for model, context in ((make_model(3), asked), (own, Context(window=window))):
        order = np.random.default_rng(1).permutation(finished(model, array, context).total)
        found = finished(model, array, context, order).probabilities()
        np.testing.assert_array_equal(found, finished(own, array, Context(window=window)).probabilities())
    plain = finished(own, array, Context(window=window, grid='monai', mirror=()))
    expected = monai(own, array, window, 0.5, 'gaussian')
    np.testing.assert_allclose(plain.probabilities(), expected, atol=TOLERANCE)


def test_mirrored_windows_equal_monai_with_a_mirrored_network(make_model, image):
    model, array = make_model(2), image((1, 30, 34))

    class Averaged(torch.nn.Module):
        def forward(self, x):
            return (model.module(x) + model.module(x.flip(3)).flip(3)) / 2

    found = finished(model, array, Context(window=(16, 16), overlap=0.5, mirror=(1,))).probabilities()
    with torch.inference_mode():
        logits = sliding_window_inference(torch.from_numpy(array)[None], (16, 16), 1, Averaged(), 0.5, 'gaussian')
    np.testing.assert_allclose(found, torch.softmax(logits[0], 0).numpy(), atol=TOLERANCE)


def test_a_model_is_mirrored_along_axes_that_it_has(make_model, image):
    with pytest.raises(ContextError, match='Mirroring not usable: axis 2 of a model of 2 dimensions'):
        start_inference(make_model(2), source(image((1, 8, 8))), Context(mirror=(2,)))


@pytest.mark.parametrize('classes', [2, 3])
@pytest.mark.parametrize(('dimensions', 'window'), [(2, (8, 10)), (3, (6, 8, 10))])
def test_the_order_of_windows_changes_no_bit(make_model, image, dimensions, window, classes):
    model, array = make_model(dimensions, classes), image((1, 11, 21, 23))
    context = Context(window=window, overlap=0.6)
    expected = finished(model, array, context)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(expected.total)
        found = finished(model, array, context, order)
        np.testing.assert_array_equal(found.probabilities(), expected.probabilities())


def test_a_model_sees_the_context_box_only(make_model, image):
    model, array = make_model(3), image((1, 20, 22, 24))
    box = ((2, 15), (3, 20), (4, 21))
    inside = (slice(None), *(slice(*edges) for edges in box))
    context = Context(box=box, window=(10, 10, 10), overlap=0.5)
    run = finished(model, array, context)
    cropped = finished(model, np.ascontiguousarray(array[inside]), Context(window=(10, 10, 10), overlap=0.5))
    np.testing.assert_array_equal(run.probabilities()[inside], cropped.probabilities())
    outside = np.ones(array.shape[1:], bool)
    outside[inside[1:]] = False
    assert not run.probabilities()[:, outside].any()
    np.testing.assert_array_equal(run.valid(), ~outside)


def test_a_block_is_final_when_its_windows_are_done(make_model, image):
    run = start_inference(make_model(3), source(image((1, 30, 12, 12))), Context(window=(10, 12, 12), overlap=0.5))
    block = (slice(7, 8), slice(0, 12), slice(0, 12))
    windows = run.pending(block, (7, 6, 6))
    assert [window.start[0] for window in windows] == [0, 5]
    assert not run.final(block)
    assert not run.valid(block).any()
    run.advance(windows[0])
    assert run.valid((slice(0, 5), *block[1:])).all()
    assert not run.valid(block).any()
    assert run.probabilities(block).sum() == pytest.approx(144, rel=1e-5)
    run.advance(windows[1])
    assert run.final(block)
    assert run.valid(block).all()
    assert not run.final()
    assert (run.done, run.total) == (2, 5)
    assert not run.probabilities((slice(20, 30), *block[1:])).any()


@pytest.mark.parametrize('classes', [2, 3])
@pytest.mark.parametrize('axis', [0, 1, 2])
def test_a_final_plane_is_what_the_finished_run_has_there(make_model, image, axis, classes):
    """Whatever else is still to come: the shown slice never changes again, not by a bit."""
    run = start_inference(
        make_model(3, classes), source(image((1, 19, 21, 23))), Context(window=(8, 8, 8), overlap=0.5)
    )
    block = tuple(slice(11, 12) if a == axis else slice(0, n) for a, n in enumerate(run.shape))
    run.advance(*run.pending(block))
    assert run.final(block)
    assert not run.final()
    shown = run.probabilities(block)
    run.advance(*run.pending())
    np.testing.assert_array_equal(run.probabilities()[(slice(None), *block)], shown)


def test_windows_are_kept_by_the_handful_and_asked_one_by_one(make_model, image):
    model, array = make_model(2, classes=2), image((1, 5, 40, 30))
    context = Context(window=(16, 16), overlap=0.25)
    expected = finished(model, array, context)
    asked = []
    model.module.register_forward_pre_hook(lambda _, inputs: asked.append(len(inputs[0])))
    run = start_inference(model, source(array), context)
    run.advance(*run.pending())
    assert asked == [1] * run.total
    np.testing.assert_array_equal(run.probabilities(), expected.probabilities())


def test_a_run_goes_on_where_it_stopped(make_model, image):
    model, array = make_model(2), image((1, 6, 16, 16))
    run = start_inference(model, source(array), WHOLE)
    first = run.pending()[:2]
    run.advance(*first)
    run.advance(first[0])
    run.advance(run.pending()[0], run.pending()[0])
    assert run.done == 3
    before = run.probabilities((slice(0, 2), slice(0, 16), slice(0, 16)))
    run.advance(*run.pending())
    np.testing.assert_array_equal(run.probabilities()[:, :2], before)
    np.testing.assert_array_equal(run.probabilities(), finished(model, array).probabilities())


def test_one_slice_costs_the_memory_of_one_slice(make_model, image):
    run = start_inference(make_model(2), source(image((1, 100, 64, 64))), WHOLE)
    idle = run.nbytes
    run.advance(run.pending()[50])
    assert run.nbytes - idle == 3 * 64 * 64 * 4


def test_sums_are_dropped_once_a_slab_is_finished(make_model, image):
    run = finished(make_model(3), image((1, 20, 12, 12)), Context(window=(8, 8, 8), overlap=0.5))
    assert run.nbytes == 3 * 20 * 12 * 12 * 4 + 8**3 * 4


def test_a_finished_run_lets_go_of_the_image(make_model, image):
    array = source(image((1, 4, 8, 8)))
    image_alive = weakref.ref(array)
    run = start_inference(make_model(2), array, WHOLE)
    run.advance(*run.pending())
    del array
    assert image_alive() is None
    assert run.final()


def test_transposed_models_see_transposed_images(make_model, image):
    array = image((1, 20, 31))
    plain, turned = make_model(2), make_model(2, transpose=True)
    expected = finished(plain, np.ascontiguousarray(array.transpose(0, 2, 1)), Context(window=(12, 8)))
    found = finished(turned, array, Context(window=(12, 8)))
    np.testing.assert_allclose(found.probabilities().transpose(0, 2, 1), expected.probabilities(), atol=1e-6)


def test_a_3d_model_refuses_a_2d_image(make_model, image):
    with pytest.raises(ModelError, match='looks at neighbouring slices, and the image is 2D'):
        start_inference(make_model(3), source(image((1, 8, 8))), WHOLE)


def test_another_number_of_channels_is_refused(make_model, image):
    with pytest.raises(ModelError, match='takes 1 channel, and the image has 3'):
        start_inference(make_model(2), source(image((3, 8, 8))), WHOLE)


def answering(make_model, answer):
    model = make_model(2)
    model.module = answer
    return model


def raising(windows):
    raise ValueError('size mismatch\nlong story')


@pytest.mark.parametrize(
    ('answer', 'message'),
    [
        (lambda x: torch.full((1, 3, 8, 8), torch.nan), 'the model returned NaN'),
        (lambda x: torch.full((1, 3, 8, 8), -torch.inf), 'the model returned infinity'),
        (lambda x: torch.zeros(1, 2, 8, 8), 'returned channels 1 x 2 x 8 x 8 where 1 x 3 x 8 x 8'),
        (lambda x: torch.zeros(1, 3, 4, 8), 'returned shape 1 x 3 x 4 x 8'),
        (lambda x: torch.zeros(3), 'returned shape 3 where'),
        (lambda x: [], 'returned a list'),
        (raising, 'raised ValueError: size mismatch'),
    ],
)
def test_an_unusable_answer_is_one_line_and_leaves_the_run_as_it_was(make_model, image, answer, message):
    run = start_inference(answering(make_model, answer), source(image((1, 8, 8))), WHOLE)
    with pytest.raises(ModelError, match=message) as caught:
        run.advance(*run.pending())
    assert '\n' not in str(caught.value)
    assert run.done == 0
    assert not run.probabilities().any()
    assert not run.valid().any()
