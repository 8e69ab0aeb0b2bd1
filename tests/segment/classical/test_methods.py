"""Every method against the library that computes it, called directly; and the cases in which there is nothing to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import gaussian_gradient_magnitude
from skimage import filters, segmentation

from napari_segrobust.compare import compare
from napari_segrobust.errors import ModelError
from napari_segrobust.prompts import Box, Point, Prompts
from napari_segrobust.segment import load_model, models
from napari_segrobust.segment.classical import methods
from napari_segrobust.segment.classical.smoothing import begin_smoothing
from napari_segrobust.segment.protocols import AdjustableSegmenter, Shown, WholeSegmenter

PROMPTABLE = {name for name, method in methods().items() if method.prompts}


@pytest.fixture(scope='module')
def disc():
    """A bright disc of radius 10 around (20, 24) in noise, 48 x 48."""
    y, x = np.ogrid[:48, :48]
    inside = (y - 20) ** 2 + (x - 24) ** 2 <= 100
    return (100 * inside + np.random.default_rng(3).normal(0, 8, inside.shape)).astype(np.float32), inside


def scribbles(shape=(48, 48)):
    drawn = np.zeros(shape, np.uint8)
    drawn[..., 18:23, 22:27] = 2
    drawn[..., 2:4, 4:40] = 1
    return drawn


def shown(method, ndim=2):
    """Something of each kind that a method takes, on the disc."""
    lead = (1.0,) * (ndim - 2)
    kinds = {
        'points': Shown(Prompts(points=(Point(at=(*lead, 20, 24)), Point(at=(*lead, 40, 40), label=0)))),
        'boxes': Shown(Prompts(boxes=(Box(edges=(*((a, a + 1) for a in lead), (12, 29), (15, 33))),))),
        'scribbles': Shown(Prompts(scribbles='drawn'), scribbles()),
    }
    return [kinds[kind] for kind in methods()[method].prompts] or [Shown()]


def labels(name, image, prompts=None, spacing=(1.0, 1.0), **values):
    found = load_model(name).adjusted(values).segment(image[None], spacing, prompts or shown(name)[0])
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-5)
    return found.argmax(axis=0)


def dice(one, other):
    return 2 * np.logical_and(one, other).sum() / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.mark.parametrize('name', methods())
def test_is_a_model_with_words(name):
    model, spec = load_model(name), next(spec for spec in models() if spec.name == name)
    assert isinstance(model, WholeSegmenter)
    assert isinstance(model, AdjustableSegmenter)
    assert model.spec == spec
    assert spec.any_image
    assert {'title', 'use', 'limits', 'protocol'} <= spec.card.keys()
    for knob in model.parameters:
        assert knob.minimum <= knob.default <= knob.maximum
        assert len(knob.title) <= 14, 'there is little room for it'
        assert knob.words
        assert not knob.choices or knob.maximum == len(knob.choices) - 1


@pytest.mark.parametrize('name', methods())
def test_finds_a_plain_disc(name, disc):
    image, inside = disc
    values = {'threshold-hu': {'low': 50}, 'chan-vese': {'rounds': 60}, 'lbf': {'radius': 8, 'length': 0.001}}
    values['region-growing'] = {'tolerance': 30}
    for one in shown(name):
        assert dice(labels(name, image, one, **values.get(name, {})), inside) > 0.9


@pytest.mark.parametrize('name', methods())
@pytest.mark.parametrize('size', [(1, 1), (12, 9)])
def test_a_flat_image_gives_an_answer(name, size):
    drawn = np.ones(size, np.uint8)
    drawn[0, 0] = 2
    if name == 'pixel-forest' and drawn.size == 1:
        with pytest.raises(ModelError, match='one object alone is marked'):
            labels(name, np.zeros(size, np.float32), Shown(Prompts(scribbles='drawn'), drawn))
        return
    everything = Prompts(points=(Point(at=(0, 0)),), boxes=(Box(edges=((0, 1), (0, 1))),), scribbles='drawn')
    found = labels(name, np.zeros(size, np.float32), Shown(everything, drawn))
    assert found.shape == size
    if name not in PROMPTABLE:
        assert not found.any()


@pytest.mark.parametrize('name', sorted(PROMPTABLE - {'pixel-forest'}))
def test_a_prompt_outside_starts_nothing(name, disc):
    away = Prompts(points=(Point(at=(-7, 500)),), boxes=(Box(edges=((60, 70), (0, 3))),))
    assert not labels(name, disc[0], Shown(away)).any()


@pytest.mark.parametrize('name', sorted(PROMPTABLE))
def test_one_line_without_prompts(name, ball_case):
    import napari_segrobust as sr

    with pytest.raises(ModelError, match=f'{name} waits for you: nothing was shown'):
        sr.run(ball_case, load_model(name))


def test_values_are_checked_and_are_in_the_key():
    otsu = load_model('otsu')
    assert otsu.adjusted({}).key == otsu.key != otsu.adjusted({'shift': 5}).key
    assert otsu.adjusted({'shift': 5}).adjusted({}).key == otsu.key
    assert len({load_model(name).key for name in methods()}) == len(methods())
    for values, message in (
        ({'nonsense': 1}, 'no knob nonsense'),
        ({'shift': 99}, 'Give -50 to 50 %'),
        ({'side': 0.5}, 'bright'),
    ):
        with pytest.raises(ModelError, match=message):
            otsu.adjusted(values)
    with pytest.raises(ModelError, match='a method has its own'):
        load_model('otsu', spec={'dimensions': 2})


def test_thresholds_are_those_of_scikit_image(disc):
    image, _ = disc
    np.testing.assert_array_equal(labels('otsu', image), image > filters.threshold_otsu(image))
    np.testing.assert_array_equal(labels('otsu', image, side=1), image <= filters.threshold_otsu(image))
    cuts = filters.threshold_multiotsu(image, 4)
    for band in range(4):
        found = labels('multi-otsu', image, groups=4, band=band)
        np.testing.assert_array_equal(found, np.digitize(image, cuts) == 3 - band)
    lo, hi = np.percentile(image, (1, 99))
    low, high = lo + 0.4 * (hi - lo), lo + 0.8 * (hi - lo)
    np.testing.assert_array_equal(labels('threshold', image, low=40, high=80), (image >= low) & (image <= high))
    np.testing.assert_array_equal(labels('threshold', image, low=0), np.ones_like(image))
    np.testing.assert_array_equal(labels('threshold-hu', image, low=30, high=90), (image >= 30) & (image <= 90))
    found = labels('hysteresis', image, low=40, high=80)
    np.testing.assert_array_equal(found, filters.apply_hysteresis_threshold(image, low, high))
    mirrored = labels('hysteresis', (lo + hi) - image, low=40, high=80, side=1)
    assert np.count_nonzero(mirrored != found) <= 2, 'dark objects are bright ones of the negative'


@pytest.mark.parametrize('shape', [(48, 48), (7, 20, 21)])
def test_growing_is_that_of_itk(shape):
    image = filters.gaussian(np.random.default_rng(5).normal(size=shape), 2).astype(np.float32)
    seeds = [tuple(n // 2 for n in shape), tuple(n // 3 for n in shape)]
    prompts = Shown(Prompts(points=tuple(Point(at=seed) for seed in seeds)))
    lo, hi = np.percentile(image, (1, 99))
    values = [float(image[seed]) for seed in seeds]
    tolerance = 0.15 * (hi - lo)
    itk, places = sitk.GetImageFromArray(image), [tuple(reversed(seed)) for seed in seeds]
    expected = sitk.ConnectedThreshold(itk, places, min(values) - tolerance, max(values) + tolerance)
    found = labels('region-growing', image, prompts, (1.0,) * image.ndim, tolerance=15)
    np.testing.assert_array_equal(found, sitk.GetArrayFromImage(expected))
    assert 2 < found.sum() < found.size
    expected = sitk.ConfidenceConnected(itk, places, 3, 2.0, 1, 1)
    found = labels('region-growing', image, prompts, (1.0,) * image.ndim, rule=1, rounds=3, spread=2)
    np.testing.assert_array_equal(found, sitk.GetArrayFromImage(expected))


def test_seeds_of_two_classes_share_what_both_reach():
    flat = np.ones((9, 21), np.float32)
    flat[:, 20] = 2  # or there would be no range of grey values
    points = (Point(at=(4, 2), label=1), Point(at=(4, 16), label=2), Point(at=(4, 9), label=0))
    found = labels('region-growing', flat, Shown(Prompts(points=points)), classes=2)
    assert found[4].tolist() == [1] * 6 + [0] * 7 + [2] * 7 + [0]
    # the nearest in mm, not in voxels
    points = (Point(at=(0, 10), label=1), Point(at=(8, 18), label=2))
    found = labels('region-growing', flat, Shown(Prompts(points=points)), (10.0, 1.0), classes=2)
    assert set(found[:4, :20].ravel()) == {1}


def test_contours_are_those_of_scikit_image(disc):
    image, _ = disc
    lo, hi = np.percentile(image, (1, 99))
    unit = ((image - lo) / (hi - lo)).clip(0, 1)
    expected = segmentation.chan_vese(unit.astype(float), mu=0.3, max_num_iter=25)
    np.testing.assert_array_equal(labels('chan-vese', image, border=0.3, rounds=25), expected)
    begin_smoothing()
    expected = segmentation.morphological_chan_vese(unit, 12, smoothing=2)
    bright = expected if unit[expected == 1].mean() > unit[expected == 0].mean() else 1 - expected
    np.testing.assert_array_equal(labels('morphological-chan-vese', image, border=2, rounds=12), bright)
    edges = segmentation.inverse_gaussian_gradient(unit.astype(float), 50, 1.5)
    first = np.zeros(image.shape, np.int8)
    first[12:29, 15:33] = 1
    begin_smoothing()
    expected = segmentation.morphological_geodesic_active_contour(edges, 5, first, 1, 0.8, 1)
    box = Shown(Prompts(boxes=(Box(edges=((12, 29), (15, 33))),)))
    np.testing.assert_array_equal(labels('geodesic-snakes', image, box, rounds=5), expected)


@pytest.mark.parametrize('name', ['geodesic-snakes', 'morphological-chan-vese'])
def test_snakes_do_not_depend_on_what_was_smoothed_before(name, disc):
    once = labels(name, disc[0], rounds=7)
    np.testing.assert_array_equal(labels(name, disc[0], rounds=7), once)
    segmentation.morphological_chan_vese(disc[0], 3, smoothing=1)
    np.testing.assert_array_equal(labels(name, disc[0], rounds=7), once)


def test_marks_are_those_of_scikit_image(disc):
    image, _ = disc
    lo, hi = np.percentile(image, (1, 99))
    unit = ((image - lo) / (hi - lo)).clip(0, 1)
    marked = Shown(Prompts(scribbles='drawn'), scribbles())
    expected = segmentation.watershed(gaussian_gradient_magnitude(unit, (1.5, 1.5)), scribbles())
    np.testing.assert_array_equal(labels('watershed', image, marked, scale=1.5), expected - 1)
    expected = segmentation.random_walker(unit, scribbles().astype(int), 90, 'bf', return_full_prob=True)
    found = load_model('random-walker').adjusted({'edge': 90}).segment(image[None], (1.0, 1.0), marked)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_large_slice_is_walked_on_a_coarser_grid():
    y, x = np.ogrid[:300, :300]
    image = 100 * ((y - 150) ** 2 + (x - 150) ** 2 <= 60**2).astype(np.float32)
    drawn = np.zeros(image.shape, np.uint8)
    drawn[140:160, 140:160] = 2
    assert dice(labels('random-walker', image, Shown(Prompts(scribbles='drawn'), drawn)), image) > 0.97


def test_the_forest_learns_from_other_slices(ball_case):
    import napari_segrobust as sr

    drawn = np.zeros(ball_case.shape, np.uint8)
    drawn[6, 10:14, 10:14], drawn[6, 0:3] = 2, 1
    case = ball_case.with_masks(drawn_masks={'drawn': drawn})
    result = sr.run(case, load_model('pixel-forest'), sr.Scenario(prompts=Prompts(scribbles='drawn')))
    assert dice(result.labels[7], ball_case.references['expert'][7]) > 0.9
    again = sr.run(case, load_model('pixel-forest'), sr.Scenario(prompts=Prompts(scribbles='drawn')))
    assert again.key == result.key
    drawn[drawn == 1] = 0
    with pytest.raises(ModelError, match=r'one object alone is marked\. Scribble'):
        sr.run(case, load_model('pixel-forest'), sr.Scenario(prompts=Prompts(scribbles='drawn')))


def test_the_forest_says_when_its_library_is_missing(monkeypatch, disc):
    monkeypatch.setitem(__import__('sys').modules, 'sklearn.ensemble', None)
    with pytest.raises(ModelError, match=r'scikit-learn is not installed. Run: pip install "napari-segrobust\[cla'):
        labels('pixel-forest', disc[0])


def test_channels_are_one_or_their_mean(disc):
    image, inside = disc
    both = np.stack([image, np.zeros_like(image)])
    model = load_model('threshold-hu')
    for values, expected in (({'channel': 1, 'low': 50}, inside), ({'channel': 0, 'low': 25}, inside)):
        assert dice(model.adjusted(values).segment(both, (1.0, 1.0), Shown())[1], expected) > 0.9
    with pytest.raises(ModelError, match='channel 3 was asked for, and the image has 2'):
        model.adjusted({'channel': 3}).segment(both, (1.0, 1.0), Shown())


def test_slices_by_themselves_or_the_volume_at_once(ball_case):
    import napari_segrobust as sr

    ball = ball_case.references['expert'] == 1
    image = ball_case.image + np.random.default_rng(0).normal(0, 0.05, ball_case.image.shape).astype(np.float32)
    image[0, 6:] *= 10  # the lower half is ten times as bright
    case = replace(ball_case, image=image)
    sliced, whole = (sr.run(case, load_model('otsu').adjusted({'scope': scope})).labels for scope in (0, 1))
    for z in range(12):
        np.testing.assert_array_equal(sliced[z], image[0, z] > filters.threshold_otsu(image[0, z]))
    np.testing.assert_array_equal(whole, image[0] > filters.threshold_otsu(image[0]))
    assert dice(sliced[5], ball[5]) > 0.95 > 0.5 > dice(whole[5], ball[5])
    plain = sr.load_case(image[0, 6], spacing=(1.0, 1.0))
    assert sr.run(plain, load_model('otsu').adjusted({'scope': 1})).labels.any(), 'a 2D image has no slices to part'
    colours = sr.load_case(np.moveaxis(np.repeat(image[:, 6], 3, axis=0), 0, -1), spacing=(1.0, 1.0), channel_axis=2)
    np.testing.assert_array_equal(sr.run(colours, load_model('otsu')).labels == 1, ball[6])


def test_growing_reaches_through_slices_or_stays_on_one(ball_case):
    import napari_segrobust as sr

    ball = ball_case.references['expert']
    scenario = sr.Scenario(prompts=Prompts(points=(Point(at=(6, 12, 12)),)))
    assert compare(ball, sr.run(ball_case, load_model('region-growing'), scenario).labels).metrics[1]['dice'].value == 1
    one = sr.run(ball_case, load_model('region-growing').adjusted({'scope': 0}), scenario).labels
    np.testing.assert_array_equal(one[6], ball[6])
    assert not np.delete(one, 6, axis=0).any()
