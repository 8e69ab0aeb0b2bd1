"""Errors by place in the window, against loops."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_cdt
from scipy.stats import t

from napari_segrobust.context import Context, plan_windows
from napari_segrobust.errors import ContextError
from napari_segrobust.windows import EdgeCollector, Wanted, look_through, open_answers, stitched_profile


def masks(shape, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random(shape) < 0.4).astype(np.uint8), (rng.random(shape) < 0.4).astype(np.uint8)


@given(st.data())
def test_counts_are_those_of_a_loop(data):
    shape = tuple(data.draw(st.integers(3, 12)) for _ in range(2))
    window = tuple(data.draw(st.integers(2, 9)) for _ in range(2))
    plan = plan_windows(shape, window, data.draw(st.sampled_from([0.0, 0.5])))
    reference, prediction = masks(shape, data.draw(st.integers(0, 9)))
    found = stitched_profile(plan, reference, prediction, Wanted(1))
    folded = np.zeros((4, *window), int)
    bins = np.zeros((len(plan), len(found.edges) - 1, 4), int)
    for one in plan:
        for place in np.ndindex(*window):
            voxel = tuple(a + p for a, p in zip(one.start, place, strict=True))
            if not all(0 <= v < n for v, n in zip(voxel, shape, strict=True)):
                continue
            kind = 2 * reference[voxel] + prediction[voxel]
            folded[(kind, *place)] += 1
            distance = min(min(p, n - 1 - p) + 0.5 for p, n in zip(place, window, strict=True))
            bins[one.index, np.searchsorted(found.edges, distance, side='right') - 1, kind] += 1
    np.testing.assert_array_equal(found.folded, folded)
    np.testing.assert_array_equal(found.counts, bins)
    np.testing.assert_array_equal(found.voxels, bins.sum((0, 2)))
    wrong, all_ = bins[..., 1:3].sum((0, 2)), bins.sum((0, 2))
    np.testing.assert_allclose(found.rate(), np.divide(wrong, all_, out=np.full(len(all_), np.nan), where=all_ > 0))


def test_distance_is_that_to_the_nearest_side():
    """SciPy's chessboard distance to the outside, less the half voxel to the side."""
    plan = plan_windows((9, 9), None, 0.0)
    inside = np.pad(np.ones((9, 9), bool), 1)
    far = distance_transform_cdt(inside, 'chessboard')[1:-1, 1:-1] - 0.5
    for wanted in (1, 3):
        reference = (np.rint(far + 0.5) == wanted).astype(np.uint8)
        found = stitched_profile(plan, reference, reference * 0, Wanted(1))
        assert np.flatnonzero(found.rate() > 0).tolist() == [wanted - 1]


def test_rates_by_kind_and_folded():
    reference, prediction = np.zeros((2, 8, 8), np.uint8)
    reference[:, 0] = 1
    prediction[4, 4] = 1
    found = stitched_profile(plan_windows((8, 8), (4, 4), 0.0), reference, prediction, Wanted(1))
    assert found.windows == 4
    np.testing.assert_allclose(found.fold('missed')[:, 0], 1)
    assert np.isnan(found.fold('missed')[:, 1:]).all()
    assert found.fold('extra')[0, 0] == 0.5, 'of two windows whose corner is background in the reference'
    assert found.fold()[1, 0] == 0.5
    assert found.rate('missed').tolist()[0] == 1


def test_the_interval_takes_windows_as_units():
    """By hand: three windows of one bin with 1 of 4, 2 of 4 and 4 of 4 voxels wrong."""
    reference, prediction = np.zeros((2, 2, 6), np.uint8)
    prediction[0, 0] = prediction[0, 2] = prediction[1, 3] = 1
    prediction[:, 4:] = 1
    found = stitched_profile(plan_windows((2, 6), (2, 2), 0.0), reference, prediction, Wanted(1))
    rates = np.array([0.25, 0.5, 1])
    assert found.rate().tolist() == [pytest.approx(rates.mean())]
    reach = t.ppf(0.975, 2) * rates.std(ddof=1) / np.sqrt(3)
    low, high = found.interval()
    assert low[0] == pytest.approx(max(rates.mean() - reach, 0))
    assert high[0] == pytest.approx(min(rates.mean() + reach, 1))
    one = stitched_profile(plan_windows((2, 2), None, 0.0), reference[:, :2], prediction[:, :2], Wanted(1))
    assert np.isnan(one.interval()).all()
    json.dumps(one.to_dict(), allow_nan=False)


def test_sides_at_the_border_of_the_box_may_be_none():
    reference, prediction = masks((8, 16))
    plan = plan_windows((8, 16), (8, 8), 0.0)
    inner = stitched_profile(plan, reference, prediction, Wanted(1), at_border=False)
    assert inner.voxels.sum() == 8 * 16
    # The two windows meet in columns 7 and 8: there the distance is half a voxel.
    wrong = (reference != prediction)[:, 7:9].mean()
    assert inner.rate()[0] == pytest.approx(wrong)
    alone = stitched_profile(plan_windows((8, 16), None, 0.0), reference, prediction, Wanted(1), at_border=False)
    assert alone.voxels.sum() == 0, 'one window with nothing beyond it has no edge'
    assert np.isnan(alone.rate()).all()


def test_distances_are_in_mm_where_the_spacing_is_known():
    reference, prediction = masks((8, 8, 8))
    plan = plan_windows((8, 8, 8), (8, 8, 8), 0.0)
    found = stitched_profile(plan, reference, prediction, Wanted(1), (3.0, 1.0, 1.0))
    assert (found.unit, found.edges[0], found.edges[-1]) == ('mm', 0, 4)
    far = np.minimum.reduce(
        np.meshgrid(*[(np.minimum(np.arange(8), 7 - np.arange(8)) + 0.5) * s for s in (3, 1, 1)], indexing='ij')
    )
    wrong = reference != prediction
    np.testing.assert_allclose(found.rate(), [wrong[(far >= lo) & (far < lo + 1)].mean() for lo in found.edges[:-1]])


def test_slices_have_edges_in_their_planes_only():
    reference, prediction = masks((3, 8, 8))
    plan = plan_windows((3, 8, 8), (4, 4), 0.0, slice_axis=0)
    found = stitched_profile(plan, reference, prediction, Wanted(1))
    assert found.folded.shape == (4, 1, 4, 4)
    assert found.voxels.tolist() == [3 * 4 * 12, 3 * 4 * 4]
    np.testing.assert_array_equal(found.fold_plane(), found.fold()[0])


@pytest.mark.parametrize('which', ['error', 'missed', 'extra'])
def test_seen_along_its_slices_every_voxel_of_a_window_counts_once(which):
    reference, prediction = masks((8, 8, 8))
    found = stitched_profile(plan_windows((8, 8, 8), (4, 4, 4), 0.0), reference, prediction, Wanted(1))
    wrong = {'error': reference != prediction, 'missed': reference > prediction, 'extra': reference < prediction}[which]
    of = {'error': np.ones_like(reference), 'missed': reference, 'extra': 1 - reference}[which]
    folded = [
        part.reshape(2, 4, 2, 4, 2, 4).sum(axis=(0, 1, 2, 4), dtype=float)
        for part in (wrong.astype(int), of.astype(int))
    ]
    with np.errstate(invalid='ignore'):
        np.testing.assert_allclose(found.fold_plane(which), folded[0] / folded[1])


def test_answers_of_single_windows_are_collected(make_model, source):
    model, image = make_model(2), source(24, 24)
    reference, _ = masks((24, 24))
    answers = open_answers(model, image, Context(window=(8, 8), overlap=0.5))
    collector = EdgeCollector(answers.plan, reference, Wanted(1), answers.spec)
    list(look_through(answers, collector))
    found = collector.result()
    expected = np.zeros((8, 8))
    for window in answers.plan:
        (probabilities,) = answers.ask(window)
        expected += (probabilities.argmax(0) == 1) != reference[answers.plan.inside(window)]
    np.testing.assert_array_equal(found.folded[1:3].sum(0), expected)
    collector.clear()
    assert collector.result().windows == 0


def test_masks_on_another_grid_are_refused():
    plan = plan_windows((8, 8), (4, 4), 0.0)
    with pytest.raises(ContextError, match='the reference is'):
        EdgeCollector(plan, np.zeros((9, 8)), Wanted())
    with pytest.raises(ContextError, match='the prediction is'):
        stitched_profile(plan, np.zeros((8, 8)), np.zeros((9, 8)), Wanted())
