"""``agree``: several raters of one case, or of the cases of a table."""

from __future__ import annotations

import csv
import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.cli._arguments import add_json, add_spacing, add_tolerance, numbers, write
from napari_segrobust.cli._verb import Verb
from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Mapping

    from napari_segrobust.cases import Case
    from napari_segrobust.review import Agreement, CasesAgreement

#: Rater of a table's row that is a model's mask.
_MODEL = 'model'
#: What can be written beside the rules of a consensus.
_SOFT, _LABELS = 'soft', 'staple_labels'
_RULES = ('majority', 'at_least_half', 'union', 'intersection', 'staple', 'simple', 'weighted', _SOFT, _LABELS)


def _add_arguments(parser: ArgumentParser) -> None:
    words = 'label masks, named after their files; with --rater-axis one file of several'
    parser.add_argument('--raters', nargs='+', metavar='FILE', help=words)
    parser.add_argument('--names', metavar='A,B,C', help='names of the raters, in the order of the files')
    words = 'several cases: a table with the columns case, rater, path, and volume_ml for raters without a mask; '
    parser.add_argument('--cases', metavar='TABLE.csv', help=words + f'the rater {_MODEL!r} is a model')
    parser.add_argument('--model', metavar='FILE', help='mask of a model, which is measured and never votes')
    words = "probability of the label, of the model; without --model more than 0.5 is the model's mask"
    parser.add_argument('--probability', metavar='FILE', help=words)
    words = 'which label is meant (1); A=1,B=255 where raters number it differently'
    parser.add_argument('--label', default='1', metavar='N', help=words)
    parser.add_argument('--margin', default='2', metavar='N', help='of the region, in voxels, or none (2)')
    add_tolerance(parser)
    add_spacing(parser)
    words = 'where a rater looked, not 0; elsewhere the rater says nothing'
    parser.add_argument('--valid', action='append', default=[], metavar='NAME=FILE', help=words)
    words = 'NAME is a second reading by RATER: it does not vote, and gives intra-rater agreement'
    parser.add_argument('--session', action='append', default=[], metavar='NAME=RATER', help=words)
    words = 'a rater who gave a volume and no mask'
    parser.add_argument('--volume', action='append', default=[], metavar='NAME=ML', help=words)
    words = 'a rater whose suspicious mask was looked at and is right'
    parser.add_argument('--allow', action='append', default=[], metavar='NAME', help=words)
    parser.add_argument('--rater-axis', type=int, metavar='N', help='axis of the raters in a file of several')
    parser.add_argument('--resample', choices=['nearest'], help='allow masks on another grid')
    words = 'write a consensus: 1 in, 2 tie, 3 nobody looked'
    parser.add_argument('--consensus', metavar='FILE', help=words)
    words = f'how (majority); {_SOFT}: share of the raters; {_LABELS}: all labels at once, in the region'
    parser.add_argument('--rule', choices=_RULES, default='majority', help=words)
    add_json(parser)


def _run(arguments: Namespace) -> None:
    if (arguments.raters is None) == (arguments.cases is None):
        raise ReviewError('Nothing to look at', 'give --raters or --cases, and not both', 'Give one of them.')
    if arguments.cases is not None:
        _run_table(arguments)
        return
    case = _case(arguments)
    agreement = _agreement(arguments, case)
    notes = list(case.notes)
    if arguments.consensus is not None:
        notes += _save_consensus(arguments, agreement, case)
    if write(arguments.json, {**agreement.to_dict(), 'notes': notes}):
        return
    for line in (*notes, *_lines(agreement)):
        print(line)


def _case(arguments: Namespace) -> Case:
    """All masks on the grid of the first."""
    from napari_segrobust.cases import load_case

    paths = [path for text in arguments.raters for path in _files(text)]
    names = None if arguments.names is None else arguments.names.split(',')
    if names is not None and len(names) != len(paths):
        raise ReviewError('Names do not fit', f'{len(names)} for {len(paths)} files', 'Give one name per file.')
    valid = _pairs(arguments.valid, '--valid')
    return load_case(
        paths[0],
        channel_axis=arguments.rater_axis,
        raters=paths if names is None else dict(zip(names, paths, strict=True)),
        rater_axis=arguments.rater_axis,
        references={f'valid {name}': path for name, path in valid.items()},
        predictions={} if arguments.model is None else {_MODEL: arguments.model},
        soft_references={} if arguments.probability is None else {_MODEL: arguments.probability},
        spacing=numbers(arguments.spacing, float, 'Spacing'),
        resample=arguments.resample,
    )


def _files(text: str) -> list[str]:
    """Files that a pattern stands for, where the shell has left it alone."""
    if not glob.has_magic(text) or Path(text).exists():
        return [text]
    found = sorted(glob.glob(text))
    if not found:
        raise ReviewError('No raters', f'{text} fits no file', 'Check the pattern.')
    return found


def _agreement(arguments: Namespace, case: Case) -> Agreement:
    from napari_segrobust.review import agree

    volumes = _pairs(arguments.volume, '--volume')
    soft = case.soft_references.get(_MODEL)
    return agree(
        {name: case.references[name] for name in case.raters},
        spacing=case.geometry.spacing_mm,
        valid={name: case.references[f'valid {name}'] != 0 for name in _pairs(arguments.valid, '--valid')} or None,
        model=case.predictions.get(_MODEL),
        label=_label(arguments.label),
        tolerance_mm=arguments.tolerance_mm,
        margin=_margin(arguments.margin),
        sessions=_pairs(arguments.session, '--session'),
        volumes_ml={name: _number(text, f'Volume of {name}') for name, text in volumes.items()},
        probability=None if soft is None else soft[1],
        allow=arguments.allow,
        geometry=case.geometry,
    )


def _pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    found = {}
    for text in texts:
        name, sign, value = text.rpartition('=')
        if not (sign and name and value):
            raise ReviewError(f'{option} unusable', repr(text), 'Write NAME=VALUE.')
        found[name] = value
    return found


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ReviewError(f'{name} unusable', repr(text), 'Give a number.') from None


def _label(text: str) -> int | dict[str, int]:
    try:
        if '=' not in text:
            return int(text)
        return {name: int(value) for name, value in _pairs(text.split(','), '--label').items()}
    except ValueError:
        raise ReviewError('Label unusable', repr(text), 'Give a whole number, or A=1,B=255.') from None


def _margin(text: str) -> int | None:
    if text == 'none':
        return None
    try:
        return int(text)
    except ValueError:
        raise ReviewError('Margin unusable', repr(text), 'Give a whole number of voxels, or none.') from None


def _save_consensus(arguments: Namespace, agreement: Agreement, case: Case) -> list[str]:
    """Write the consensus; return what must be known of it."""
    import numpy as np

    from napari_segrobust.cases import save_image
    from napari_segrobust.review import fraction_map, staple_labels

    rule, notes = arguments.rule, []
    if rule == _SOFT:
        array: Any = np.nan_to_num(fraction_map(agreement.votes))
    elif rule == _LABELS:
        if not agreement.votes.complete:
            raise ReviewError('No consensus of all labels', 'a rater did not look everywhere', 'Choose another rule.')
        box = None if agreement.region is None else agreement.region.box
        found = staple_labels([case.references[name] for name in agreement.votes.names], box)
        array, ties = found.labels, int(np.count_nonzero(found.tied))
        notes = [f'{ties:,} voxels are tied and have the smaller label'] if ties else []
    else:
        array, ties = agreement.consensus_map(rule), agreement.consensus(rule).tie_voxels
        notes = [f'{ties:,} voxels are tied: they are 2 in {Path(arguments.consensus).name}'] if ties else []
    count = len(agreement.votes.names)
    save_image(arguments.consensus, array, case.geometry, description=f'consensus of {count} raters: {rule}')
    return notes


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
    content = _table(arguments).to_dict()
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


def _table(arguments: Namespace) -> CasesAgreement:
    """The agreement of every case of the table."""
    from napari_segrobust.cases import load_case
    from napari_segrobust.review import agree, agree_cases

    found = {}
    for case_name, rows in _rows(Path(arguments.cases)).items():
        masks = {rater: row['path'] for rater, row in rows.items() if row['path']}
        model = masks.pop(_MODEL, None)
        if not masks:
            raise ReviewError('No raters', f'{case_name} has no mask', 'Give two or more masks of each case.')
        case = load_case(
            next(iter(masks.values())),
            raters=masks,
            predictions={} if model is None else {_MODEL: model},
            spacing=numbers(arguments.spacing, float, 'Spacing'),
            resample=arguments.resample,
        )
        volumes = {rater: row['volume_ml'] for rater, row in rows.items() if not row['path']}
        found[case_name] = agree(
            {name: case.references[name] for name in case.raters},
            model=case.predictions.get(_MODEL),
            label=_label(arguments.label),
            tolerance_mm=arguments.tolerance_mm,
            margin=_margin(arguments.margin),
            volumes_ml={name: _number(text, f'Volume of {name}') for name, text in volumes.items()},
            allow=[name for name in arguments.allow if name in case.raters],
            geometry=case.geometry,
        )
    return agree_cases(found)


def _rows(path: Path) -> dict[str, dict[str, Mapping[str, str]]]:
    """Rows of the table by case and rater; paths are relative to the table."""
    cases: dict[str, dict[str, Mapping[str, str]]] = {}
    with path.open(newline='', encoding='utf-8-sig') as file:
        table = csv.DictReader(file)
        missing = {'case', 'rater'} - set(table.fieldnames or ())
        if missing:
            raise ReviewError('Table unusable', f'it has no column {min(missing)}', 'Give case, rater and path.')
        for row in table:
            entry = {key: (row.get(key) or '').strip() for key in ('path', 'volume_ml')}
            if entry['path']:
                entry['path'] = str(path.parent / entry['path'])
            raters = cases.setdefault(row['case'].strip(), {})
            if row['rater'].strip() in raters:
                raise ReviewError('Two raters of one name', f'{row["rater"]} in {row["case"]}', 'Give one row each.')
            raters[row['rater'].strip()] = entry
    if not cases:
        raise ReviewError('No cases', f'{path.name} has no row', 'Give case, rater and path.')
    return cases


VERB = Verb('agree', 'measure how far several raters agree, and where a model stands among them', _add_arguments, _run)
