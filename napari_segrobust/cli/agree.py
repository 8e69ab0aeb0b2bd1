"""``agree``: several raters of one case, or of the cases of a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_json, add_tolerance, write
from napari_segrobust.cli._raters import (
    MODEL,
    add_raters,
    agreement_of,
    agreements_of_labels,
    of_table,
    rater_case,
    save_page,
    source_of,
)
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable

    from napari_segrobust.cases import Case
    from napari_segrobust.review import Agreement

#: Every label, one after the other.
_ALL = 'all'
#: What can be written beside the rules of a consensus.
_SOFT, _LABELS = 'soft', 'staple_labels'
_RULES = ('majority', 'at_least_half', 'union', 'intersection', 'staple', 'simple', 'weighted', _SOFT, _LABELS)


def _add_arguments(parser: ArgumentParser) -> None:
    add_raters(parser)
    words = 'several cases: a table with the columns case, rater, path, and, where there is something to say, image, '
    words += f'label, valid, session, volume_ml; the rater {MODEL!r} is a model'
    parser.add_argument('--cases', metavar='TABLE.csv', help=words)
    words = "probability of the label, of the model; without --model more than 0.5 is the model's mask"
    parser.add_argument('--probability', metavar='FILE', help=words)
    words = 'which label is meant (1): a number, its name in the files, A=1,B=255 where raters number it differently, '
    words += f'or {_ALL}, one after the other'
    parser.add_argument('--label', default='1', metavar='N', help=words)
    parser.add_argument('--margin', default='2', metavar='N', help='of the region, in voxels, or none (2)')
    add_tolerance(parser)
    words = 'a rater who gave a volume and no mask'
    parser.add_argument('--volume', action='append', default=[], metavar='NAME=ML', help=words)
    words = 'write a consensus: 1 in, 2 tie, 3 nobody looked'
    parser.add_argument('--consensus', metavar='FILE', help=words)
    words = f'how (majority); {_SOFT}: share of the raters; {_LABELS}: all labels at once, in the region'
    parser.add_argument('--rule', choices=_RULES, default='majority', help=words)
    words = 'write every number of one case, one row each'
    parser.add_argument('--table', metavar='FILE.csv', help=words)
    add_json(parser)


def _run(arguments: Namespace) -> None:
    if (arguments.raters is None) == (arguments.cases is None):
        raise ReviewError('Nothing to look at', 'give --raters or --cases, and not both', 'Give one of them.')
    written = arguments.report is not None or arguments.table is not None
    if written and (arguments.cases is not None or arguments.label == _ALL):
        raise ReviewError('Nothing to report', '--report and --table are of one label of one case', 'Say one.')
    if arguments.cases is not None:
        _run_table(arguments)
        return
    case, notes = rater_case(arguments)
    if arguments.label == _ALL:
        _run_labels(arguments, case, notes)
        return
    agreement = agreement_of(arguments, case)
    if arguments.consensus is not None:
        notes += _save_consensus(arguments, agreement, case)
    _save_numbers(arguments, agreement, case)
    if write(arguments.json, {**agreement.to_dict(), 'notes': notes}):
        return
    for line in (*notes, *_lines(agreement)):
        print(line)


def _run_labels(arguments: Namespace, case: Case, notes: list[str]) -> None:
    """Measure every label."""
    if arguments.consensus is not None:
        raise ReviewError('No consensus of each label', 'a file holds one', f'Say one --label, or --rule {_LABELS}.')
    found = agreements_of_labels(arguments, case)
    content = {key: agreement.to_dict() for key, agreement in found.items()}
    if write(arguments.json, {'labels': content, 'notes': notes}):
        return
    for line in notes:
        print(line)
    for key, agreement in found.items():
        print(f'label {key}')
        for line in _lines(agreement):
            print(line)


def _save_numbers(arguments: Namespace, agreement: Agreement, case: Case) -> None:
    """Write what was asked for: a table of the numbers, a page."""
    from napari_segrobust.report import agreement_csv, save_table

    source = source_of(arguments, case, agreement)
    if arguments.table is not None:
        save_table(Path(arguments.table), agreement_csv(source))
    if arguments.report is not None:
        save_page(arguments.report, source)


def _save_consensus(arguments: Namespace, agreement: Agreement, case: Case) -> list[str]:
    """Write the consensus; return what must be known of it."""
    from napari_segrobust.cases import save_image
    from napari_segrobust.review.made import LABELS, make_consensus

    made = make_consensus(agreement, arguments.rule, case.references)
    description = f'consensus of {made.raters} raters: {made.rule}'
    save_image(arguments.consensus, made.to_save, case.geometry, description=description)
    if not made.ties:
        return []
    if made.rule == LABELS:
        return [f'{made.ties:,} voxels are tied and have the smaller label']
    return [f'{made.ties:,} voxels are tied: they are 2 in {Path(arguments.consensus).name}']


def _lines(agreement: Agreement) -> Iterable[str]:
    """The numbers for people."""
    found = agreement.to_dict()
    unit, width = found['volumes']['unit'], max(map(len, found['raters']))
    for finding in found['findings']:
        yield f'{finding["level"]}: {finding["title"]}: {finding["detail"]}'
    yield from (f'warning: {words}' for words in found['conventions']['warnings'])
    yield 'Dice of each pair'
    for name, row in zip(found['raters'], found['pairwise']['dice'], strict=True):
        cells = ' '.join(f'{_text(value, ".3f"):>6}' for value in row)
        yield f'  {name:{width}} {cells}   {found["volumes"]["raters"][name]:.4g} {unit}'
    for key in ('fleiss_kappa', 'randolph_kappa', 'krippendorff_alpha'):
        full, region = (_text(found[key][where], '.3f') for where in ('full', 'region'))
        yield f'{key:20} {region} in the region, {full} on the full array'
    for key in ('majority', 'at_least_half', 'tie'):
        yield f'{key:20} {found[f"{key}_voxels"]:,} voxels'
    staple = found['staple']
    margins = ', '.join(f'{voxels:,} at a margin of {margin}' for margin, voxels in staple['margins'].items())
    yield f'{"staple":20} {margins}, {staple["full_voxels"]:,} on the full array ({staple["iterations"]} iterations)'
    if found['ceiling'] is not None and found['model'] is not None:
        place = found['ceiling']['dice']
        low, high = (_text(value, '.3f') for value in place['range'] or (None, None))
        yield f'model: Dice {_text(place["model_mean"], ".3f")}, raters {low} to {high}: {place["words"]}'
    yield f'{len(found["disputes"])} disputes'
    for item in found['disputes'][:10]:
        depth = '' if item['depth'] is None else f', {item["depth"]:.1f} {found["geometry"]["length_unit"]} deep'
        yield f'  {item["kind"]:6} {item["volume"]:.3g} {unit}{depth}; in: {", ".join(item["in"])}'


def _text(value: float | None, form: str) -> str:
    return '-' if value is None else format(value, form)


def _run_table(arguments: Namespace) -> None:
    content = of_table(arguments).to_dict()
    if write(arguments.json, content):
        return
    icc = content['icc']
    yes = icc['value'] is not None
    print(f'ICC(A,1) {icc["value"]:.3f} of {icc["cases"]} cases' if yes else f'ICC(A,1): {icc["reason"]}')
    for key, value in content['bootstrap'].items():
        span = '' if value['low'] is None else f' ({value["low"]:.3f} to {value["high"]:.3f})'
        print(f'{key:30} {_text(value["value"], ".3f")}{span}')
    print('hardest first')
    for item in content['ranking']['mean_dice']:
        print(
            f'  {item["name"]}: Dice {_text(item["mean_dice"], ".3f")}, disputed {item["disputed"]:.3g} {item["unit"]}'
        )
    if content['model'] is not None:
        print(f'model: {content["model"]["verdict"]}')


VERB = Verb('agree', 'measure how far several raters agree, and where a model stands among them', _add_arguments, _run)
