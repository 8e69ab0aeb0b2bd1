import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from napari_segrobust.cases.samples import load_sample
from napari_segrobust.cases.samples._lesions import Lesion, spread_out
from napari_segrobust.cases.samples._raters import HABITS, Habit, draw_mask, signed_distance
from napari_segrobust.cases.samples.lesion import REFERENCE, SHAPE, SPACING

AXES = [np.arange(n) * s for n, s in ((60, 2.5), (150, 1.0), (150, 1.0))]


def body(seed, diameter=20.0, elongation=1.0, spikiness=0.0):
    return Lesion.draw(np.random.default_rng(seed), np.full(3, 75.0), diameter, elongation, spikiness)


@pytest.fixture(scope='module')
def case():
    return load_sample('lesion')


def test_without_spikes_and_stretch_it_is_a_ball():
    ball = body(0)
    points = np.random.default_rng(1).uniform(-12, 12, (5000, 3))
    np.testing.assert_array_equal(ball.contains(points), np.linalg.norm(points, axis=1) <= 10)


@example(seed=0, diameter=30.0, elongation=3.0, spikiness=1.0)
@given(
    seed=st.integers(0, 99),
    diameter=st.floats(10, 30),
    elongation=st.floats(1, 3),
    spikiness=st.floats(0, 1),
)
@settings(max_examples=8)
def test_volume_is_exact_whatever_the_shape(seed, diameter, elongation, spikiness):
    lesion = body(seed, diameter, elongation, spikiness)
    _, fraction = lesion.fraction(AXES)
    counted = fraction.sum(dtype=float) * np.prod(SPACING) / 1000
    assert lesion.volume_ml == pytest.approx(4 / 3 * np.pi * (diameter / 2) ** 3 / 1000)
    assert counted == pytest.approx(lesion.volume_ml, rel=0.02)


def test_box_holds_the_body():
    _, fraction = body(3, 24, 2.0, 1.0).fraction(AXES)
    for axis in range(3):
        assert not fraction.take(0, axis).any()
        assert not fraction.take(-1, axis).any()


def test_spikes_roughen_the_surface():
    def inside(lesion):
        return lesion.contains(np.random.default_rng(0).uniform(-30, 30, (40_000, 3)))

    smooth, spiky = inside(body(4)), inside(body(4, spikiness=1.0))
    assert (spiky & ~smooth).any()
    assert (smooth & ~spiky).any()


def test_more_lesions_leave_the_others_where_they_are():
    three, five = (spread_out(np.random.default_rng(2), (30, 40, 30), n) for n in (3, 5))
    np.testing.assert_array_equal(three, five[:3])


def test_phantom_keeps_its_truth(case):
    fraction = case.soft_references[REFERENCE]
    np.testing.assert_allclose(fraction.sum(axis=0), 1, atol=1e-6)
    np.testing.assert_array_equal(case.references[REFERENCE], fraction[1] >= 0.5)
    known = sum(entry['volume_ml'] for entry in case.provenance['lesions'])
    assert fraction[1].sum(dtype=float) * case.geometry.voxel_ml == pytest.approx(known, rel=0.01)
    assert [entry['diameter_mm'] for entry in case.provenance['lesions']] == pytest.approx([22, 13.2, 7.92])


def test_phantom_looks_like_mr(case):
    assert case.image.shape == (1, *SHAPE)
    assert case.geometry.spacing == SPACING
    assert case.geometry.letters == (('I', 'S'), ('A', 'P'), ('R', 'L'))
    np.testing.assert_allclose(case.geometry.affine @ (*((np.array(SHAPE) - 1) / 2), 1), (0, 0, 0, 1), atol=1e-9)
    image, lesion = case.image[0], case.references[REFERENCE] > 0
    assert image.min() >= 0
    assert image[lesion].mean() > image[~lesion & (image > 0.3)].mean() + 0.1
    partial = case.soft_references[REFERENCE][1]
    assert ((partial > 0.05) & (partial < 0.95)).sum() > lesion.sum() / 10


def test_five_raters_are_called_simulated(case):
    assert len(case.raters) == 5
    assert next(iter(case.references)) == REFERENCE
    assert list(case.references)[1:] == list(case.raters)
    assert all(name.startswith('simulated rater') for name in case.raters)


def test_raters_have_different_habits(case):
    from scipy.ndimage import label

    steady, over, under, missing, rough = (case.references[name] for name in case.raters)
    phantom = case.references[REFERENCE]
    assert under.sum() < 0.85 * phantom.sum()
    assert over.sum() > 1.2 * phantom.sum()
    assert abs(int(steady.sum()) / int(phantom.sum()) - 1) < 0.15
    assert label(missing)[1] == label(phantom)[1] - 1

    def dice(a, b):
        return 2 * (a & b).sum() / (a.sum() + b.sum())

    assert 0.9 < dice(steady, phantom) < 1
    assert 0.6 < dice(rough, phantom) < dice(steady, phantom)


def test_a_rater_without_habits_draws_the_phantom():
    mask = np.zeros((8, 12, 12), bool)
    mask[3:5, 4:8, 4:8] = True
    drawn = draw_mask([mask], Habit('simulated rater', wobble_mm=0), SPACING, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, mask)


def test_signed_distance_of_one_voxel():
    mask = np.zeros((5, 5), bool)
    mask[2, 2] = True
    distance = signed_distance(mask, (2.5, 1.0))
    assert distance[2, 2] == -0.5
    assert distance[2, 3] == 0.5
    assert distance[1, 2] == 2.0
    assert np.isinf(signed_distance(np.zeros((4, 4), bool), (1, 1))).all()


def test_the_only_lesion_is_not_missed():
    case = load_sample('lesion', number=1)
    missing = case.references[next(h.name for h in HABITS if h.misses_smallest)]
    assert missing.any()
