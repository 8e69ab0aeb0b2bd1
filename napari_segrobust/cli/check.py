"""``check``: what a person should know of an image and its masks before believing a number."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from napari_segrobust.cli._arguments import add_json, write
from napari_segrobust.cli._verb import Verb

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from napari_segrobust.cases import Expectations


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('--image', required=True, metavar='FILE')
    parser.add_argument('--reference', metavar='FILE')
    parser.add_argument('--prediction', metavar='FILE')
    parser.add_argument('--model', metavar='NAME', help='check against what this model expects')
    add_json(parser)


def _run(arguments: Namespace) -> None:
    from napari_segrobust.cases import load_case
    from napari_segrobust.cases.preflight import check

    case = load_case(arguments.image, references=arguments.reference, predictions=arguments.prediction)
    findings = check(case, _expectations(arguments.model))
    if write(arguments.json, [asdict(finding) for finding in findings]):
        return
    for finding in findings:
        remedy = f' {finding.remedy}' if finding.remedy else ''
        print(f'{finding.level:8} {finding.title}: {finding.detail}.{remedy}')


def _expectations(name: str | None) -> Expectations | None:
    from napari_segrobust.errors import ModelError
    from napari_segrobust.segment import expectations, models

    if name is None:
        return None
    known = {spec.name: spec for spec in models()}
    if name not in known:
        raise ModelError(f'Model {name} not found', 'no such name', f'Names known here: {", ".join(known)}.')
    return expectations(known[name])


VERB = Verb('check', 'check geometry, intensities and masks before a run', _add_arguments, _run)
