"""One window or one box alone, against the model run by hand on the same cut."""

import numpy as np
import pytest
import torch

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.context import Context
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.windows import (
    AloneCollector,
    Wanted,
    compare_alone,
    look_through,
    open_answers,
    predict_box,
    predict_window,
    window_table,
)
from napari_segrobust.windows.alone import window_of


def softmax_of(model, cut):
    with torch.inference_mode():
        return torch.softmax(model.module(torch.from_numpy(np.ascontiguousarray(cut))[None]), 1)[0].numpy()


def test_a_window_alone_is_the_network_on_its_cut(make_model, source):
    model, image = make_model(3), source(12, 14, 16)
    answers = open_answers(model, image, Context(window=(8, 8, 8), overlap=0.5))
    window = list(answers.plan)[7]
    found = predict_window(answers, window, Wanted(2))
    expected = softmax_of(model, image.array[(slice(None), *found.block)])
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    np.testing.assert_array_equal(found.labels, expected.argmax(0))
    assert found.box == tuple(zip(window.start, window.stop, strict=True))


def test_a_box_as_one_window_sees_nothing_else(make_model, source):
    model, image = make_model(2), source(30, 30)
    box = ((4, 17), (9, 20))
    found = predict_box(model, image, Context(), box, Wanted(), one_window=True)
    assert found.windows == 1
    cut = image.array[:, 4:17, 9:20]
    np.testing.assert_allclose(found.probabilities, softmax_of(model, cut), atol=1e-6)
    other = image.array.copy()
    other[:, :4] = 99
    changed = predict_box(model, ArraySource(other, image.spacing), Context(), box, Wanted(), one_window=True)
    np.testing.assert_array_equal(changed.probabilities, found.probabilities)


def test_a_box_is_filled_up_where_the_network_needs_more(make_model, source):
    model, image = make_model(2, pad_multiple=8), source(30, 30)
    found = predict_box(model, image, Context(), ((4, 15), (9, 20)), Wanted(), one_window=True)
    padded = np.zeros((1, 16, 16), np.float32)
    padded[:, 2:13, 2:13] = image.array[:, 4:15, 9:20]
    np.testing.assert_allclose(found.probabilities, softmax_of(model, padded)[:, 2:13, 2:13], atol=1e-6)


def test_windows_slide_in_a_box_unless_it_is_one(make_model, source):
    model, image = make_model(2), source(30, 30)
    context = Context(window=(8, 8), overlap=0.5)
    found = predict_box(model, image, context, ((4, 20), (9, 25)), Wanted())
    run = start_inference(model, image, context.model_copy(update={'box': ((4, 20), (9, 25))}))
    run.advance(*run.pending())
    np.testing.assert_array_equal(found.probabilities, run.probabilities()[:, 4:20, 9:25])
    assert found.windows == run.total == 9


@pytest.mark.parametrize(
    ('spec', 'box', 'expected'),
    [
        ({}, ((0, 5), (0, 7), (0, 9)), (5, 7, 9)),
        ({'orientation': 'RAS'}, ((0, 5), (0, 7), (0, 9)), (9, 7, 5)),
        ({'pad_multiple': 4}, ((0, 5), (0, 8), (0, 9)), (8, 8, 12)),
        ({'fixed': (16, 16, 16)}, ((0, 5), (0, 8), (0, 20)), (16, 16, 16)),
        ({'spacing': (0.5, 2.0, 1.0)}, ((0, 5), (0, 8), (0, 9)), (9, 5, 9)),
    ],
)
def test_window_that_holds_a_box_in_the_order_of_the_model(make_model, source, spec, box, expected):
    image = source(24, 24, 24, spacing=(1.0, 1.0, 1.0))
    assert window_of(make_model(3, **spec), image, Context(box=box)) == expected


def test_changes_are_counted_against_all_windows_and_the_reference(make_model, source):
    model, image = make_model(2), source(24, 24)
    context = Context(window=(12, 12), overlap=0.5)
    answers = open_answers(model, image, context)
    run = start_inference(model, image, context)
    run.advance(*run.pending())
    stitched = Wanted().labels(run.probabilities(), model.spec)
    reference = np.zeros((24, 24), np.uint8)
    reference[6:14, 3:15] = 1
    alone = predict_window(answers, next(iter(answers.plan)), Wanted(1))
    found = compare_alone(alone, stitched, reference, None, Wanted(1))
    own, before, true = (mask == 1 for mask in (alone.labels, stitched[alone.block], reference[alone.block]))
    assert found.changed == (own != before).sum() > 0
    assert found.voxels == 144
    assert found.between.value == pytest.approx(2 * (own & before).sum() / (own.sum() + before.sum()))
    assert found.alone['dice'].value == pytest.approx(2 * (own & true).sum() / (own.sum() + true.sum()))
    assert found.stitched['fn'].value == (true & ~before).sum()
    assert found.alone['fp'].value == (own & ~true).sum()
    assert (found.change == 1).sum() == ((before == true) & (own != true)).sum()
    without = compare_alone(alone, stitched, None, None, Wanted(1))
    assert without.alone is without.stitched is None
    assert (without.change > 0).sum() == found.changed


def test_a_line_for_what_every_window_says_alone(make_model, source):
    model, image, wanted = make_model(2), source(24, 20), Wanted(1)
    answers = open_answers(model, image, Context(window=(8, 8), overlap=0.5))
    rng = np.random.default_rng(0)
    reference, stitched = (rng.integers(0, 3, (24, 20)) for _ in range(2))
    table = window_table(answers.plan, reference, stitched, label=1)
    collector = AloneCollector(table, answers.spec, wanted, reference, stitched)
    walk = look_through(answers, collector)
    next(walk)
    early = collector.result()
    assert early.asked.sum() == 1
    assert np.isnan(early.dice[1:]).all()
    assert (early.changed[1:] == -1).all()
    list(walk)
    found = collector.result()
    assert found.asked.all()
    for window in answers.plan:
        alone = predict_window(answers, window, wanted)
        expected = compare_alone(alone, stitched, reference, None, wanted)
        row = found.table.row(window.index)
        assert row.dice == expected.alone['dice'].value
        assert (row.extra, row.missed) == (expected.alone['fp'].value, expected.alone['fn'].value)
        assert found.changed[window.index] == expected.changed
    without = AloneCollector(window_table(answers.plan, prediction=stitched), answers.spec, wanted)
    list(look_through(answers, without))
    assert without.result().table.is_proxy
    np.testing.assert_array_equal(without.result().table.prediction_voxels, found.table.prediction_voxels)


def test_cancelled_and_unusable(make_model, source):
    model, image = make_model(2), source(24, 24)
    with pytest.raises(Interrupted):
        predict_box(model, image, Context(), ((0, 8), (0, 8)), Wanted(), cancel=lambda: True)
    with pytest.raises(ContextError, match='0 to 99'):
        predict_box(model, image, Context(), ((0, 99), (0, 8)), Wanted())
