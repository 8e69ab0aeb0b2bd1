"""The context curve: a fixed target, growing windows."""

import numpy as np
import pytest

from napari_segrobust.compare import compare
from napari_segrobust.context import Context, foreground_fraction
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.windows import Wanted, context_curve, predict_box, target_box

TARGET = ((12, 20), (12, 20))


@pytest.fixture
def reference():
    mask = np.zeros((40, 48), np.uint8)
    mask[10:22, 14:30] = 1
    return mask


def test_points_are_the_box_alone_measured_in_the_target(make_model, source, reference):
    model, image, wanted = make_model(2), source(40, 48), Wanted(1)
    points = list(context_curve(model, image, Context(), TARGET, reference, wanted, (8, 16, (20, 24))))
    assert [point.box for point in points] == [TARGET, ((8, 24), (8, 24)), ((6, 26), (4, 28))]
    assert [point.window for point in points] == [(8, 8), (16, 16), (20, 24)]
    for point in points:
        alone = predict_box(model, image, Context(), point.box, wanted, one_window=True)
        (y, _), (x, _) = point.box
        labels = alone.labels[12 - y : 20 - y, 12 - x : 20 - x]
        np.testing.assert_array_equal(point.labels, labels)
        numbers = compare(reference[12:20, 12:20], (labels == 1).astype(np.uint8), labels=[1]).metrics[1]
        assert point.dice == numbers['dice']
        assert point.extra.value == numbers['fp'].value
        assert point.fraction == foreground_fraction(reference, point.box, 1)


def test_at_the_border_it_is_shifted_and_cut(make_model, source, reference):
    target = ((0, 6), (40, 48))
    model, image = make_model(2), source(40, 48)
    points = list(context_curve(model, image, Context(), target, reference, Wanted(1), (16, 48)))
    assert points[0].box == ((0, 16), (32, 48))
    assert points[1].box == ((0, 40), (0, 48))
    assert points[1].note == 'the image is smaller than the window on axis 0'


def test_a_target_larger_than_the_window_says_so(make_model, source, reference):
    points = list(context_curve(make_model(2), source(40, 48), Context(), TARGET, reference, Wanted(1), (6, 8)))
    assert points[0].dice.status == 'not_applicable'
    assert 'the target has 8 voxels on axis 0' in points[0].dice.reason
    assert points[1].dice.status == 'ok'


def test_a_network_of_one_size_is_filled_up_and_says_so(make_model, source, reference):
    model, image = make_model(2, fixed=(16, 16)), source(40, 48)
    points = list(context_curve(model, image, Context(), TARGET, reference, Wanted(1), (8, 16, 24)))
    assert [point.window for point in points] == [(16, 16)] * 3
    assert 'what lies outside the window is filled up' in points[0].note
    assert 'it slides in the window' in points[2].note
    sliding = list(context_curve(model, image, Context(), TARGET, reference, Wanted(1), (8, 16), how='sliding'))
    assert [point.dice.status for point in sliding] == ['not_applicable', 'ok']
    assert 'one size only' in sliding[0].dice.reason


def test_sliding_is_the_prediction_in_the_target(make_model, source, reference):
    model, image, context = make_model(2, pad_multiple=4), source(40, 48), Context(overlap=0.5)
    (point,) = context_curve(model, image, context, TARGET, reference, Wanted(1), (14,), how='sliding')
    assert point.window == (16, 16)
    run = start_inference(model, image, Context(overlap=0.5, window=(16, 16)))
    run.advance(*run.pending())
    np.testing.assert_array_equal(point.labels, run.probabilities()[:, 12:20, 12:20].argmax(0))
    asked = model.module.asked
    assert asked < 2 * run.total, 'only windows that touch the target are run'


def test_slices_keep_the_extent_of_the_target(make_model, source):
    reference = np.zeros((6, 24, 24), np.uint8)
    reference[2:4, 8:16, 8:16] = 1
    target = target_box(reference, Wanted(1))
    assert target == ((2, 4), (8, 16), (8, 16))
    (point,) = context_curve(make_model(2), source(6, 24, 24), Context(), target, reference, Wanted(1), (16,))
    assert point.box == ((2, 4), (4, 20), (4, 20))
    assert point.window == (16, 16)


def test_statistics_are_those_of_the_whole_image(make_model, source, reference):
    """A box hides places, not the scale of intensities."""
    model, image = make_model(2, intensity='zscore'), source(40, 48, seed=3)
    image.array[:, 30:] += 50
    (point,) = context_curve(model, image, Context(), TARGET, reference, Wanted(1), (16,))
    context = Context(box=point.box, window=(16, 16))
    run = start_inference(model, image, context)
    run.advance(*run.pending())
    np.testing.assert_array_equal(point.labels, run.probabilities()[:, 12:20, 12:20].argmax(0))


def test_cancelled_ends_it_without_asking_the_network(make_model, source, reference):
    model, image = make_model(2), source(40, 48)
    points = list(
        context_curve(
            model, image, Context(), TARGET, reference, Wanted(1), (8, 16, 24), cancel=lambda: model.module.asked == 1
        )
    )
    assert len(points) == 1
    assert model.module.asked == 1


def test_targets():
    mask = np.zeros((10, 10), np.uint8)
    mask[3:5, 8] = 2
    assert target_box(mask, Wanted(2), margin=2) == ((1, 7), (6, 10))
    mask[0, 0:3] = 2
    assert target_box(mask, Wanted(2)) == ((0, 5), (0, 9))
    assert target_box(mask, Wanted(2), largest_only=True) == ((0, 1), (0, 3))
    with pytest.raises(ContextError, match='the reference is empty'):
        target_box(mask, Wanted(1))
