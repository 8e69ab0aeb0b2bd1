"""One page about a case: who drew, how far they agree, what is agreed, what is in dispute and how it was settled."""

from __future__ import annotations

from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING

from napari_segrobust.digits import three_digits
from napari_segrobust.report.markup import figure
from napari_segrobust.report.matrix import matrices
from napari_segrobust.report.numbers import agreement_table, consensus_table, rater_table
from napari_segrobust.report.pictures import SHOWN, disputes_sheet, slices_sheet
from napari_segrobust.report.style import STYLE
from napari_segrobust.report.tables import save_table
from napari_segrobust.review.adjudication.final import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_segrobust.report.source import Source

RESEARCH = 'Research use. Not a medical device.'


def save_report(path: Path, source: Source, *, date: str = '') -> Path:
    """Write the page as one HTML file that needs nothing else, whole or not at all.

    Parameters
    ----------
    path : Path
    source : Source
    date : str
        Of the report; left out when empty, so that a repeat gives the same bytes.

    Raises
    ------
    SegrobustError
        Nothing can be written there.
    """
    return save_table(path, report_html(source, date=date))


def report_html(source: Source, *, date: str = '') -> str:
    """The page as HTML: no scripts, no links, no names of files or patients.

    Returns
    -------
    str
        It prints on one page of A4 for up to eight raters.
    """
    title = f'Agreement of {len(source.names)} raters: {source.label_name}'
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    body = '\n'.join([f'<h1>{escape(title)}</h1>', *_body(source, date)])
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _body(source: Source, date: str) -> Iterator[str]:
    agreement = source.agreement
    yield from (f'<p>{line}</p>' for line in _about(source))
    found = [finding for finding in agreement.admitted.findings if finding.level in ('warning', 'problem')]
    if source.names_shown:
        yield from (f'<p class="warn">{escape(f"{finding.title}: {finding.detail}")}</p>' for finding in found)
    elif found:
        yield f'<p class="warn">{len(found)} findings about masks name raters: they stand here once names may.</p>'
    yield '<h2>Raters</h2>'
    yield rater_table(source)
    yield '<h2>Agreement</h2>'
    yield f'<div class="columns">{matrices(source)}</div>'
    yield agreement_table(source)
    yield consensus_table(source)
    yield f'<h2>Hardest slices</h2>{figure(slices_sheet(source))}'
    disputes = disputes_sheet(source)
    if disputes is not None:
        yield f'<h2>{_disputes_words(source)}</h2>{figure(disputes)}'
    yield '<h2>Adjudication and model</h2>'
    yield from (f'<p>{escape(line)}</p>' for line in (*_adjudication(source), *_model(source)))
    yield f'<footer>{_foot(source, date)}</footer>'


def _about(source: Source) -> Iterator[str]:
    agreement, votes = source.agreement, source.agreement.votes
    shape = ' x '.join(map(str, votes.shape))
    spacing = 'spacing unknown' if votes.spacing is None else ' x '.join(f'{s:.3g}' for s in votes.spacing) + ' mm'
    unit = votes.length_unit
    region = agreement.region
    parts = [
        f'Tolerance {agreement.settings.tolerance_mm:g} {unit}',
        f'grid {shape}, {spacing}',
        'no region'
        if region is None
        else f'region: box of everything drawn, grown by {region.margin} voxel{"" if region.margin == 1 else "s"}',
    ]
    yield escape('; '.join(parts) + '.')
    if source.simulated:
        every = len(source.simulated) == len(source.names)
        who = 'All raters are simulated' if every else f'{len(source.simulated)} raters are simulated'
        yield f'<span class="warn">{who}: no person drew these masks.</span>'


def _disputes_words(source: Source) -> str:
    rim = source.agreement.disputes.rim is not None
    count = len(source.rows) - rim
    words = f'{count} dispute{"" if count == 1 else "s"}{" and the rim" if rim else ""}'
    return f'{words}, the first {SHOWN}' if len(source.rows) > SHOWN else words


def _adjudication(source: Source) -> Iterator[str]:
    standing = source.standing
    if standing is None:
        yield 'Not adjudicated: what is agreed is the strict majority, in which a tie is neither in nor out.'
        return
    progress, decisions = standing.progress, tuple(standing.decisions.values())
    unit = progress.unit
    who = ', '.join(sorted({decision.adjudicator for decision in decisions})) or 'nobody so far'
    blind = 'blinded (raters as letters)' if standing.blinding.blinded else 'not blinded'
    left = sum(not decision.settles for decision in decisions)
    yield (
        f'Adjudicated by {who}, {blind}, {"closed" if standing.closed else "still open"}: '
        f'{progress.settled} of {progress.items} disputes decided '
        f'({three_digits(progress.settled_volume)} of {three_digits(progress.volume)} {unit}), {left} of them left to '
        f'the rule as undecidable, both plausible or reference wrong. Rule for the rest: {_words(standing.rule)}.'
    )
    votes = source.agreement.votes
    final = standing.final_mask()
    volume = three_digits(float(final.sum()) * votes.voxel_volume)
    yield f'Final mask: {volume} {unit}; SHA-256 {digest(standing.final_map())[:16]}.'
    if standing.model_was_shown:
        yield 'The numbers of the model were looked at before the end.'


def _model(source: Source) -> Iterator[str]:
    agreement = source.agreement
    if agreement.model is None:
        return
    if source.model_hidden:
        yield 'The row of the model is left out until the adjudication is closed.'
        return
    place = agreement.ceiling
    williams = agreement.williams.model
    who = f'Model ({source.model_words})' if source.model_words else 'Model'
    index = '' if williams is None else f" Williams' index of Dice {three_digits(williams)}."
    span = None if place is None else place.range('dice')
    mean = None if place is None else place.model_mean('dice')
    if place is None or span is None or mean is None:
        yield f'{who}: where it stands needs three raters who drew something.{index}'
        return
    words = (place.words('dice') or '').removesuffix('; one case gives no verdict')
    yield (
        f'{who}: mean Dice {three_digits(mean)} with the majorities of the other raters, raters '
        f'{three_digits(span[0])} to {three_digits(span[1])}: {words}. One case gives no verdict.{index}'
    )


def _foot(source: Source, date: str) -> str:
    made = f'napari-segrobust {version("napari-segrobust")}{", " if date else ""}{date}. {RESEARCH}'
    image = f' Image {source.case_key}.' if source.case_key else ''
    words = (
        f'{made}{image} Majority: more than half of those who looked. STAPLE depends on how much background takes '
        'part, and so do numbers that correct for chance: each is given on the region and on the full array. '
        'Disagreement of raters is not a measure of their doubt.'
    )
    return escape(words)


def _words(rule: str) -> str:
    return rule.replace('_', ' ')
