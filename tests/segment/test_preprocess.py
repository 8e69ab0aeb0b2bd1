import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.transforms import (
    NormalizeIntensity,
    ScaleIntensity,
    ScaleIntensityRange,
    ScaleIntensityRangePercentiles,
)

from napari_segrobust.context.record import Context
from napari_segrobust.segment import source
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.intensity import CT, Clip, Percentiles, uses_statistics
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
        assert not normalise(array, spec(name), measure([array], name)).any()


def test_words_and_records_give_values_worked_by_hand():
    array = np.array([[[0, 0, 2, 4, 6, 100]]], np.float32)
    for how, expected in [
        ('divide_255', array[0, 0] / 255),
        ('minmax', [0, 0, 0.02, 0.04, 0.06, 1]),
        ('zscore_nonzero', np.array([0, 0, -26, -24, -22, 72]) / np.sqrt(1730)),
        (Clip(clip=(2, 6), to=(-1, 1)), [-1, -1, -1, 0, 1, 1]),
        (Clip(clip=(2, 6), clipped=False), [-0.5, -0.5, 0, 0.5, 1, 24.5]),
        (Percentiles(percentiles=(0, 60), to=(0, 8)), [0, 0, 4, 8, 8, 8]),
        (CT(ct=(1, 5), mean=3, sd=2), [-1, -1, -0.5, 0.5, 1, 1]),
    ]:
        found = normalise(array, spec(how), measure([array], how) if uses_statistics(how) else None)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found[0, 0], expected, atol=1e-6)


def test_values_are_those_of_monai(image):
    array = image((2, 20, 30)) * 50 + 300
    array[:, :7] = 0
    kept = array.copy()
    for ours, theirs in [
        ('zscore', NormalizeIntensity(channel_wise=True)),
        ('zscore_nonzero', NormalizeIntensity(nonzero=True, channel_wise=True)),
        ('minmax', ScaleIntensity(channel_wise=True)),
        ('divide_255', ScaleIntensityRange(0, 255, 0, 1)),
        (Clip(clip=(250, 320), to=(-1, 1)), ScaleIntensityRange(250, 320, -1, 1, clip=True)),
        (Clip(clip=(250, 320), to=(-1, 1), clipped=False), ScaleIntensityRange(250, 320, -1, 1)),
        (
            Percentiles(percentiles=(3, 96.5), to=(0, 2)),
            ScaleIntensityRangePercentiles(3, 96.5, 0, 2, clip=True, channel_wise=True),
        ),
    ]:
        found = normalise(array, spec(ours), measure([array], ours) if uses_statistics(ours) else None)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, np.asarray(theirs(array.copy())), atol=2e-5)
    np.testing.assert_array_equal(array, kept)


@settings(deadline=None, max_examples=30)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    offset=st.sampled_from([0, 1000, -30000]),
    zeros=st.sampled_from([0, 0.5, 1]),
)
def test_chunks_give_the_statistics_of_the_whole(sizes, offset, zeros):
    rng = np.random.default_rng(0)
    chunks = [(rng.normal(size=(2, n, 3)) * [[[1]], [[20]]] + offset).astype(np.float32) for n in sizes]
    for chunk in chunks:
        chunk[rng.random(chunk.shape) < zeros] = 0
    whole = np.concatenate(chunks, axis=1).reshape(2, -1).astype(np.float64)
    near = {'rtol': 1e-4, 'atol': 1e-6 * max(abs(offset), 1)}
    for how in ('zscore', 'zscore_nonzero'):
        kept = [line[line != 0] if how == 'zscore_nonzero' and zeros else line for line in whole]
        found = measure(chunks, how)
        np.testing.assert_allclose(found.offset, [line.mean() if line.size else 0 for line in kept], **near)
        np.testing.assert_allclose(found.width, [line.std() if line.size else 0 for line in kept], **near)
    found = measure(chunks, 'minmax')
    np.testing.assert_allclose([found.offset, found.width], [whole.min(1), np.ptp(whole, axis=1)])
    found = measure(chunks, Percentiles(percentiles=(10, 90)))
    low, high = np.percentile(whole, (10, 90), axis=1)
    np.testing.assert_allclose([found.offset, found.width], [low, high - low], **near)


def test_the_image_is_read_in_slabs(image, monkeypatch):
    monkeypatch.setattr(source, 'SLAB_VOXELS', 100)
    array = image((1, 20, 8, 9))
    found = measure_image(ArraySource(array, (1, 1, 1)), 'zscore')
    np.testing.assert_allclose(found.offset, array.mean(), atol=1e-7)
    np.testing.assert_allclose(found.width, array.std(), rtol=1e-6)


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
    statistics = measure([array], 'minmax')
    run = start_inference(make_model(2, intensity='minmax'), Counting(array, (1, 1, 1)), Context(), statistics)
    run.advance(run.pending()[0])
    assert Counting.blocks == 1
    assert run.statistics is statistics
