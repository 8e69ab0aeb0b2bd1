"""Numbers as people read them: three significant digits, a true minus sign, thousands set apart."""

from __future__ import annotations

import math

MINUS = '\u2212'


def three_digits(number: float) -> str:
    """Write `number` with three significant digits; whole numbers and whole parts are never cut.

    Examples
    --------
    >>> three_digits(0.8137), three_digits(6.2), three_digits(4755.2), three_digits(0)
    ('0.814', '6.20', '4,755', '0')
    """
    if isinstance(number, int) or number == 0:
        text = f'{int(number):,}'
    elif 1e-4 <= abs(number) < 1e9:
        # the exponent after rounding: 9.999 is 10.0 and not 10.00
        exponent = int(f'{abs(number):.2e}'.partition('e')[2])
        text = f'{number:,.{max(0, 2 - exponent)}f}'
    else:
        text = f'{number:.2e}'
    return text.replace('-', MINUS)


def trimmed(number: float, decimals: int) -> str:
    """Write `number` with at most `decimals` places and no trailing zeros, as a person would type it."""
    text = f'{number:.{decimals}f}'
    return text.rstrip('0').rstrip('.') if '.' in text else text


def decimals_for(maximum: float) -> int:
    """Places that an editor needs to set four digits of a value up to `maximum`."""
    if maximum <= 0 or not math.isfinite(maximum):
        return 4
    return min(6, max(0, 3 - math.floor(math.log10(maximum))))


def on_screen(words: str) -> str:
    """Write areas as people do; files keep the letters that every reader has.

    Examples
    --------
    >>> on_screen('12 px^2')
    '12 px²'
    """
    return words.replace('^2', '\u00b2')
