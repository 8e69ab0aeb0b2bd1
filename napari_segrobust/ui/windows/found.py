"""What is known of every window of one lane, as its numbers and as words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.digits import on_screen, three_digits
from napari_segrobust.windows import odds

if TYPE_CHECKING:
    from napari_segrobust.ui.windows.layout import Layout
    from napari_segrobust.windows import WindowRow, WindowTable

#: Why a Dice is not there.
STATES = {
    'both_empty': 'both empty',
    'reference_empty': 'reference empty',
    'prediction_empty': 'prediction empty',
    'not_applicable': 'no reference',
}


@dataclass(frozen=True, eq=False)
class Found:
    """Numbers of the windows of a lane.

    Attributes
    ----------
    key : tuple
        Of what they were taken.
    layout : Layout
    table : WindowTable
    """

    key: tuple[object, ...]
    layout: Layout
    table: WindowTable


def place_words(layout: Layout, index: int) -> str:
    """Where a window lies: "window 12 of 45, z 0-64 y 32-96 x 0-64" in voxels of the case."""
    spans = layout.span(index)
    names = 'zyx'[-len(spans) :]
    sides = [
        f'{name} {round(a + 0.5)}' if round(b - a) == 1 else f'{name} {round(a + 0.5)}\u2013{round(b - 0.5)}'
        for name, (a, b) in zip(names, spans, strict=True)
    ]
    return f'window {index + 1} of {len(layout)}, {" ".join(sides)}'


def number_words(row: WindowRow, unit: str, with_odds: bool = False) -> str:
    """Its numbers: "foreground 7.4 %, Dice 0.83, FP 1.2 ml, FN 0.4 ml"."""
    fraction, proxy = row.reference_fraction, row.reference_fraction is None
    fraction = row.prediction_fraction if proxy else fraction
    words = []
    if fraction is not None:
        words.append(f'foreground {three_digits(100 * fraction)} %{" (proxy: of the prediction)" if proxy else ""}')
        if with_odds and odds(fraction) is not None:
            words.append(f'odds {three_digits(odds(fraction))}')
    if row.dice is not None:
        state = '' if row.dice_status == 'ok' else f' ({STATES[row.dice_status]})'
        words.append(f'Dice {three_digits(row.dice)}{state}')
    elif not proxy:
        words.append(f'Dice undefined ({STATES[row.dice_status]})')
    for title, value in (('FP', row.extra), ('FN', row.missed)):
        if value is not None:
            words.append(f'{title} {three_digits(value)} {on_screen(unit)}')
    if row.clipped:
        words.append('part of it is padding')
    return ', '.join(words)
