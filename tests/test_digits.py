"""Numbers as people read them."""

import pytest

from napari_segrobust.digits import decimals_for, on_screen, three_digits, trimmed


@pytest.mark.parametrize(
    ('number', 'text'),
    [
        (0, '0'),
        (0.0, '0'),
        (12, '12'),
        (4755, '4,755'),
        (0.8137, '0.814'),
        (6.2, '6.20'),
        (16.24, '16.2'),
        (9.999, '10.0'),
        (0.99996, '1.00'),
        (548.0, '548'),
        (4755.2, '4,755'),
        (-0.066, '\u22120.0660'),
        (0.00012, '0.000120'),
        (0.000012, '1.20e\u221205'),
    ],
)
def test_three_digits(number, text):
    assert three_digits(number) == text


def test_trimmed():
    assert [trimmed(2.5, 2), trimmed(2.0, 2), trimmed(20, 0)] == ['2.5', '2', '20']


def test_decimals_for():
    assert [decimals_for(m) for m in (0.5, 5, 300, 40000)] == [4, 3, 1, 0]
    assert decimals_for(0) == 4


def test_areas_are_written_as_people_do():
    assert [on_screen(unit) for unit in ('mm^2', 'px^2', 'ml')] == ['mm\u00b2', 'px\u00b2', 'ml']
