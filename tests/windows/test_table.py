"""Numbers of all windows at once, against loops over windows."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.compare import compare
from napari_segrobust.context import foreground_fraction, plan_windows
from napari_segrobust.errors import ContextError
from napari_segrobust.windows import odds, window_table
from napari_segrobust.windows.sums import box_sums


@st.composite
def plans(draw):
    ndim = draw(st.integers(2, 3))
    shape = tuple(draw(st.integers(3, 14)) for _ in range(ndim))
    box = None
    if draw(st.booleans()):
        box = tuple(sorted(draw(st.sets(st.integers(0, n), min_size=2, max_size=2))) for n in shape)
    window = tuple(draw(st.integers(1, 16)) for _ in range(ndim))
    overlap = draw(st.sampled_from([0.0, 0.25, 0.5, 0.9]))
    return plan_windows(shape, window, overlap, draw(st.sampled_from(['monai', 'nnunet'])), box=box)


def masks_of(shape, seed):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 3, shape, dtype=np.uint8) * (rng.random(shape) < share) for share in (0.3, 0.15)]


@given(plans(), st.integers(0, 99))
def test_every_number_is_that_of_a_loop(plan, seed):
    reference, prediction = masks_of(plan.shape, seed)
    table = window_table(plan, reference, prediction, (2.0, 1.0, 0.5)[: len(plan.shape)], label=2)
    assert len(table) == len(plan)
    for window, row in zip(plan, table.rows(), strict=True):
        part = plan.inside(window)
        edges = [(p.start, p.stop) for p in part]
        assert row.index == window.index
        assert list(zip(row.start, row.stop, strict=True)) == edges
        assert row.clipped == any(map(any, plan.padding(window)))
        assert row.reference_fraction == foreground_fraction(reference, edges, 2)
        assert row.prediction_fraction == foreground_fraction(prediction, edges, 2)
        mine, theirs = reference[part] == 2, prediction[part] == 2
        assert row.voxels == mine.size
        assert row.extra == pytest.approx((theirs & ~mine).sum() * table.voxel_volume)
        assert row.missed == pytest.approx((mine & ~theirs).sum() * table.voxel_volume)
        expected = compare(mine.astype(np.uint8), theirs.astype(np.uint8), labels=[1], metrics=['dice'])
        dice = expected.metrics[1]['dice']
        assert row.dice == (None if dice.value is None else pytest.approx(dice.value))
        assert row.dice_status == dice.status


def test_one_window_is_the_whole():
    mask = np.zeros((4, 6), np.uint8)
    mask[1, :3] = 1
    table = window_table(plan_windows(mask.shape, None, 0.0), mask, np.roll(mask, 1, 1))
    assert table.fraction.tolist() == [3 / 24]
    assert table.dice.tolist() == [2 * 2 / 6]
    assert (table.extra.tolist(), table.missed.tolist(), table.unit) == ([1], [1], 'px^2')


@pytest.mark.parametrize(
    ('shape', 'spacing', 'unit', 'one'),
    [
        ((4, 4), None, 'px^2', 1),
        ((4, 4), (0.5, 0.5), 'mm^2', 0.25),
        ((4, 4, 4), None, 'voxels', 1),
        ((4, 4, 4), (2, 2, 2.5), 'ml', 0.01),
    ],
)
def test_units(shape, spacing, unit, one):
    table = window_table(plan_windows(shape, None, 0.0), np.zeros(shape, np.uint8), np.ones(shape, np.uint8), spacing)
    assert table.unit == unit
    assert table.extra[0] == pytest.approx(one * np.prod(shape))


def test_without_a_reference_the_fraction_is_a_proxy():
    prediction = np.eye(8, dtype=np.uint8)
    table = window_table(plan_windows((8, 8), (4, 4), 0.0), prediction=prediction)
    assert table.is_proxy
    assert table.fraction.tolist() == [0.25, 0, 0, 0.25]
    row = table.row(1)
    assert (row.reference_fraction, row.dice, row.dice_status, row.extra) == (None, None, 'not_applicable', None)
    assert not window_table(plan_windows((8, 8), (4, 4), 0.0), prediction).is_proxy


def test_windows_beyond_the_box_are_marked_and_not_comparable():
    plan = plan_windows((8, 20), (12, 12), 0.25)
    table = window_table(plan, np.ones((8, 20), np.uint8))
    assert table.clipped.all()
    assert not table.comparable().any()
    assert table.comparable(0).all()
    whole = window_table(plan_windows((12, 20), (12, 12), 0.25), np.ones((12, 20), np.uint8))
    assert not whole.clipped.any()
    assert whole.comparable().all()


def test_slices_of_a_volume_are_windows():
    mask = np.zeros((3, 4, 4), np.uint8)
    mask[1] = 1
    table = window_table(plan_windows(mask.shape, None, 0.0, slice_axis=0), mask)
    assert table.fraction.tolist() == [0, 1, 0]


def test_json_has_no_nan_and_odds_on_request():
    mask = np.zeros((4, 8), np.uint8)
    mask[:, 4:] = 1
    mask[0, 0] = 1
    found = window_table(plan_windows(mask.shape, (4, 4), 0.0), mask, mask * 0).to_dict(with_odds=True)
    json.dumps(found, allow_nan=False)
    assert [row['reference_odds'] for row in found['windows']] == [pytest.approx(1 / 15), None]
    assert [row['dice_status'] for row in found['windows']] == ['prediction_empty'] * 2
    assert odds(0.5) == 1


def test_what_cannot_be_counted_is_refused():
    plan = plan_windows((8, 8), (4, 4), 0.0)
    with pytest.raises(ContextError, match='neither a reference nor a prediction'):
        window_table(plan)
    with pytest.raises(ContextError, match='the prediction is'):
        window_table(plan, np.zeros((8, 8), int), np.zeros((8, 9), int))


@given(st.integers(0, 99))
def test_sums_of_boxes(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((5, 6, 7)) < 0.4
    ranges = []
    for n in mask.shape:
        ends = np.sort(rng.integers(0, n + 1, (4, 2)), axis=1)
        ranges.append((ends[:, 0], ends[:, 1]))
    found = box_sums(mask, ranges)
    for place in itertools.product(range(4), repeat=3):
        part = tuple(slice(a[i], b[i]) for i, (a, b) in zip(place, ranges, strict=True))
        assert found[place] == mask[part].sum()
