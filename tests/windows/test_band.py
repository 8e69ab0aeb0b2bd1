"""Training bands: quantiles, what is conditioned on what, and files."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.errors import ContextError
from napari_segrobust.windows import band_of_fractions, band_of_quantiles, read_band

FRACTIONS = [0, 0, 0, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0]


def test_empty_windows_are_set_aside():
    band = band_of_fractions(FRACTIONS)
    assert band.empty_share == pytest.approx(0.5)
    assert band.windows == 10
    assert band.quantile(0.5) == pytest.approx(0.3)
    assert band.published_range == (0, 0.5)
    assert band.central == pytest.approx((0.12, 0.48))


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=30), st.floats(0, 1))
def test_quantiles_are_numpys(fractions, share):
    band = band_of_fractions([*fractions, 0])
    assert band.quantile(share) == pytest.approx(np.quantile(fractions, share))
    assert band.share_below(max(fractions)) == 1
    assert band.share_below(min(fractions) / 2) == 0


def test_flags_by_percentiles_and_by_the_published_rule():
    band = band_of_fractions(FRACTIONS)
    inside, low, high, beyond, empty = (band.place(f) for f in (0.3, 0.1, 0.49, 0.6, 0.0))
    assert (inside.outside, inside.outside_range, inside.percentile) == (None, False, pytest.approx(50))
    assert (low.outside, low.outside_range) == ('below', False), 'empty windows hide it from the published rule'
    assert (high.outside, high.outside_range) == ('above', False)
    assert (beyond.outside, beyond.outside_range, beyond.percentile) == ('above', True, 100)
    assert (empty.percentile, empty.outside, empty.outside_range) == (None, None, False)
    assert empty.words == 'no foreground, as 50 % of the training windows'
    assert beyond.words.startswith('outside the training range')
    never_empty = band_of_fractions([0.1, 0.3])
    assert never_empty.published_range == (0.1, 0.3)
    assert never_empty.place(0.05).outside_range
    assert never_empty.place(0).outside_range


def test_windows_of_another_size_are_not_compared():
    band = band_of_fractions(FRACTIONS, (32, 32, 32))
    assert not band.place(0.9, (48, 48, 48)).comparable
    assert 'not comparable' in band.place(0.9, (48, 48, 48)).words
    assert band.place(0.9, (32, 32, 32)).outside_range
    slices = band_of_fractions(FRACTIONS, (32, 32))
    assert slices.place(0.9, (1, 32, 32)).comparable
    assert not slices.place(0.9, (1, 32, 16)).comparable


def test_published_quantiles_are_conditioned_on_windows_with_foreground():
    band = band_of_quantiles({0: 0, 0.25: 0, 0.5: 0.1, 0.75: 0.3, 1: 0.6}, empty_share=0.5)
    assert band.quantiles == ((0.0, 0.1), (0.5, 0.3), (1.0, 0.6))
    told = band_of_quantiles({0: 0, 0.25: 0, 0.5: 0.1, 0.75: 0.3, 1: 0.6}, empty_share=0.4)
    assert told.quantiles[0] == (0, 0)
    assert told.quantile((0.75 - 0.4) / 0.6) == pytest.approx(0.3)
    assert band_of_quantiles({0: 0, 0.25: 0, 1: 0.6}).empty_share == 0.25
    assert band_of_quantiles({0: 0.2, 1: 0.6}).empty_share == 0


def test_fractions_and_their_quantiles_give_one_band():
    rng = np.random.default_rng(0)
    fractions = np.where(rng.random(20_001) < 0.4, 0, rng.random(20_001) * 0.5)
    shares = np.linspace(0, 1, 1001)
    one = band_of_fractions(fractions)
    other = band_of_quantiles(dict(zip(shares, np.quantile(fractions, shares), strict=True)), (fractions == 0).mean())
    for share in (0.05, 0.5, 0.95):
        assert other.quantile(share) == pytest.approx(one.quantile(share), abs=2e-3)


def test_the_published_quantiles_are_read_as_a_value(shared_data):
    with open(shared_data / 'papers/kamath2022_training_fraction_quantiles.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        quantiles = {int(name[1:]) / 100: float(row[name]) for name in row if name.startswith('q')}
        empty, side = float(row['share_empty']), int(row['window'])
        band = band_of_quantiles(quantiles, empty, (side,) * 3, int(row['patches']))
        assert band.published_range == pytest.approx((0 if empty else quantiles[0], quantiles[1]))
        assert band.quantile((0.95 - empty) / (1 - empty)) == pytest.approx(quantiles[0.95])


@pytest.mark.parametrize(
    ('text', 'median', 'empty'),
    [
        ('0\n0\n0.1\n0.2\n0.3\n', 0.2, 0.4),
        ('fraction\n0\n0.1\n0.2\n0.3\n', 0.2, 0.25),
        ('patch,fraction\n1,0.1\n2,0.2\n3,0.3\n', 0.2, 0),
        ('quantile,fraction\n0,0.1\n0.5,0.2\n1,0.3\n', 0.2, 0),
        ('fraction,quantile\n0.1,0\n0.2,0.5\n0.3,1\n', 0.2, 0),
        ('\ufeff0,0\n0.5,0\n0.75,0.2\n1,0.3\n\n', 0.2, 0.5),
    ],
)
def test_files(tmp_path, text, median, empty):
    path = tmp_path / 'fractions.csv'
    path.write_text(text, encoding='utf-8')
    band = read_band(path, (32, 32, 32))
    assert band.quantile(0.5) == pytest.approx(median)
    assert band.empty_share == pytest.approx(empty)
    assert (band.source, band.window) == ('fractions.csv', (32, 32, 32))


@pytest.mark.parametrize(
    ('text', 'why'),
    [
        ('', 'not all of its cells are numbers'),
        ('fraction\n', 'not all of its cells are numbers'),
        ('0.1\nhigh\n', 'not all of its cells are numbers'),
        ('12\n30\n', 'not all numbers lie from 0 to 1'),
        ('0\n0\n', 'or all are 0'),
        ('nan\n0.1\n', 'not all numbers lie from 0 to 1'),
        ('0,0\n0.5,0.3\n', 'do not rise up to share 1'),
        ('0,0.3\n1,0.2\n', 'do not rise'),
        ('1,2,3\n', '3 columns'),
    ],
)
def test_what_is_no_band_is_one_line(tmp_path, text, why):
    path = tmp_path / 'fractions.csv'
    path.write_text(text)
    with pytest.raises(ContextError, match=why) as error:
        read_band(path)
    assert '\n' not in str(error.value)


def test_no_file_is_one_line(tmp_path):
    with pytest.raises(ContextError, match=r'none\.csv cannot be read'):
        read_band(tmp_path / 'none.csv')
