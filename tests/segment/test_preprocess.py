import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.transforms import NormalizeIntensity, ScaleIntensity, ScaleIntensityRange

from napari_segrobust.context.record import Context
from napari_segrobust.segment import preprocess
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.intensity import Clip
from napari_segrobust.segment.preprocess import measure, measure_image, normalise
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec


def spec(intensity, **fields):
    return ModelSpec(name='net', dimensions=2, classes=('a', 'b'), intensity=intensity, **fields)


def test_none_changes_nothing(image):
    array = image((1, 5, 5))
    assert normalise(array, spec('none')) is array


def test_a_constant_channel_becomes_zero():
    array = np.full((2, 4, 4), 7, np.float32)
    for name in ('zscore', 'minmax'):
        assert not normalise(array, spec(name), measure([array])).any()


def test_values_are_those_of_monai(image):
    array = image((2, 20, 30)) * 50 + 300
    kept = array.copy()
    statistics = measure([array])
    for ours, theirs in [
        ('zscore', NormalizeIntensity(channel_wise=True)),
        ('minmax', ScaleIntensity(channel_wise=True)),
        (Clip(clip=(250, 320), to=(-1, 1)), ScaleIntensityRange(250, 320, -1, 1, clip=True)),
    ]:
        found = normalise(array, spec(ours), statistics)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, np.asarray(theirs(array.copy())), atol=2e-5)
    np.testing.assert_array_equal(array, kept)


@settings(deadline=None, max_examples=30)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6), offset=st.sampled_from([0, 1000, -30000]))
def test_chunks_give_the_statistics_of_the_whole(sizes, offset):
    rng = np.random.default_rng(0)
    chunks = [(rng.normal(size=(2, n, 3)) * [[[1]], [[20]]] + offset).astype(np.float32) for n in sizes]
    whole = np.concatenate(chunks, axis=1).astype(np.float64)
    found = measure(chunks)
    np.testing.assert_allclose(found.mean, whole.mean((1, 2)), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.sd, whole.std((1, 2)), rtol=1e-4)
    np.testing.assert_allclose([found.minimum, found.maximum], [whole.min((1, 2)), whole.max((1, 2))])


def test_the_image_is_read_in_slabs(image, monkeypatch):
    monkeypatch.setattr(preprocess, '_CHUNK', 100)
    array = image((1, 20, 8, 9))
    found = measure_image(ArraySource(array, (1, 1, 1)))
    np.testing.assert_allclose(found.mean, array.mean(), atol=1e-7)
    np.testing.assert_allclose(found.sd, array.std(), rtol=1e-6)


@pytest.mark.parametrize('scope', ['slice', 'volume'])
def test_statistics_are_those_of_the_scope_whatever_the_box(make_model, image, scope):
    array = image((1, 6, 12, 14)) * np.arange(1, 7, dtype=np.float32)[:, None, None]
    box = ((1, 6), (0, 10), (2, 14))
    model = make_model(2, intensity='zscore', intensity_scope=scope)
    run = start_inference(model, ArraySource(array, (1, 1, 1)), Context(box=box, window=(8, 8)))
    assert run.statistics is None
    run.advance(*run.pending())
    assert (run.statistics is None) == (scope == 'slice')
    inside = array[:, 1:6, :10, 2:14]
    axes = (2, 3) if scope == 'slice' else (1, 2, 3)
    seen = array[:, 1:6] if scope == 'slice' else array
    normal = (inside - seen.mean(axes, keepdims=True)) / seen.std(axes, keepdims=True)
    plain = start_inference(make_model(2), ArraySource(normal, (1, 1, 1)), Context(window=(8, 8)))
    plain.advance(*plain.pending())
    np.testing.assert_allclose(run.probabilities()[:, 1:6, :10, 2:14], plain.probabilities(), atol=1e-4)


def test_given_statistics_are_used_and_nothing_is_measured(make_model, image):
    class Counting(ArraySource):
        blocks = 0

        def block(self, block):
            type(self).blocks += 1
            return super().block(block)

    array = image((1, 6, 8, 8))
    statistics = measure([array])
    run = start_inference(make_model(2, intensity='minmax'), Counting(array, (1, 1, 1)), Context(), statistics)
    run.advance(run.pending()[0])
    assert Counting.blocks == 1
    assert run.statistics is statistics
