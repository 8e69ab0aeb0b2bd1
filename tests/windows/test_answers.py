"""Windows asked one by one: exactly what lies under them, and nothing is lost on the way."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_segrobust.context import Context
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.windows import Wanted, look_through, open_answers

many = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Kept:
    """A collector that keeps what it is given."""

    def __init__(self):
        self.clear()

    def add(self, window, part, probabilities):
        self.answers[window.index] = part, probabilities

    def clear(self):
        self.answers = {}


def echo(dimensions, **spec):
    """A model whose answer is its window."""
    spec = ModelSpec(
        name='echo', dimensions=dimensions, channels=2, classes=('a', 'b'), activation='none', threshold=0.5, **spec
    )
    return TorchSegmenter(torch.nn.Identity(), spec, 'echo')


@many
@given(st.data())
def test_what_a_window_says_is_put_back_exactly(data):
    ndim = data.draw(st.integers(2, 3))
    shape = tuple(data.draw(st.integers(2, 9)) for _ in range(ndim))
    box = tuple(tuple(sorted(data.draw(st.sets(st.integers(0, n), min_size=2, max_size=2)))) for n in shape)
    window = tuple(data.draw(st.integers(1, 11)) for _ in range(ndim))
    orientation = data.draw(st.sampled_from([None, 'RAS', 'LPI', 'SLA'] if ndim == 3 else [None, 'RA', 'PL']))
    array = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    context = Context(box=box, window=window, overlap=data.draw(st.sampled_from([0.0, 0.3, 0.8])))
    model = echo(ndim, orientation=orientation, transpose=data.draw(st.booleans()))
    answers = open_answers(model, ArraySource(array, (1.0,) * ndim), context)
    kept = Kept()
    assert list(look_through(answers, kept))[-1] == (len(answers.plan), len(answers.plan))
    back = np.full_like(array, np.nan)
    for part, probabilities in kept.answers.values():
        np.testing.assert_array_equal(probabilities, array[(slice(None), *part)])
        back[(slice(None), *part)] = probabilities
    inside = tuple(slice(*side) for side in box)
    np.testing.assert_array_equal(back[(slice(None), *inside)], array[(slice(None), *inside)])
    back[(slice(None), *inside)] = np.nan
    assert np.isnan(back).all(), 'nothing is written outside the box'


def test_slices_are_put_back_exactly():
    array = np.random.default_rng(0).normal(size=(2, 5, 7, 9)).astype(np.float32)
    answers = open_answers(echo(2, slice_axis=1), ArraySource(array, (1.0,) * 3), Context(window=(4, 4)))
    kept = Kept()
    list(look_through(answers, kept))
    for part, probabilities in kept.answers.values():
        np.testing.assert_array_equal(probabilities, array[(slice(None), *part)])


def test_windows_together_are_the_prediction(make_model, source):
    """With equal weights, where nothing is activated, the stitched result is the mean of the windows."""
    model, image = make_model(2, activation='none', blending='constant', threshold=0.5), source(20, 23)
    context = Context(window=(8, 8), overlap=0.5)
    answers, kept = open_answers(model, image, context), Kept()
    list(look_through(answers, kept))
    total, count = np.zeros((3, 20, 23)), np.zeros((20, 23))
    for part, probabilities in kept.answers.values():
        total[(slice(None), *part)] += probabilities
        count[part] += 1
    run = start_inference(model, image, context)
    run.advance(*run.pending())
    np.testing.assert_allclose(run.probabilities(), total / count, atol=1e-5)


def test_mirroring_of_the_context_reaches_single_windows(make_model, source):
    model, image = make_model(2), source(8, 8)
    plain, mirrored = (open_answers(model, image, Context(window=(8, 8), mirror=mirror)) for mirror in ((), (0, 1)))
    (one,), (other,) = (answers.ask(*answers.plan) for answers in (plain, mirrored))
    assert not np.allclose(one, other)
    assert model.module.asked == 1 + 4


def test_only_windows_that_touch_a_block_are_asked_nearest_first(make_model, source):
    model = make_model(2)
    answers, kept = open_answers(model, source(32, 8), Context(window=(8, 8), overlap=0.0)), Kept()
    block = (slice(10, 20), slice(0, 8))
    assert list(look_through(answers, kept, block=block, centre=(20, 4))) == [(1, 2), (2, 2)]
    assert list(kept.answers) == [2, 1]
    assert answers.asked == model.module.asked == 2


def test_cancelled_is_left_between_windows(make_model, source):
    model = make_model(2)
    answers, kept = open_answers(model, source(32, 8), Context(window=(8, 8), overlap=0.0)), Kept()
    progress = list(look_through(answers, kept, cancel=lambda: len(kept.answers) == 2))
    assert progress == [(1, 4), (2, 4)]
    assert model.module.asked == 2


class Crowded:
    """A model whose device runs out of memory at its third window."""

    device, batch, key = 'cuda:0', 1, 'crowded'

    def __init__(self, model):
        self.spec, self.messages, self._model, self._asked = model.spec, [], model, 0

    def __call__(self, windows):
        self._asked += 1
        if self.device != 'cpu' and self._asked == 3:
            raise torch.OutOfMemoryError
        return self._model(windows)

    def move(self, device):
        self.device = device


def test_a_change_of_device_begins_anew(make_model, source):
    answers = open_answers(Crowded(make_model(2)), source(32, 8), Context(window=(8, 8), overlap=0.0))
    kept, seen = Kept(), []
    for done, _ in look_through(answers, kept):
        seen.append((done, sorted(kept.answers)))
    assert [done for done, _ in seen] == [1, 2, 1, 2, 3, 4]
    assert seen[2][1] == [0], 'what the other device said is forgotten'
    assert 'continuing on the CPU' in answers.messages[0]


@pytest.mark.parametrize('spacing', [(2.0, 0.7), (0.6, 1.5)])
def test_masks_go_to_the_grid_of_the_model_and_maps_come_back(make_model, source, spacing):
    model = make_model(2, spacing=(1.0, 1.0))
    image = source(12, 16, spacing=spacing)
    answers = open_answers(model, image, Context())
    assert answers.plan.shape == answers.grid.shape == answers.on_model(np.zeros((12, 16))).shape
    assert answers.spacing == pytest.approx((1.0, 1.0))
    mask = np.zeros((12, 16), np.uint8)
    mask[4:9, 5:12] = 1
    places = [axis.case_places(0, axis.size) for axis in answers.grid.axes]
    there = answers.on_model(mask)
    for z, y in np.ndindex(*answers.grid.shape):
        near = [int(np.clip(np.rint(p[i]), 0, n - 1)) for p, i, n in zip(places, (z, y), (12, 16), strict=True)]
        assert there[z, y] == mask[tuple(near)]
    back = answers.on_case(there)
    assert back.shape == (12, 16)
    assert np.count_nonzero(back != mask) <= 16, 'nearest there and back moves borders by a voxel at most'


def test_a_crop_goes_there_and_back_exactly(make_model):
    array = np.zeros((1, 12, 12), np.float32)
    array[0, 3:9, 2:7] = 1
    answers = open_answers(make_model(2, crop_foreground=True), ArraySource(array, (1.0, 1.0)), Context())
    assert answers.plan.shape == (6, 5)
    mask = np.arange(144).reshape(12, 12)
    np.testing.assert_array_equal(answers.on_model(mask), mask[3:9, 2:7])
    back = answers.on_case(answers.on_model(mask), outside=-1)
    np.testing.assert_array_equal(back[3:9, 2:7], mask[3:9, 2:7])
    assert (back == -1).sum() == 144 - 30


def test_models_without_windows_are_refused(make_model, source):
    class Whole:
        spec, key, device = make_model(2).spec, 'whole', 'cpu'

        def segment(self, image, spacing, shown):
            return image

    with pytest.raises(ContextError, match='decides on its windows itself'):
        open_answers(Whole(), source(8, 8), Context())
    ensemble = Ensemble.__new__(Ensemble)
    object.__setattr__(ensemble, 'spec', make_model(2).spec)
    with pytest.raises(ContextError, match='one of its members'):
        open_answers(ensemble, source(8, 8), Context())


def test_a_label_is_the_sum_of_classes_that_exclude_each_other(make_model):
    spec = make_model(2).spec
    probabilities = np.array([0.2, 0.5, 0.3], np.float32)[:, None, None]
    wanted = Wanted(7, {1: 7, 2: 7})
    assert wanted.probability(probabilities, spec).item() == pytest.approx(0.8)
    assert wanted.labels(probabilities, spec).item() == 7
    assert Wanted(None).probability(probabilities, spec).item() == pytest.approx(0.8)
    assert Wanted(3).probability(probabilities, spec).item() == 0
    independent = make_model(2, activation='sigmoid').spec
    assert Wanted(7, {1: 7, 2: 7, 3: 0}).probability(probabilities, independent).item() == pytest.approx(0.5)
