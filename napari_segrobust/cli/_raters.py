"""Masks of raters from the command line: one case, every label of it, or a table of cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segrobust.cases.segments import SEGMENTS_ARE
from napari_segrobust.cli._arguments import add_spacing, numbers
from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Mapping

    from napari_segrobust.cases import Case
    from napari_segrobust.report import Source
    from napari_segrobust.review import Agreement, CasesAgreement
    from napari_segrobust.review.adjudication import Ledger

#: How a model's mask is called in a case, and in a table of cases.
MODEL = 'model'
#: How masks that say where a rater looked begin in a case.
_LOOKED = 'valid '


def add_raters(parser: ArgumentParser) -> None:
    """Add the masks of one case, what is known of them, and the page about them."""
    words = 'label masks, or a folder of them, named after what tells the files apart; '
    words += 'with --rater-axis or --segments one file of several'
    parser.add_argument('--raters', nargs='+', metavar='FILE', help=words)
    words = 'on whose grid the masks lie (the first mask), where segments cover parts of it'
    parser.add_argument('--image', metavar='FILE', help=words)
    words = 'what the segments of a .seg.nrrd or a DICOM segmentation are'
    parser.add_argument('--segments', choices=SEGMENTS_ARE, help=words)
    parser.add_argument('--names', metavar='A,B,C', help='names of the raters, in the order of the files')
    parser.add_argument('--model', metavar='FILE', help='mask of a model, which is measured and never votes')
    add_spacing(parser)
    words = 'where a rater looked, not 0; elsewhere the rater says nothing'
    parser.add_argument('--valid', action='append', default=[], metavar='NAME=FILE', help=words)
    words = 'NAME is a second reading by RATER: it does not vote, and gives intra-rater agreement'
    parser.add_argument('--session', action='append', default=[], metavar='NAME=RATER', help=words)
    words = 'a rater whose suspicious mask was looked at and is right'
    parser.add_argument('--allow', action='append', default=[], metavar='NAME', help=words)
    parser.add_argument('--rater-axis', type=int, metavar='N', help='axis of the raters in a file of several')
    parser.add_argument('--resample', choices=['nearest'], help='allow masks on another grid')
    words = 'write one page with pictures, an HTML file of its own; --image stands behind the masks'
    parser.add_argument('--report', metavar='FILE.html', help=words)


def rater_case(arguments: Namespace) -> tuple[Case, list[str]]:
    """All masks on one grid, and what a person should know of them."""
    from napari_segrobust.cases import find_raters, propose_sessions

    found = find_raters(arguments.raters)
    names = list(found) if arguments.names is None else arguments.names.split(',')
    if len(names) != len(found):
        raise ReviewError('Names do not fit', f'{len(names)} for {len(found)} files', 'Give one name per file.')
    masks = {name: str(path) for name, path in zip(names, found.values(), strict=True)}
    case = _load(arguments, masks, arguments.model, _pairs(arguments.valid, '--valid'), arguments.probability)
    said = _pairs(arguments.session, '--session')
    proposed = {name: first for name, first in propose_sessions(case.raters).items() if name not in said}
    return case, [
        *case.notes,
        *(
            f'{name} may be a second reading of {first}: then say --session {name}={first}'
            for name, first in proposed.items()
        ),
    ]


def _load(
    arguments: Namespace,
    masks: Mapping[str, str],
    model: str | None,
    valid: Mapping[str, str],
    probability: str | None = None,
) -> Case:
    from napari_segrobust.cases import load_case

    return load_case(
        arguments.image or next(iter(masks.values())),
        channel_axis=None if arguments.image else arguments.rater_axis,
        raters=masks,
        rater_axis=arguments.rater_axis,
        references={f'{_LOOKED}{name}': path for name, path in valid.items()},
        predictions={} if model is None else {MODEL: model},
        soft_references={} if probability is None else {MODEL: probability},
        spacing=numbers(arguments.spacing, float, 'Spacing'),
        resample=arguments.resample,
        segments=arguments.segments,
    )


def agreement_of(arguments: Namespace, case: Case, label: str | None = None) -> Agreement:
    """Agreement of the raters of a case on one label."""
    volumes = _pairs(arguments.volume, '--volume')
    return _agree(
        arguments,
        case,
        label=_label(arguments.label if label is None else label),
        sessions=_pairs(arguments.session, '--session'),
        volumes_ml={name: _number(text, f'Volume of {name}') for name, text in volumes.items()},
        allow=arguments.allow,
    )


def _agree(arguments: Namespace, case: Case, **said: Any) -> Agreement:
    from napari_segrobust.review import agree
    from napari_segrobust.review.meaning import meanings_of

    soft = case.soft_references.get(MODEL)
    looked = {
        name.removeprefix(_LOOKED): mask != 0 for name, mask in case.references.items() if name not in case.raters
    }
    return agree(
        {name: case.references[name] for name in case.raters},
        valid=looked or None,
        model=case.predictions.get(MODEL),
        tolerance_mm=arguments.tolerance_mm,
        margin=_margin(arguments.margin),
        probability=None if soft is None else soft[1],
        geometry=case.geometry,
        meanings=meanings_of(case),
        **said,
    )


def agreement_of_log(arguments: Namespace, case: Case, inputs: Mapping[str, Any]) -> Agreement:
    """Agreement of the raters of a case as the first line of a log describes it: it says what options say elsewhere."""
    from napari_segrobust.review.region import MARGIN

    margin = inputs.get('margin', MARGIN)
    arguments.tolerance_mm, arguments.margin = inputs['tolerance'], 'none' if margin is None else str(margin)
    sessions = _pairs(arguments.session, '--session')
    return _agree(arguments, case, label=inputs['label'], sessions=sessions, allow=arguments.allow)


def source_of(arguments: Namespace, case: Case, agreement: Agreement, standing: Ledger | None = None) -> Source:
    """What is reported: the image too where one was given, and not the first mask in its place."""
    from napari_segrobust.report import Source

    label = agreement.label if isinstance(agreement.label, int) else next(iter(agreement.label.values()))
    if arguments.image is None:
        return Source(agreement, standing, label_name=case.label_name(label))
    return Source.of_case(case, agreement, standing, label)


def save_page(path: str, source: Source) -> None:
    """Write a report with the date of today."""
    from datetime import UTC, datetime

    from napari_segrobust.report import save_report

    save_report(Path(path), source, date=f'{datetime.now(UTC):%Y-%m-%d}')


def agreements_of_labels(arguments: Namespace, case: Case) -> dict[str, Agreement]:
    """Agreement on every label, by its name where all files name it, else by its number."""
    from napari_segrobust.review.meaning import labels_of, meanings_of, names_of

    meanings = meanings_of(case)
    if all(name in meanings for name in case.raters):
        keys = names_of(meanings[name] for name in case.raters)
    else:
        keys = [str(value) for value in labels_of([case.references[name] for name in case.raters])]
    if not keys:
        raise ReviewError('No labels', 'every mask is empty', 'Give masks with labels from 1.')
    return {key: agreement_of(arguments, case, key) for key in keys}


def of_table(arguments: Namespace) -> CasesAgreement:
    """Agreement on every case of the table."""
    from napari_segrobust.review import agree_cases
    from napari_segrobust.review.case_numbers import CaseNumbers
    from napari_segrobust.review.table import read_table

    options = {'spacing': numbers(arguments.spacing, float, 'Spacing'), 'resample': arguments.resample}
    found = {}
    for rows in read_table(arguments.cases):
        case = rows.load(arguments.image, segments=arguments.segments, **options)
        agreement = rows.agree(
            case,
            label=_label(arguments.label),
            tolerance_mm=arguments.tolerance_mm,
            margin=_margin(arguments.margin),
            allow=[name for name in arguments.allow if name in case.raters],
        )
        found[rows.name] = CaseNumbers.of(agreement)
    return agree_cases(found)


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


def _label(text: str) -> int | str | dict[str, int]:
    """A number, a name, or a number for each rater."""
    if '=' not in text:
        return int(text) if text.lstrip('+-').isdigit() else text
    try:
        return {name: int(value) for name, value in _pairs(text.split(','), '--label').items()}
    except ValueError:
        raise ReviewError('Label unusable', repr(text), 'Give a whole number, a name, or A=1,B=255.') from None


def _margin(text: str) -> int | None:
    if text == 'none':
        return None
    try:
        return int(text)
    except ValueError:
        raise ReviewError('Margin unusable', repr(text), 'Give a whole number of voxels, or none.') from None
