"""Where a curve leaves the raters' range: by hand first, then properties."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from napari_segrobust.review.leaving import Leaving, leaving
from napari_segrobust.review.references import called

WHOM = 'these 5 raters'


@pytest.mark.parametrize(
    ('points', 'expected'),
    [
        ([], Leaving('unknown')),
        ([(0, None), (1, 0.9)], Leaving('unknown')),
        ([(0, 0.8)], Leaving('stays', 0)),
        ([(0, 0.8), (5, 0.7)], Leaving('stays', 5)),
        # Better than all is not outside.
        ([(0, 0.99), (3, 0.96)], Leaving('stays', 3)),
        ([(0, 0.6)], Leaving('outside', 0, 0, 0)),
        ([(0.5, 0.6), (1, 0.8)], Leaving('outside', 0.5, 0.5, 0.5, 1)),
        # 0.8 at 2 to 0.6 at 3 crosses 0.7 half-way; the order of the points does not matter.
        ([(3, 0.6), (0, 0.9), (2, 0.8)], Leaving('leaves', 2, 3, 2.5)),
        # On the limit is inside, and the crossing is there.
        ([(2, 0.7), (3, 0.5)], Leaving('leaves', 2, 3, 2)),
        ([(0, 0.8), (1, 0.6), (2, 0.65), (3, 0.75)], Leaving('leaves', 0, 1, 0.5, 3)),
        ([(0, 0.8), (3, None), (4, 0.2)], Leaving('undefined', 0, 3)),
    ],
)
def test_by_hand(points, expected):
    found = leaving(points, (0.7, 0.95), 'dice')
    assert (found.fate, found.last, found.first, found.back) == (
        expected.fate, expected.last, expected.first, expected.back,
    )  # fmt: skip
    assert found.at == pytest.approx(expected.at) if expected.at is not None else found.at is None


def test_a_distance_leaves_upwards():
    found = leaving([(0, 1.0), (2, 5.0), (4, 9.0)], (2.0, 6.0), 'hd95')
    assert (found.fate, found.at) == ('leaves', pytest.approx(2.5))


@pytest.mark.parametrize(
    ('points', 'words'),
    [
        ([], 'no point to judge yet'),
        ([(0, 0.8)], f'within the range {WHOM} showed on the unperturbed image at severity 0'),
        (
            [(0, 0.8), (4.5, 0.8)],
            f'within the range {WHOM} showed on the unperturbed image up to severity 4.5 of gaussian noise, the '
            'highest visited',
        ),
        (
            [(2, 0.73), (2.5, 0.68)],
            f'within the range {WHOM} showed on the unperturbed image up to severity 2.3 of gaussian noise '
            '(between the visited 2 and 2.5)',
        ),
        ([(0, 0.1)], f'already worse than each of {WHOM} on the unperturbed image; one case gives no verdict'),
        (
            [(1, 0.1), (2, 0.8)],
            f'already worse than each of {WHOM} from severity 1 on, the lowest visited; one case gives no verdict; '
            'not outside again at 2',
        ),
        (
            [(0, 0.8), (1, None)],
            f'within the range {WHOM} showed on the unperturbed image up to severity 0 of gaussian noise, and '
            'undefined at 1',
        ),
    ],
)
def test_in_words(points, words):
    assert leaving(points, (0.7, 0.95), 'dice').words(WHOM, 'gaussian noise') == words


def test_simulated_raters_are_called_so():
    assert called(['anna', 'ben', 'carla']) == 'these 3 raters'
    assert called([f'simulated rater {n}' for n in 'ABC']) == 'these 3 simulated raters'
    assert called(['anna', 'ben', 'simulated rater 1']) == 'these 3 raters (1 simulated)'


_VALUES = st.floats(0, 1, allow_subnormal=False)
_POINTS = st.lists(st.tuples(st.integers(0, 50).map(lambda n: n / 10), _VALUES), min_size=1, unique_by=lambda p: p[0])


@given(_POINTS, st.tuples(_VALUES, _VALUES).map(sorted).map(tuple))
@example([(0.1, 0.3515625), (0.3, 0.0)], (1e-188, 1.0))
def test_it_is_inside_up_to_where_it_leaves(points, limits):
    found = leaving(points, limits, 'dice')
    values = dict(points)
    if found.fate == 'stays':
        assert all(value >= limits[0] for value in values.values())
        assert found.last == max(values)
    elif found.fate == 'outside':
        assert values[min(values)] < limits[0]
    else:
        assert found.last <= found.at <= found.first
        assert all(value >= limits[0] for severity, value in points if severity <= found.last)
        assert values[found.first] < limits[0]


@given(_POINTS, st.tuples(_VALUES, _VALUES).map(sorted).map(tuple))
def test_a_metric_that_is_turned_over_leaves_at_the_same_place(points, limits):
    flipped = [(severity, -value) for severity, value in points]
    mirrored = leaving(flipped, (-limits[1], -limits[0]), 'hd95')
    assert mirrored == leaving(points, limits, 'dice')
