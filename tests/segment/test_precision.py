"""Half precision is measured before it is used, and what was measured is part of what a result is."""

import numpy as np
import pytest

from napari_segrobust.context.plan import plan_windows
from napari_segrobust.context.record import Context
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.precision import (
    LIMIT,
    SAMPLE,
    SINGLE,
    back_to_single,
    choose_precision,
    describe_precision,
    fix_precision,
    precision_of,
    sample,
)
from napari_segrobust.segment.source import ArraySource


@pytest.fixture
def source():
    """20 slices of 100 x 100 voxels between 0 and 0.4 or 0.6 and 1."""
    values = np.random.default_rng(0).random((1, 20, 100, 100)).astype(np.float32)
    return ArraySource(0.4 * values + 0.6 * (values > 0.5), (1, 1, 1))


def test_a_cpu_computes_in_single_precision_and_measures_nothing(make_model, source):
    model = make_model(2)
    model.module.forward = None
    choose_precision(model, source, 'image')
    fix_precision(model, True, 0.0, 'image')
    assert model.precision == SINGLE
    assert describe_precision(model) == 'cpu'


def test_a_model_of_another_make_is_left_alone(source):
    stranger = type('Stranger', (), {'device': 'cuda:0'})()
    choose_precision(stranger, source, 'image')
    back_to_single(stranger)
    assert precision_of(stranger) == SINGLE
    assert not vars(stranger)


@pytest.mark.parametrize(('moved', 'half'), [(0, True), (10, True), (11, False), (5000, False)])
def test_half_precision_is_taken_where_it_changes_next_to_nothing(pretend_gpu, source, moved, half):
    model = pretend_gpu(moved)
    choose_precision(model, source, 'image')
    assert model.precision.changed == pytest.approx(moved / 10_000)
    assert model.precision.half is half
    assert (moved / 10_000 <= LIMIT) is half


def test_words(pretend_gpu, source):
    fine, coarse = pretend_gpu(2), pretend_gpu(300)
    assert describe_precision(fine) == 'cuda:0'
    for model in (fine, coarse):
        choose_precision(model, source, 'image')
    assert describe_precision(fine) == 'cuda:0, half precision: 0.02 % of labels differ'
    assert describe_precision(coarse) == 'cuda:0, single precision: half would change 3 % of labels'


def test_it_is_measured_once_for_each_image_and_device(pretend_gpu, source):
    model = pretend_gpu()
    for key, windows in (('one', 8), ('one', 8), ('two', 16)):
        choose_precision(model, source, key)
        assert len(model.batches) == windows
    model.move('cuda:1')
    assert model.precision == SINGLE
    choose_precision(model, source, 'two')
    assert len(model.batches) == 24


def test_a_choice_that_is_given_is_not_measured(pretend_gpu, source):
    model = pretend_gpu()
    fix_precision(model, False, 0.25, 'image')
    choose_precision(model, source, 'image')
    assert not model.batches
    assert (model.precision.half, model.precision.changed) == (False, 0.25)


def test_overflow_counts_as_all_changed(pretend_gpu, source):
    model = pretend_gpu(overflow=True)
    choose_precision(model, ArraySource(2 * source.array, (1, 1, 1)), 'image')
    assert (model.precision.half, model.precision.changed) == (False, 1.0)


def test_what_cannot_be_measured_is_single(pretend_gpu, source):
    model = pretend_gpu(room=0)
    choose_precision(model, source, 'image')
    assert (model.precision.half, model.precision.changed) == (False, None)
    assert describe_precision(model) == 'cuda:0'


def test_the_sample_lies_in_the_middle():
    slices = sample(plan_windows((40, 9, 9), (9, 9), 0, slice_axis=0))
    assert [window.start[0] for window in slices] == [12, 17, 22, 27]
    assert [window.start for window in sample(plan_windows((9, 9), None, 0))] == [(0, 0)]
    cubes = sample(plan_windows((90, 90, 90), (10, 10, 10), 0))
    assert len(cubes) == SAMPLE
    assert all(20 <= start < 70 for window in cubes for start in window.start)


def test_overflow_in_a_run_starts_it_again_in_single_precision(pretend_gpu, source):
    """The sample was fine; slice 17 of this image is not, when the first batch is stitched already."""
    model, plain = pretend_gpu(overflow=True), pretend_gpu()
    plain.move('cpu')
    bright = source.array.copy()
    bright[:, 17] *= 3
    choose_precision(model, source, 'image')
    assert model.precision.half
    found = []
    for one in (model, plain):
        run = start_inference(one, ArraySource(bright, (1, 1, 1)), Context())
        run.advance(*run.pending())
        assert run.final()
        found.append(run.probabilities())
    np.testing.assert_array_equal(*found)
    assert model.messages == ['Half precision overflowed on cuda:0: starting again in single precision.']
    after = model.batches.index(('cuda:0', 4, True)) + 1
    assert sum(count for _, count, half in model.batches[after:] if not half) == 20, 'all slices once more'
    assert describe_precision(model) == 'cuda:0, single precision: half would change 100 % of labels'
