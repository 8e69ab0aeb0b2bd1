"""Random windows, exactly, against every centre by hand and against MONAI's own transform."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monai.transforms import RandCropByPosNegLabel
from monai.transforms.utils import correct_crop_centers

from napari_segrobust.errors import ContextError
from napari_segrobust.windows import draw_fractions, window_sampling


def blob(shape, seed=0):
    rng = np.random.default_rng(seed)
    mask = np.zeros(shape, np.uint8)
    start = [int(rng.integers(0, n - 1)) for n in shape]
    mask[tuple(slice(a, a + int(rng.integers(1, 6))) for a in start)] = 1
    return mask


def by_hand(mask, window, ratio):
    """Every centre through MONAI's own correction, and what its window holds."""
    chances = {}
    kinds = [np.argwhere(mask), np.argwhere(mask == 0)]
    weights = [r if len(kind) else 0 for r, kind in zip(ratio, kinds, strict=True)]
    if not sum(weights):
        weights = [float(len(kind) > 0) for kind in kinds]
    for weight, kind in zip(weights, kinds, strict=True):
        for centre in kind:
            middle = correct_crop_centers(list(centre), window, mask.shape)
            part = tuple(slice(c - w // 2, c - w // 2 + w) for c, w in zip(middle, window, strict=True))
            held = int(mask[part].sum())
            chances[held] = chances.get(held, 0) + weight / sum(weights) / len(kind)
    return dict(sorted((k, v) for k, v in chances.items() if v))


@given(st.data())
def test_it_counts_every_centre_as_monai_moves_it(data):
    ndim = data.draw(st.integers(2, 3))
    shape = tuple(data.draw(st.integers(3, 11 if ndim == 2 else 7)) for _ in range(ndim))
    window = tuple(data.draw(st.integers(1, n)) for n in shape)
    ratio = data.draw(st.sampled_from([(1, 1), (3, 1), (0, 1), (1, 0), (1, 2.5)]))
    mask = blob(shape, data.draw(st.integers(0, 20)))
    found = window_sampling(mask, window, ratio)
    expected = by_hand(mask, window, ratio)
    assert dict(zip(found.voxels.tolist(), found.probability.tolist(), strict=True)) == pytest.approx(expected)
    assert found.probability.sum() == pytest.approx(1)
    assert found.empty_share == pytest.approx(expected.get(0, 0))


@pytest.mark.parametrize('fill', [0, 1])
def test_where_there_is_one_kind_it_is_drawn(fill):
    found = window_sampling(np.full((6, 6), fill, np.uint8), (3, 3), (1, 5) if fill else (5, 1))
    assert found.fractions.tolist() == [fill]
    assert found.empty_share == 1 - fill
    assert set(draw_fractions(np.full((6, 6), fill, np.uint8), (3, 3), count=20)) == {fill}


@pytest.mark.parametrize('ratio', [(1, 1), (1, 4)])
def test_it_is_what_monais_transform_does(ratio):
    mask = np.zeros((20, 24, 22), np.uint8)
    mask[5:9, 10:18, 3:9] = 1
    size, count = (8, 8, 8), 1500
    crop = RandCropByPosNegLabel(size, mask[None], pos=ratio[0], neg=ratio[1], num_samples=count)
    crop.set_random_state(7)
    theirs = np.array([float(np.asarray(one).mean()) for one in crop(mask[None].astype(np.float32))])
    exact, ours = window_sampling(mask, size, ratio), draw_fractions(mask, size, ratio, count=count, seed=7)
    variance = float(exact.fractions**2 @ exact.probability) - exact.mean**2
    for drawn in (theirs, ours):
        assert abs(drawn.mean() - exact.mean) < 4 * np.sqrt(variance / count)
        spread = np.sqrt(exact.empty_share * (1 - exact.empty_share) / count)
        assert abs((drawn == 0).mean() - exact.empty_share) < 4 * spread
        assert set(np.rint(drawn * 512).astype(int)) <= set(exact.voxels.tolist())


def test_more_windows_from_the_foreground_means_fewer_empty_ones():
    mask = blob((40, 40), 3)
    shares = [window_sampling(mask, (8, 8), ratio).empty_share for ratio in ((0, 1), (1, 1), (3, 1), (1, 0))]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0


def test_slabs_of_positions_are_one_sum(monkeypatch):
    mask = blob((12, 9, 10), 5)
    whole = window_sampling(mask, (4, 3, 5))
    monkeypatch.setattr('napari_segrobust.windows.sampling._AT_ONCE', 1)
    again = window_sampling(mask, (4, 3, 5))
    np.testing.assert_array_equal(whole.voxels, again.voxels)
    np.testing.assert_array_equal(whole.probability, again.probability)


def test_histogram_and_band():
    mask = np.zeros((16, 16), np.uint8)
    mask[4:10, 4:10] = 1
    found = window_sampling(mask, (6, 6))
    histogram = found.histogram([0, 0.25, 0.5, 0.75, 1])
    assert histogram.sum() == pytest.approx(1)
    assert histogram[-1] == pytest.approx(found.probability[found.fractions >= 0.75].sum())
    band = found.band('this case')
    assert (band.empty_share, band.window) == (found.empty_share, (6, 6))
    drawn = draw_fractions(mask, (6, 6), count=4000)
    assert band.quantile(0.5) == pytest.approx(np.median(drawn[drawn > 0]), abs=0.05)
    with pytest.raises(ContextError, match='no window has foreground'):
        window_sampling(mask, (6, 6), label=2).band()


def test_draws_repeat():
    mask = blob((20, 20))
    np.testing.assert_array_equal(draw_fractions(mask, (5, 5), seed=3), draw_fractions(mask, (5, 5), seed=3))
    assert not np.array_equal(draw_fractions(mask, (5, 5), seed=3), draw_fractions(mask, (5, 5), seed=4))


@pytest.mark.parametrize(
    ('window', 'ratio', 'why'),
    [((9, 5), (1, 1), 'in an image of'), ((5,), (1, 1), 'in an image of'), ((5, 5), (0, 0), '0 to 0'),
     ((5, 5), (-1, 2), '-1 to 2'), ((0, 5), (1, 1), 'in an image of')],
)  # fmt: skip
def test_mistakes_are_named(window, ratio, why):
    for function in (window_sampling, draw_fractions):
        with pytest.raises(ContextError, match=why):
            function(np.zeros((8, 8), np.uint8), window, ratio)
