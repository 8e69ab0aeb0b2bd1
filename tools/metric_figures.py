"""A small picture of each metric: what it says of a disk that is shifted, resized, and joined by a blob far away.

All of them see the same masks, so that their pictures can be compared: a disk of radius 12 mm in 72 x 72 voxels of
1 mm, and a second one beside it that the prediction always has too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare import compare, metric_specs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.compare.value import MetricValue

SIDE = 72
RADIUS, SMALL = 12.0, 4.0
CENTRE, SECOND, FAR = (28.0, 30.0), (58.0, 14.0), (60.0, 62.0)
#: Width and height of one panel in pixels, and the room around it.
WIDTH, HEIGHT, LEFT, TOP, GAP, BELOW = 150, 84, 46, 14, 60, 30
#: Legible on white and on black pages.
INK, LINE = '#808080', '#2F8FD0'


@dataclass(frozen=True)
class Panel:
    """One thing that is changed: its words, its amounts, and the disks (centre, radius) of the prediction."""

    title: str
    amounts: tuple[float, ...]
    disks: Callable[[float], Sequence[tuple[tuple[float, float], float]]]


PANELS = (
    Panel('shifted by, mm', tuple(np.arange(0, 10.5, 0.5)), lambda a: [((CENTRE[0], CENTRE[1] + a), RADIUS)]),
    Panel('radius too large by, mm', tuple(np.arange(-5, 5.5, 0.5)), lambda a: [(CENTRE, RADIUS + a)]),
    Panel('far blob of radius, mm', tuple(np.arange(0, 5.5, 0.5)), lambda a: [(CENTRE, RADIUS), (FAR, a)]),
)


def figure(key: str) -> str:
    """SVG of one metric."""
    width = LEFT + len(PANELS) * WIDTH + (len(PANELS) - 1) * GAP + 12
    height = TOP + HEIGHT + BELOW
    spec = metric_specs()[key]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="10" fill="{INK}" role="img">',
        f'<title>{escape(spec.title)} of a disk that is shifted, resized, and joined by a far blob</title>',
    ]
    for index, panel in enumerate(PANELS):
        values = [found[key] for found in measured(index)]
        parts += _panel(panel, values, LEFT + index * (WIDTH + GAP))
    return '\n'.join([*parts, '</svg>', ''])


@cache
def measured(index: int) -> tuple[Mapping[str, MetricValue], ...]:
    """Every metric at every amount of a panel."""
    panel = PANELS[index]
    reference, soft = _draw([(CENTRE, RADIUS)])
    rows, columns = np.mgrid[:SIDE, :SIDE]
    # Brighter inside, with a gentle texture: nothing of it is random.
    image = (100 * soft + 20 + 5 * np.sin(rows / 3) * np.cos(columns / 4)).astype(np.float32)
    found = []
    for amount in panel.amounts:
        prediction, probability = _draw(panel.disks(float(amount)))
        compared = compare(
            reference,
            prediction,
            (1.0, 1.0),
            labels=[1],
            probability=probability[None],
            soft_reference=soft[None],
            image=image,
        )
        found.append(compared.metrics[1])
    return tuple(found)


def _draw(disks: Sequence[tuple[tuple[float, float], float]]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Mask and probability of disks and of the second one that is always there."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    depth = np.full((SIDE, SIDE), -np.inf)
    for (row, column), radius in (*disks, (SECOND, SMALL)):
        if radius > 0:
            depth = np.maximum(depth, radius - np.hypot(rows - row, columns - column))
    return (depth >= 0).astype(np.uint8), (1 / (1 + np.exp(-depth / 1.5))).astype(np.float32)


def _panel(panel: Panel, values: Sequence[MetricValue], left: float) -> list[str]:
    bottom, low_x, high_x = TOP + HEIGHT, panel.amounts[0], panel.amounts[-1]
    middle = left + WIDTH / 2
    parts = [
        f'<path d="M{left} {TOP}V{bottom}H{left + WIDTH}" fill="none" stroke="{INK}"/>',
        f'<text x="{middle:g}" y="{bottom + 26}" text-anchor="middle">{escape(panel.title)}</text>',
    ]
    for x, amount, anchor in ((left, low_x, 'start'), (left + WIDTH, high_x, 'end')):
        parts.append(f'<text x="{x:g}" y="{bottom + 13}" text-anchor="{anchor}">{amount:g}</text>')
    lines = _lines(values)
    if not lines:
        words = ', '.join(dict.fromkeys(str(value.value) for value in values))
        return [*parts, f'<text x="{middle:g}" y="{TOP + HEIGHT / 2:g}" text-anchor="middle">{escape(words)}</text>']
    known = [number for line in lines for number in line if number is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    for y, number in ((TOP + 4, high), (bottom, low)):
        parts.append(f'<text x="{left - 4:g}" y="{y:g}" text-anchor="end">{_short(number)}</text>')
    for line in lines:
        points = [
            f'{left + WIDTH * (amount - low_x) / (high_x - low_x):.1f},{bottom - HEIGHT * (y - low) / (high - low):.1f}'
            for amount, y in zip(panel.amounts, line, strict=True)
            if y is not None
        ]
        parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{LINE}" stroke-width="1.8"/>')
    return parts


def _lines(values: Sequence[MetricValue]) -> list[list[float | None]]:
    """One line, one for each axis of a position, none of words."""
    found = [value.value for value in values]
    if any(isinstance(value, str) for value in found):
        return []
    axes = max((len(value) for value in found if isinstance(value, (list, tuple))), default=0)
    if axes:
        return [[None if value is None else float(value[axis]) for value in found] for axis in range(axes)]
    return [[None if value is None else float(value) for value in found]]


def _short(number: float) -> str:
    return f'{number:.3g}' if abs(number) < 1e4 else f'{number:.1e}'
