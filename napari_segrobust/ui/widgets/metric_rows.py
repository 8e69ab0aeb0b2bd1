"""Rows of the metric table and the words in its cells; no Qt."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_segrobust.digits import three_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Better = Literal['higher', 'lower', 'zero']


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric as the table shows it.

    Attributes
    ----------
    key, title : str
    text : str
        Value that is not a number ("RAS"); "" where `number` says it.
    number, clean : float or None
        Now, and at the baseline; None where undefined.
    unit : str
        "mm", "ml", ... or "".
    change : float or None
        `number` minus `clean`.
    better : str or None
        Which direction is better: ``higher``, ``lower``, nearer to ``zero``, or None where neither is.
    status, reason : str
        ``ok``, or why there is no number, and that in words.
    definition : str
        One sentence for the tooltip.
    chip : str
        Convention and domain: "at 2 mm, voxel surfaces".
    trend : tuple of (float, float)
        Severity and value where visited, in order of severity.
    severity : float or None
        Where on the trend the number stands.
    remedies : str
        What the remedies in the stack did to it; "" where there are none.
    pending, provisional : bool
        Not final yet: the number still belongs to earlier voxels, or to statistics that will change.
    favourite : bool
    """

    key: str
    title: str
    text: str = ''
    number: float | None = None
    unit: str = ''
    clean: float | None = None
    change: float | None = None
    better: Better | None = None
    status: str = 'ok'
    reason: str = ''
    definition: str = ''
    chip: str = ''
    trend: tuple[tuple[float, float], ...] = ()
    severity: float | None = None
    remedies: str = ''
    pending: bool = False
    provisional: bool = False
    favourite: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Header of a family of metrics.

    Attributes
    ----------
    name : str
    words : str
        What is inside.
    unfolded : bool
    """

    name: str
    words: str
    unfolded: bool = False

    @property
    def key(self) -> str:
        """No metric is called so."""
        return f'family {self.name}'


Line = MetricRow | Family
#: Severities run from 0 to this.
_MAX_SEVERITY = 5.0
#: Smallest share of the largest value that a course is drawn over: less would make a mountain of rounding.
_FLAT = 0.02


def course(trend: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Put a trend into the unit square: severity from 0 to 5, values from the smallest to the largest."""
    values = [value for _, value in trend]
    low, high = min(values), max(values)
    span = max(high - low, _FLAT * max(abs(low), abs(high))) or 1.0
    middle = (low + high) / 2
    return [(severity / _MAX_SEVERITY, 0.5 + (value - middle) / span) for severity, value in trend]


def now_text(row: MetricRow) -> str:
    """Value now, or why there is none."""
    if row.number is not None:
        return three_digits(row.number)
    return row.text or row.reason or row.status.replace('_', ' ')


def clean_text(row: MetricRow) -> str:
    """Value of the baseline."""
    return '' if row.clean is None else three_digits(row.clean)


def verdict(row: MetricRow) -> str:
    """``better``, ``worse``, ``same``, or "" where the direction says nothing or there is no change."""
    if row.change is None:
        return ''
    # what a sum in another order may differ by is no change
    if abs(row.change) <= 1e-9 * max(1.0, abs(row.number or 0.0)):
        return 'same'
    if row.better is None:
        return ''
    if row.better == 'zero':
        gain = abs(row.clean or 0.0) - abs(row.number or 0.0)
        return 'same' if gain == 0 else 'better' if gain > 0 else 'worse'
    return 'better' if (row.change > 0) == (row.better == 'higher') else 'worse'


def change_text(row: MetricRow) -> str:
    """Change with arrow, amount and word: ``▼ 0.120 worse``."""
    if row.change is None:
        return ''
    if abs(row.change) <= 1e-9 * max(1.0, abs(row.number or 0.0)):
        return 'same'
    arrow = '\u25b2' if row.change > 0 else '\u25bc'
    return f'{arrow} {three_digits(abs(row.change))} {verdict(row)}'.rstrip()


def spoken(row: Line) -> str:
    """Whole line as one sentence, for screen readers."""
    if isinstance(row, Family):
        return f'{row.name}, {"unfolded" if row.unfolded else "folded"}: {row.words}'
    parts = [row.title, f'{now_text(row)} {row.unit if row.number is not None else ""}'.rstrip()]
    if row.clean is not None:
        parts.append(f'baseline {clean_text(row)} {row.unit}'.rstrip())
    if row.change is not None:
        # arrows are read aloud as "black down-pointing triangle"
        parts.append(change_text(row).replace('\u25b2', 'up').replace('\u25bc', 'down'))
    parts += [words for words in (row.remedies, row.chip) if words]
    parts += [word for word in ('pending', 'provisional', 'favourite') if getattr(row, word)]
    return ', '.join(parts)


def as_table(rows: Iterable[MetricRow], baseline: str, delimiter: str) -> str:
    """Rows as text with full precision, for files and the clipboard.

    Parameters
    ----------
    rows : iterable of MetricRow
    baseline : str
        Header of the baseline column.
    delimiter : str
        Comma or tabulator.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator='\n')
    writer.writerow(('metric', 'now', baseline, 'change', 'unit', 'verdict', 'status', 'note', 'convention'))
    for row in rows:
        note = ' '.join(word for word in ('pending', 'provisional') if getattr(row, word))
        now = row.text if row.number is None else row.number
        words = (verdict(row), row.status, row.reason or note, row.chip)
        values = (row.key, now, row.clean, row.change, row.unit, *words)
        writer.writerow('' if value is None else value for value in values)
    return stream.getvalue()
