"""What the metric table shows: favourites and the default set on top, every other metric folded into its family."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from napari_segrobust.compare import metric_specs
from napari_segrobust.digits import three_digits
from napari_segrobust.ui.widgets.metric_rows import Family, MetricRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_segrobust.compare.value import Value
    from napari_segrobust.explore.table import Row
    from napari_segrobust.ui.widgets.metric_rows import Line

STABILITY = 'stability_'
#: The order in which people ask; families that are not named here come last.
FAMILIES = (
    'overlap', 'boundary', 'distance', 'surface elements', 'volume', 'objects', 'detection', 'topology', 'clinical',
    'calibration', 'soft labels', 'probabilistic', 'pair counting', 'information', 'counts',
)  # fmt: skip


def title_of(key: str, baseline: str) -> str:
    """Words of a metric; those against the baseline's prediction name it."""
    spec = metric_specs().get(key.removeprefix(STABILITY))
    title = key if spec is None else spec.label
    return f'{title} to {baseline}' if key.startswith(STABILITY) else title


def toggled(shown: Sequence[str], always: Sequence[str], family: str) -> tuple[str, ...]:
    """Keys to compute after a family was folded or unfolded.

    Parameters
    ----------
    shown : sequence of str
        Keys that are computed now.
    always : sequence of str
        Keys that stand on top whatever is folded.
    family : str
    """
    rest = _families(tuple(always))[family]
    if set(rest) & set(shown):
        return tuple(key for key in shown if key not in rest)
    return tuple(dict.fromkeys((*shown, *rest)))


def unfolded(shown: Sequence[str], always: Sequence[str]) -> list[str]:
    """Names of the families of which more is computed than what stands on top."""
    return [family for family, keys in _families(tuple(always)).items() if set(keys) & set(shown)]


def with_families(always: Sequence[str], families: Iterable[str]) -> tuple[str, ...]:
    """Keys to compute: those on top, and all of some families."""
    found = _families(tuple(always))
    return tuple(dict.fromkeys((*always, *(key for family in families for key in found.get(family, ())))))


def arrange(rows: Sequence[MetricRow], shown: Sequence[str], always: Sequence[str]) -> list[Line]:
    """Lines of the table: favourites, the others that stand on top, then families with what is unfolded of them."""
    families = _families(tuple(always))
    folded = {key for keys in families.values() for key in keys}
    lines: list[Line] = sorted((row for row in rows if row.key not in folded), key=lambda row: not row.favourite)
    if not any(not row.key.startswith(STABILITY) for row in rows):
        return lines  # no reference: nothing else can be measured
    by_key, computed = {row.key: row for row in rows}, set(shown)
    for family, keys in families.items():
        is_unfolded = bool(computed & set(keys))
        lines.append(Family(family, _words(keys), is_unfolded))
        if is_unfolded:
            lines += [by_key[key] for key in keys if key in by_key]
    return lines


@lru_cache(maxsize=8)
def _families(always: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Keys of each family without those on top."""
    found: dict[str, list[str]] = {}
    for key, spec in metric_specs().items():
        if key not in always:
            found.setdefault(spec.family, []).append(key)
    order = sorted(found, key=lambda family: FAMILIES.index(family) if family in FAMILIES else len(FAMILIES))
    return {family: tuple(found[family]) for family in order}


@lru_cache(maxsize=64)
def _words(keys: tuple[str, ...]) -> str:
    return ', '.join(metric_specs()[key].label for key in keys)


def metric_row(
    row: Row,
    pending: bool,
    baseline: str,
    favourites: Sequence[str],
    chip: str = '',
    trend: tuple[tuple[float, float], ...] = (),
    severity: float | None = None,
) -> MetricRow:
    """One row as the table shows it."""
    now, before = row.now.value, None if row.baseline is None else row.baseline.value
    return MetricRow(
        key=row.key,
        title=title_of(row.key, baseline),
        text=_text(now),
        number=float(now) if isinstance(now, int | float) else None,
        unit=row.now.unit or '',
        clean=float(before) if isinstance(before, int | float) else None,
        change=row.change,
        better=row.spec.better,
        status=row.now.status,
        reason=row.now.reason or '',
        definition=row.spec.summary,
        pending=pending,
        favourite=row.key in favourites,
        chip=chip,
        trend=trend,
        severity=severity,
        remedies=_remedies(row),
    )


def _remedies(row: Row) -> str:
    """What the remedies did to a value: "without remedies 0.61; they win back 38 % of the loss"."""
    if row.without is None or row.won_back is None:
        return ''
    bare, share = row.without.value, row.won_back.value
    number = three_digits(bare) if isinstance(bare, int | float) else 'undefined'
    unit = f' {row.without.unit}' if row.without.unit and isinstance(bare, int | float) else ''
    if not isinstance(share, int | float):
        words = f'no share won back: {row.won_back.reason}'
    elif share < 0:
        words = f'they add {-100 * share:.0f} % to the loss'
    else:
        words = f'they win back {100 * share:.0f} % of the loss'
    return f'without remedies {number}{unit}; {words}'


@lru_cache(maxsize=256)
def most_telling_first(chip: str) -> str:
    """A convention with its number first: a narrow table shows its beginning.

    Examples
    --------
    >>> most_telling_first('voxel surfaces, at 2 mm')
    'at 2 mm, voxel surfaces'
    """
    return ', '.join(sorted(chip.split(', '), key=lambda part: not part.startswith('at ')))


def _text(value: Value | None) -> str:
    """A value that is not one number: a word, or a position."""
    if isinstance(value, tuple):
        return ', '.join(three_digits(part) for part in value)
    return value if isinstance(value, str) else ''
