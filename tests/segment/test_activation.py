import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from napari_segrobust.segment.activation import activate, activate_telling, count_telling, telling
from napari_segrobust.segment.spec import ModelSpec

SIGMOID = ModelSpec(name='net', dimensions=2, classes=('a', 'b'), activation='sigmoid')
NONE = SIGMOID.model_copy(update={'activation': 'none'})
SOFTMAX = SIGMOID.model_copy(update={'activation': 'softmax'})


def test_activations():
    logits = np.array([[0.0, 2.0], [0.0, -1.0]], np.float32)
    np.testing.assert_array_equal(activate(logits, NONE), logits)
    np.testing.assert_allclose(activate(logits, SIGMOID), 1 / (1 + np.exp(-logits)), rtol=1e-6)
    np.testing.assert_allclose(activate(logits, SOFTMAX).sum(0), 1, rtol=1e-6)
    assert (activate(logits, SOFTMAX)[:, 0] == [0.5, 0.5]).all()


@pytest.mark.parametrize('spec', [SIGMOID, SOFTMAX])
def test_extreme_logits_stay_probabilities(spec):
    logits = np.array([[-1e4, 1e4, 90], [1e4, -1e4, -90]], np.float32)
    found = activate(logits, spec)
    np.testing.assert_allclose(found, [[0, 1, 1], [1, 0, 0]], atol=1e-30)


@settings(deadline=None, max_examples=30)
@given(data=st.data(), classes=st.integers(1, 12), spec=st.sampled_from([SIGMOID, SOFTMAX]))
def test_a_voxel_does_not_depend_on_the_block_around_it(data, classes, spec):
    logits = np.random.default_rng(0).normal(scale=4, size=(classes, 9, 33, 35)).astype(np.float32)
    starts = [data.draw(st.integers(0, n - 1)) for n in logits.shape[1:]]
    block = (slice(None), *(slice(a, a + data.draw(st.integers(1, 9))) for a in starts))
    np.testing.assert_array_equal(activate(logits, spec)[block], activate(logits[block], spec))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 99), classes=st.integers(1, 4), scale=st.sampled_from([0.1, 3, 60]))
def test_softmax_is_that_of_scipy(seed, classes, scale):
    logits = np.random.default_rng(seed).normal(scale=scale, size=(classes, 50)).astype(np.float32)
    expected = softmax(logits.astype(np.float64), axis=0)
    found = activate(logits, SOFTMAX)
    np.testing.assert_allclose(found, expected, atol=3e-7)
    np.testing.assert_array_equal(found.argmax(0), expected.argmax(0))


@pytest.mark.parametrize('spec', [NONE, SIGMOID, SOFTMAX])
@pytest.mark.parametrize('classes', [2, 3])
def test_a_mean_of_what_tells_is_what_the_mean_of_the_logits_tells(spec, classes):
    spec = spec.model_copy(update={'classes': ('a', 'b', 'c')[:classes]})
    one, other = np.random.default_rng(0).normal(size=(2, classes, 7)).astype(np.float32)
    mean = (telling(one, spec) + 3 * telling(other, spec)) / 4
    assert len(mean) == count_telling(spec)
    found = np.empty((classes, 7), np.float32)
    activate_telling(mean, spec, found)
    np.testing.assert_allclose(found, activate((one + 3 * other) / 4, spec), atol=1e-6)
