"""Numbers of a review as CSV: one row for each number, and one for each dispute."""

from __future__ import annotations

import csv
import io
from itertools import combinations
from typing import TYPE_CHECKING, Any

from napari_segrobust.files import saving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.report.source import Source

#: Columns of the agreement table. A difference is the second minus the first.
COLUMNS = ('quantity', 'first', 'second', 'domain', 'value', 'unit', 'note')
_CHANCE = ('fleiss_kappa', 'krippendorff_alpha', 'randolph_kappa')
_RULES = ('majority', 'at_least_half', 'union', 'intersection', 'weighted', 'simple')


def agreement_csv(source: Source) -> str:
    """Every number of the agreement, one row each.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str
        CSV with `COLUMNS`; a number that is undefined is empty, and the note says why.
    """
    return _csv(COLUMNS, [dict(zip(COLUMNS, row, strict=False)) for row in _rows(source)])


def dispute_csv(source: Source) -> str:
    """The worklist, one row for each dispute, in its order; raters are separated by "; ".

    Parameters
    ----------
    source : Source
        While a blinded adjudication is open, raters are letters.

    Returns
    -------
    str
    """
    unit = source.agreement.votes.volume_unit
    length = source.agreement.votes.length_unit
    rows = []
    for number, row in enumerate(source.rows, start=1):
        found = {'dispute': number, **row.to_dict()}
        found = {key: '; '.join(value) if isinstance(value, list) else value for key, value in found.items()}
        rows.append({**found, 'volume_unit': unit, 'length_unit': length})
    head = rows[0] if rows else {'dispute': 0, 'id': '', 'kind': ''}
    return _csv(tuple(head), rows)


def save_table(path: Path, text: str) -> Path:
    """Write a table or a page, whole or not at all.

    Raises
    ------
    SegrobustError
        Nothing can be written there.
    """
    with saving(path) as temporary:
        temporary.write_text(text, encoding='utf-8', newline='')
    return path


def _rows(source: Source) -> Iterator[tuple[Any, ...]]:
    agreement = source.agreement
    votes = agreement.votes
    unit, voxel = votes.volume_unit, votes.voxel_volume
    names = source.names
    yield 'tolerance', '', '', '', agreement.settings.tolerance_mm, votes.length_unit, ''
    for name, volume in agreement.volumes.items():
        yield 'volume', source.shown(name) if name in names else name, '', '', volume, unit, ''
    for key, matrix in agreement.pairwise.matrices.items():
        for i, j in combinations(source.places, 2):
            pair = (source.shown(votes.names[i]), source.shown(votes.names[j]))
            yield key, *pair, '', *_value(matrix[i][j])
    record = agreement.to_dict()
    for domain in ('region', 'full'):
        for key in _CHANCE:
            value = agreement.chance[key][domain]
            yield key, '', '', domain, *(('', '', 'there is no region') if value is None else _value(value))
        matrix = record['cohen_kappa'][domain]
        for i, j in combinations(source.places, 2):
            value = None if matrix is None else matrix[i][j]
            pair = (source.shown(votes.names[i]), source.shown(votes.names[j]))
            yield 'cohen_kappa', *pair, domain, value, '', ''
    for rule in _RULES:
        found = agreement.consensus(rule)
        yield 'consensus_volume', rule, '', '', found.voxels * voxel, unit, ''
    yield 'tie_volume', 'majority', '', '', record['tie_voxels'] * voxel, unit, ''
    staple = record['staple']
    for margin, voxels in (*staple['margins'].items(), ('full', staple['full_voxels'])):
        domain = margin if margin == 'full' else f'margin of {margin} voxels'
        yield 'consensus_volume', 'staple', '', domain, voxels * voxel, unit, ''
    for key in ('sensitivity', 'specificity'):
        for name, place in zip(names, source.places, strict=True):
            yield f'staple_{key}', source.shown(name), '', 'region', staple[key][place], '', ''
    if source.model_shown:
        yield from _model_rows(source, record)


def _model_rows(source: Source, record: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    agreement = source.agreement
    yield 'volume', 'model', '', '', record['model']['volume'], agreement.votes.volume_unit, ''
    assert agreement.model_row is not None
    for key in agreement.model_row[0]:
        for name, place in zip(source.names, source.places, strict=True):
            yield key, source.shown(name), 'model', '', *_value(agreement.model_row[place][key])


def _value(value: MetricValue) -> tuple[Any, str, str]:
    return value.value, value.unit or '', '' if value.status == 'ok' else value.reason or value.status


def _csv(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator='\n')
    writer.writeheader()
    for row in rows:
        writer.writerow({key: f'{value:.6g}' if isinstance(value, float) else value for key, value in row.items()})
    return out.getvalue()
