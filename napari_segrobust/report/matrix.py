"""Every rater against every other, as two tables that hold four matrices: colour and number in each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.digits import MINUS, three_digits
from napari_segrobust.report.markup import cell, element

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.report.source import Source

    Values = Callable[[int, int, str], MetricValue]

#: Blue for agreement, orange for distance, from white on (Okabe-Ito).
_BLUE, _ORANGE = (0, 114, 178), (230, 159, 0)
#: A cell is never filled more than this, so that black stays readable on it.
_FULLEST = 0.62
#: With more columns than this there is no room for numbers: the colours stay, and the tables hold the numbers.
_NUMBERED = 10
#: More columns than this have smaller numbers.
_ROOMY = 7


def matrices(source: Source) -> str:
    """Two tables: Dice above NSD with the volumes between, and HD95 above volume differences."""
    votes = source.agreement.votes
    unit, tolerance = votes.length_unit, source.agreement.settings.tolerance_mm
    size = len(source.names) + source.model_shown
    heads = [source.letter(name) for name in source.names] + ['model'] * source.model_shown
    value = _values(source)
    volumes = [votes.volumes[place] for place in source.places]
    if source.agreement.model is not None and source.model_shown:
        volumes.append(float(source.agreement.model.mask.sum()) * votes.voxel_volume)
    pairs = [(i, j) for i in range(size) for j in range(size) if i < j]
    farthest = max((_number(value(i, j, 'hd95')) or 0.0 for i, j in pairs), default=0.0)
    lowest = min((_number(value(i, j, key)) or 0.0 for i, j in pairs for key in ('dice', 'nsd')), default=0.0)

    def agreed(i: int, j: int) -> str:
        if i == j:
            return cell(_short(volumes[i], size), 'own')
        found = value(i, j, 'dice' if i < j else 'nsd')
        return _filled(found, _BLUE, lowest, 1.0, size, f'{_number(found) or 0:.2f}')

    def apart(i: int, j: int) -> str:
        if i == j:
            return cell('', 'own')
        found = value(i, j, 'hd95' if i < j else 'volume_difference_ml')
        number = _number(found)
        if i < j:
            return _filled(found, _ORANGE, 0.0, farthest, size, '' if number is None else three_digits(number))
        sign = '+' if (number or 0) > 0 else ''
        return cell(_undefined(found) if number is None else f'{sign}{_short(number, size)}')

    first = f'Above the diagonal Dice, below NSD at {tolerance:g} {unit}; on it volume in {votes.volume_unit}'
    second = f'Above HD95 in {unit}, below volume of column {MINUS} row in {votes.volume_unit}'
    return _table(first, heads, agreed) + _table(second, heads, apart)


def _table(caption: str, heads: list[str], content: Callable[[int, int], str]) -> str:
    top = element('th', '') + ''.join(element('th', head) for head in heads)
    rows = [element('th', head) + ''.join(content(i, j) for j in range(len(heads))) for i, head in enumerate(heads)]
    body = ''.join(f'<tr>{row}</tr>' for row in rows)
    words = element('caption', caption)
    kind = 'matrix' if len(heads) <= _ROOMY else 'matrix many'
    return f'<table class="{kind}">{words}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _values(source: Source) -> Values:
    """Value of a metric between two columns; the model is the last one."""
    agreement, count = source.agreement, len(source.names)
    matrix, row = agreement.pairwise.matrices, agreement.model_row

    def value(i: int, j: int, key: str) -> MetricValue:
        if i < count and j < count:
            return matrix[key][source.places[i]][source.places[j]]
        assert row is not None
        found = row[source.places[min(i, j)]][key]
        # The row is the reference; the model is the second of each of its pairs.
        return found if j == count or key != 'volume_difference_ml' else _turned(found)

    return value


def _turned(value: MetricValue) -> MetricValue:
    from dataclasses import replace

    return value if not isinstance(value.value, int | float) else replace(value, value=0.0 - value.value)


def _number(value: MetricValue) -> float | None:
    return float(value.value) if isinstance(value.value, int | float) else None


def _filled(value: MetricValue, colour: tuple[int, int, int], low: float, high: float, size: int, words: str) -> str:
    number = _number(value)
    if number is None:
        return cell(_undefined(value))
    share = _FULLEST * (min(max((number - low) / (high - low), 0.0), 1.0) if high > low else 1.0)
    paper = '#' + ''.join(f'{round(255 + share * (part - 255)):02x}' for part in colour)
    return cell(words if size <= _NUMBERED else '', style=f'background:{paper}', title=words)


def _short(number: float, size: int) -> str:
    return three_digits(number) if size <= _NUMBERED else ''


def _undefined(value: MetricValue) -> str:
    return {'both_empty': 'both empty'}.get(value.status, 'empty' if 'empty' in value.status else 'undefined')
