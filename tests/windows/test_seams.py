"""The seam map against NumPy's standard deviation, and exactly zero where nothing can disagree."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_segrobust.context import Context
from napari_segrobust.context.plan import plan_windows
from napari_segrobust.windows import SeamCollector, Wanted, coverage_map, look_through, open_answers

few = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def seams_of(model, image, context, block=None, wanted=None, centre=None):
    answers = open_answers(model, image, context)
    collector = SeamCollector(answers.plan, answers.spec, wanted or Wanted(1), block)
    list(look_through(answers, collector, block=block, centre=centre))
    return collector.result(), answers


def by_hand(answers, wanted):
    """All windows over every voxel, kept, and NumPy's words for their spread."""
    shape = answers.plan.shape
    seen = np.full((len(answers.plan), *shape), np.nan)
    votes = np.full_like(seen, np.nan)
    for window in answers.plan:
        (probabilities,) = answers.ask(window)
        part = (window.index, *answers.plan.inside(window))
        seen[part] = wanted.probability(probabilities, answers.spec)
        votes[part] = wanted.chosen(wanted.labels(probabilities, answers.spec))
    share = np.nanmean(votes, axis=0)
    return np.nanstd(seen, axis=0), np.minimum(share, 1 - share)


@few
@given(st.data())
def test_it_is_the_standard_deviation_over_the_windows(make_model, source, data):
    ndim = data.draw(st.integers(2, 3))
    shape = tuple(data.draw(st.integers(4, 14 if ndim == 2 else 9)) for _ in range(ndim))
    context = Context(
        window=tuple(data.draw(st.integers(3, 10)) for _ in range(ndim)),
        overlap=data.draw(st.sampled_from([0.25, 0.5, 0.8])),
    )
    wanted = Wanted(data.draw(st.sampled_from([1, 2, None])))
    found, answers = seams_of(make_model(ndim), source(*shape), context, wanted=wanted)
    deviation, disagreement = by_hand(answers, wanted)
    assert found.final
    np.testing.assert_allclose(found.deviation, deviation, atol=3e-6)
    np.testing.assert_allclose(found.disagreement, disagreement, atol=1e-6)
    np.testing.assert_array_equal(found.windows, coverage_map(answers.plan))


def test_without_overlap_it_is_exactly_zero(make_model, source):
    found, _ = seams_of(make_model(2), source(24, 32), Context(window=(8, 8), overlap=0.0))
    assert found.final
    assert not found.deviation.any()
    assert not found.disagreement.any()
    assert (found.windows == 1).all()
    assert found.mean_deviation == 0


def test_windows_that_agree_have_exactly_none(make_model, source):
    """Probabilities such as 0.1, which no float holds, seen three and more times."""
    plan = plan_windows((30, 30), (10, 10), 0.8)
    collector = SeamCollector(plan, make_model(2).spec, Wanted(1))
    shape = (3, 10, 10)
    for window in plan:
        collector.add(window, plan.inside(window), np.full(shape, [[[0.8]], [[0.1]], [[0.1]]], np.float32))
    assert collector.result().windows.max() > 20
    assert not collector.result().deviation.any()


def test_no_order_of_the_windows_changes_a_bit(make_model, source):
    model, image, context = make_model(3), source(10, 12, 12), Context(window=(6, 6, 6), overlap=0.7)
    one, _ = seams_of(model, image, context)
    other, _ = seams_of(model, image, context, centre=(9, 0, 11))
    for name in ('deviation', 'disagreement', 'windows'):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_a_slice_is_that_of_the_whole_with_fewer_windows(make_model, source, axis):
    model, image, context = make_model(3), source(20, 21, 22), Context(window=(8, 8, 8), overlap=0.5)
    whole, answers = seams_of(model, image, context)
    plane = tuple(slice(7, 8) if a == axis else slice(None) for a in range(3))
    part, fewer = seams_of(model, image, context, plane)
    assert part.final
    assert fewer.asked < answers.asked
    np.testing.assert_array_equal(part.deviation, whole.deviation[plane])
    np.testing.assert_array_equal(part.disagreement, whole.disagreement[plane])


def test_slices_of_a_2d_model_have_seams_in_their_planes(make_model, source):
    found, _ = seams_of(make_model(2), source(5, 20, 20), Context(window=(8, 8), overlap=0.5))
    alone, _ = seams_of(
        make_model(2), source(5, 20, 20), Context(window=(8, 8), overlap=0.5), (slice(2, 3),) * 1 + (slice(None),) * 2
    )
    np.testing.assert_array_equal(found.deviation[2:3], alone.deviation)
    assert found.deviation.any()


def test_what_has_come_so_far_can_be_looked_at(make_model, source):
    answers = open_answers(make_model(2), source(32, 8), Context(window=(8, 8), overlap=0.5))
    collector = SeamCollector(answers.plan, answers.spec, Wanted(1))
    walk = look_through(answers, collector)
    next(walk)
    early = collector.result()
    assert not early.final
    assert (early.windows > 0).sum() == 64
    list(walk)
    assert collector.result().final
    kept = collector.nbytes
    assert kept == 32 * 8 * (4 + 4 + 4), 'finished slabs keep no sums'


def test_memory_is_that_of_the_slabs_under_way(make_model, source):
    image = source(64, 16, 16)
    answers = open_answers(make_model(3), image, Context(window=(8, 16, 16), overlap=0.5))
    collector = SeamCollector(answers.plan, answers.spec, Wanted(1))
    largest = max(collector.nbytes for _ in look_through(answers, collector))
    voxels = 16 * 16
    assert largest <= 64 * voxels * 12 + 8 * voxels * 24, 'results, and the sums of one window along the first axis'


def test_the_box_bounds_it(make_model, source):
    found, answers = seams_of(make_model(2), source(20, 20), Context(window=(8, 8), overlap=0.5, box=((3, 18), (0, 9))))
    assert found.box == answers.plan.box == ((3, 18), (0, 9))
    assert found.deviation.shape == (15, 9)
