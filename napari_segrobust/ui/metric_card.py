"""The card of a metric: what it means, what it is now, and what it cannot see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare import metric_specs
from napari_segrobust.compare.witness import has_witness
from napari_segrobust.digits import on_screen
from napari_segrobust.ui.table_rows import STABILITY
from napari_segrobust.ui.widgets.card import Definition
from napari_segrobust.ui.widgets.metric_rows import change_text, clean_text, now_text

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.metric_rows import MetricRow

SWITCH = 'show on the canvas where it comes from'
CHOOSE = (('canvas', 'Choose one label under Compare to see where it comes from.'),)


def card_of(key: str, row: MetricRow | None, baseline: str, shown: str = '', one_label: bool = True) -> Definition:
    """Return the card of a metric.

    Parameters
    ----------
    key : str
        With ``stability_`` for those against the baseline's prediction.
    row : MetricRow or None
        What the table says of it now.
    baseline : str
        "clean" or "A".
    shown : str
        Key of the metric that is shown on the canvas.
    one_label : bool
        Whether the numbers are about a single label; of several nothing can be painted.
    """
    spec = metric_specs()[key.removeprefix(STABILITY)]
    against = f' (now against {baseline})' if key.startswith(STABILITY) else ''
    low, high = spec.range
    span = f'{"-inf" if low is None else f"{low:g}"} to {"inf" if high is None else f"{high:g}"}'
    return Definition(
        f'{spec.title}{against}',
        on_screen(spec.summary),
        spec.formula,
        spec.unit or '',
        span if spec.range != (None, None) else '',
        spec.blind_spot,
        spec.source,
        (*_present(row, baseline), *(() if one_label or not has_witness(key) else CHOOSE)),
        SWITCH if has_witness(key) and one_label else '',
        key == shown,
    )


def _present(row: MetricRow | None, baseline: str) -> tuple[tuple[str, str], ...]:
    """What it is now, with its status, and by which convention."""
    if row is None:
        return ()
    defined = row.number is not None or bool(row.text)
    now = f'{now_text(row)} {on_screen(row.unit)}'.rstrip() if defined else f'undefined: {now_text(row)}'
    if defined and row.reason:
        now = f'{now} ({row.reason})'
    if row.clean is not None:
        now = f'{now}; {baseline} {clean_text(row)}, {change_text(row)}'.removesuffix(', ')
    beside = {'remedies': row.remedies, 'here': row.chip}
    return (('now', now), *((name, on_screen(words)) for name, words in beside.items() if words))
